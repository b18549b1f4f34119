import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MagicCardName } from '@fincore/psp-sandbox/magic-cards'
import type { Asked, Journal } from '../faults/journal.ts'
import { askOnce, type Call } from '../faults/merchant-client.ts'
import { cardCharge, makeToken, shopOrigin, tokenCharge } from '../faults/payment-requests.ts'
import { type FlowName, payOnPage } from '../faults/payments.ts'
import type { UpgradeWorld } from './upgrade-world.ts'

/**
 * A merchant that pays by all three ways, one payment after the other at a steady pace, and sends nothing twice: a
 * request that does not get its answer has failed.
 */
export type SteadyLoad = { begun(): number; stop(): Promise<void> }

const pollMs = 250
const mostPolls = 60

/** The clients themselves give up before that. */
const patienceMs = 60_000

type Capture = 'automatic' | 'manual'
type Ask = (call: Omit<Call, 'payment'>) => Promise<Asked>

export function startSteadyLoad(
  world: UpgradeWorld,
  journal: Journal,
  { perSecond, flows }: { perSecond: number; flows: readonly FlowName[] },
): SteadyLoad {
  const underWay = new Set<Promise<void>>()
  let begun = 0
  let isStopped = false
  const running = (async () => {
    while (!isStopped) {
      const number = begun++
      const paying = pay(world, journal, number, flows[number % flows.length] ?? 'token')
        .catch(() => journal.note('failed', `payment ${number} was not carried through`))
        .finally(() => underWay.delete(paying))
      underWay.add(paying)
      await sleep(1_000 / perSecond)
    }
  })()
  return {
    begun: () => begun,
    async stop() {
      isStopped = true
      await running
      await Promise.all(underWay)
    },
  }
}

/** Requests that got no answer, or one that says that FinCore could not. A declined card is an answer. */
export function listFailed(asked: readonly Asked[]): Asked[] {
  return asked.filter(({ status }) => status === null || status >= 500 || status === 429 || status === 409)
}

async function pay(world: UpgradeWorld, journal: Journal, payment: number, flow: FlowName): Promise<void> {
  const ask: Ask = (call) =>
    askOnce(world, journal, { payment, ...call }, call.method === 'POST' ? randomUUID() : null, patienceMs)
  const card: MagicCardName = payment % 10 === 9 ? 'declined' : 'visa'
  const capture: Capture = payment % 3 === 0 ? 'manual' : 'automatic'
  const amount = 1_000 + payment
  const ways = { success_url: shopOrigin, cancel_url: shopOrigin }
  const charge =
    flow === 'hosted'
      ? await payHosted(world, ask, { amount, currency: 'EUR', capture_method: capture, ...ways })
      : await ask({
          method: 'POST',
          path: '/v1/charges',
          request: await chargeRequest(world, flow, card, amount, capture),
          // The relay’s balancer passes TLS on, so that it can move connections alone, and not requests.
          ...(flow === 'raw card' && {
            at: world.addresses.relay,
            withCertificate: true,
            headers: { connection: 'close' },
          }),
        })
  const { id, status } = charge?.body ?? {}
  if (status === 'authorized') await ask({ method: 'POST', path: `/v1/charges/${id}/capture`, request: {} })
  if (status !== 'failed' && payment % 4 === 0)
    await ask({ method: 'POST', path: '/v1/refunds', request: { charge: id, amount: 100 } })
}

async function chargeRequest(
  world: UpgradeWorld,
  flow: FlowName,
  card: MagicCardName,
  amount: number,
  capture: Capture,
) {
  if (flow === 'raw card') return cardCharge(card, amount, capture)
  const token = await makeToken(world, card)
  if (token === null) throw new Error('The PSP made no token')
  return tokenCharge(world, token, amount, capture)
}

async function payHosted(world: UpgradeWorld, ask: Ask, request: object): Promise<Asked | null> {
  const session = await ask({ method: 'POST', path: '/v1/payment_sessions', request })
  if (typeof session.body?.url !== 'string') return null
  await payOnPage(world, session.body.url, 'visa')
  for (let polls = 0; polls < mostPolls; polls++) {
    const { body } = await ask({ method: 'GET', path: `/v1/payment_sessions/${session.body.id}` })
    if (typeof body?.charge === 'string') return ask({ method: 'GET', path: `/v1/charges/${body.charge}` })
    await sleep(pollMs)
  }
  throw new Error('A paid session got no charge')
}
