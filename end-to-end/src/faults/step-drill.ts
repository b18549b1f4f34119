import { setTimeout as sleep } from 'node:timers/promises'
import type { DrillWorld } from './drill-world.ts'
import type { Asked, Journal } from './journal.ts'
import type { Killer } from './kills.ts'
import type { Meddling, Place } from './meddling.ts'
import { type Call, createMerchantClient, type MerchantClient } from './merchant-client.ts'
import { cardCharge, makeToken, tokenCharge } from './payment-requests.ts'
import type { Random } from './random.ts'
import type { Step } from './steps.ts'

export type StepTools = { world: DrillWorld; journal: Journal; meddling: Meddling; killer: Killer; random: Random }

/** How long a step may take to be reached, and how long the drill then watches the merchant's own answer. */
const reachWithinMs = 8_000
const watchMs = 600

/**
 * Makes a payment of its own come to the step, and kills the victim there, while its bytes are held.
 *
 * @param number the drill's number of the payment.
 * @returns whether the step was reached.
 */
export async function killAtStep(tools: StepTools, step: Step, number: number): Promise<boolean> {
  const { world, journal, meddling, killer, random } = tools
  const client = createMerchantClient(world, journal, random)
  // No other payment is of this amount, so that the PSP's side of it can be told from all others.
  const amount = 1_000_000 + number
  const key = `step-${number}`
  const call = await prepare(world, client, step, number, amount)
  if (call === 'failed') return false

  // Asked of one instance, so that a call to the PSP, which does not say whose it is, is known to be its.
  const asked = random.pick(world.instances.filter(({ api }) => api !== null))
  if (call !== 'nothing' && call.at === undefined && !step.name.includes('answer is on its way'))
    call.at = asked.api ?? ''
  let owner: string = asked.name
  const isReached = meddling.catchAt(
    rememberOwner(step.place({ key, amount }), world, (name) => {
      owner = name
    }),
    () => killer.kill(step.victim, step.name, owner),
    reachWithinMs,
  )
  const answered = call === 'nothing' ? Promise.resolve() : insist(client, call, key)
  const reached = await isReached
  await Promise.race([answered, sleep(watchMs)])
  return reached
}

/** The request that will come to the step, after what must have been before it. */
async function prepare(
  world: DrillWorld,
  client: MerchantClient,
  step: Step,
  payment: number,
  amount: number,
): Promise<Call | 'nothing' | 'failed'> {
  const post = (path: string, request: object): Call => ({ payment, method: 'POST', path, request })
  const charged = async (capture: 'automatic' | 'manual'): Promise<string | null> => {
    const token = await makeToken(world, 'visa')
    if (token === null) return null
    const asked = await client.good(post('/v1/charges', tokenCharge(world, token, amount, capture)))
    const wanted = capture === 'manual' ? 'authorized' : 'captured'
    return asked.body?.status === wanted ? String(asked.body.id) : null
  }
  switch (step.drive) {
    case 'anything':
      return 'nothing'
    case 'token charge': {
      const token = await makeToken(world, 'visa')
      return token === null ? 'failed' : post('/v1/charges', tokenCharge(world, token, amount, 'automatic'))
    }
    case 'card charge':
      return {
        ...post('/v1/charges', cardCharge('visa', amount, 'automatic', world.cardAccount)),
        at: world.addresses.relay,
        withCertificate: true,
      }
    case 'capture':
    case 'cancel': {
      const id = await charged('manual')
      return id === null ? 'failed' : post(`/v1/charges/${id}/${step.drive}`, {})
    }
    case 'refund': {
      const id = await charged('automatic')
      return id === null ? 'failed' : post('/v1/refunds', { charge: id })
    }
    case 'session':
      return post('/v1/payment_sessions', {
        amount,
        currency: 'EUR',
        success_url: 'https://shop.example/thanks',
        cancel_url: 'https://shop.example/cart',
        expires_in: 60,
      })
  }
}

/** A good merchant under a key that the step knows. */
async function insist(client: MerchantClient, call: Call, key: string): Promise<Asked> {
  for (let tries = 1; ; tries++) {
    const asked = await client.once(call, key)
    if ((asked.status !== null && asked.status < 500 && asked.status !== 409) || tries === 8) return asked
    await sleep(700, undefined, { ref: false })
  }
}

/**
 * Tells whose bytes are held: a statement is of the instance whose way to the database it is on, a reply of the instance
 * that gave it.
 */
function rememberOwner(place: Place, world: DrillWorld, tell: (owner: string) => void): Place {
  if ('statement' in place) {
    return {
      ...place,
      statement: (one) => {
        const fits = place.statement(one)
        if (fits) tell(one.link)
        return fits
      },
    }
  }
  return {
    ...place,
    exchange: (one) => {
      const fits = place.exchange(one)
      const server = world.instances.find(({ isAt }) => one.servedBy !== null && isAt(one.servedBy))
      if (fits && server !== undefined) tell(server.name)
      return fits
    },
  }
}
