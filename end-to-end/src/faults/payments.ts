import { setTimeout as sleep } from 'node:timers/promises'
import { createShopper } from '@fincore/dev/demo-shopper'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { DrillWorld } from './drill-world.ts'
import type { Asked } from './journal.ts'
import type { Call, MerchantClient } from './merchant-client.ts'
import { cardCharge, makeToken, shopOrigin, tokenCharge } from './payment-requests.ts'
import type { Random } from './random.ts'

export type FlowName = 'token' | 'raw card' | 'hosted'
const flowWeights = { token: 5, 'raw card': 4, hosted: 3 } as const

/** Most payments are plain; the others are what the PSP does wrong by itself, before any proxy. */
const cards: Readonly<Partial<Record<MagicCardName, number>>> = {
  visa: 40,
  mastercard: 10,
  declined: 3,
  insufficient_funds: 2,
  reset_after: 3,
  server_error_after: 3,
  garbled_reply: 3,
  timeout_after: 1,
  slow_reply: 2,
  webhook_before_reply: 3,
  webhook_twice: 3,
  webhooks_out_of_order: 3,
  refund_fails: 3,
  refund_pending: 3,
  capture_fails: 2,
  challenge: 2,
  challenge_abandoned: 2,
}

/** Cards by which nothing is held for long at the PSP, for a short drill. */
const quickCards: typeof cards = {
  visa: 10,
  declined: 2,
  reset_after: 2,
  server_error_after: 2,
  garbled_reply: 2,
  webhook_before_reply: 2,
  webhook_twice: 2,
  refund_fails: 1,
  refund_pending: 1,
}

export type Shop = {
  /** One payment from its beginning to whatever the merchant wants of it in the end. */
  pay(number: number, flow?: FlowName): Promise<void>
}

/** The modelled merchant: what real ones do with a payment, drawn from the seed. */
export function openShop(world: DrillWorld, client: MerchantClient, random: Random, pace: 'whole' | 'quick'): Shop {
  const fates = (pace === 'whole' ? cards : quickCards) as Readonly<Record<MagicCardName, number>>
  const drawAmount = () => random.whole(100, 99_999)

  const charge = async (payment: number, flow: FlowName, ask: MerchantClient['good']): Promise<Asked | null> => {
    const card = random.weighted(fates)
    const capture = random.chance(0.4) ? 'manual' : 'automatic'
    if (flow === 'token') {
      const token = await makeToken(world, card)
      if (token === null) return null
      const request = tokenCharge(world, token, drawAmount(), capture)
      return ask({ payment, method: 'POST', path: '/v1/charges', request })
    }
    // Half of the merchants leave the account to FinCore, which may then try the other one, on proof.
    const account = random.chance(0.5) ? world.cardAccount : undefined
    return ask({
      payment,
      method: 'POST',
      path: '/v1/charges',
      request: cardCharge(card, drawAmount(), capture, account),
      at: world.addresses.relay,
      withCertificate: true,
    })
  }
  const hosted = async (payment: number, ask: MerchantClient['good']): Promise<Asked | null> => {
    const card = random.weighted(fates)
    const isPaid = random.chance(0.85)
    const session = await ask({
      payment,
      method: 'POST',
      path: '/v1/payment_sessions',
      request: {
        amount: drawAmount(),
        currency: 'EUR',
        capture_method: random.chance(0.4) ? 'manual' : 'automatic',
        success_url: `${shopOrigin}/thanks`,
        cancel_url: `${shopOrigin}/cart`,
        // The shortest that there is, so that those which nobody pays end while the drill runs.
        expires_in: isPaid ? 1_800 : 60,
      },
    })
    if (session.status !== 201 || typeof session.body?.url !== 'string') return null
    if (!isPaid) {
      if (random.chance(0.5))
        await ask({ payment, method: 'POST', path: `/v1/payment_sessions/${session.body.id}/expire` })
      return null
    }
    await payOnPage(world, session.body.url, card).catch(() => {})
    const path = `/v1/payment_sessions/${session.body.id}`
    const paid = await pollUntil(client, { payment, method: 'GET', path }, ({ body }) => body?.charge !== null)
    return typeof paid?.body?.charge === 'string'
      ? client.good({ payment, method: 'GET', path: `/v1/charges/${paid.body.charge}` })
      : null
  }
  const shopperConfirms = async (payment: number, asked: Asked): Promise<Asked | null> => {
    const url = (asked.body?.next_action as { url?: string } | null)?.url
    if (url === undefined) return asked
    const decision = random.pick(['confirm', 'confirm', 'fail', 'leave'])
    await world.http.send('POST', url, { form: { decision } }).catch(() => null)
    const path = `/v1/charges/${asked.body?.id}`
    return pollUntil(client, { payment, method: 'GET', path }, ({ body }) => body?.status !== 'requires_action')
  }
  const endAuthorization = async (payment: number, id: string, amount: number, ask: MerchantClient['good']) => {
    const capture = (part?: number): Call => ({
      payment,
      method: 'POST',
      path: `/v1/charges/${id}/capture`,
      request: part === undefined ? {} : { amount: part },
    })
    const cancel: Call = { payment, method: 'POST', path: `/v1/charges/${id}/cancel`, request: {} }
    switch (random.weighted({ whole: 4, part: 3, cancel: 3, both: 1, leave: 1 })) {
      case 'whole':
        return ask(capture())
      case 'part':
        return ask(capture(random.whole(1, amount)))
      case 'cancel':
        return ask(cancel)
      case 'both':
        return (await Promise.all([ask(capture()), ask(cancel)]))[0]
      case 'leave':
        return null
    }
  }
  const giveBack = async (payment: number, id: string, captured: number, ask: MerchantClient['good']) => {
    const refund = (amount?: number) =>
      ask({
        payment,
        method: 'POST',
        path: '/v1/refunds',
        request: { charge: id, ...(amount === undefined ? {} : { amount }) },
      })
    switch (random.weighted({ none: 4, whole: 2, parts: 3, together: 2, tooMuch: 1 })) {
      case 'whole':
        return void (await refund())
      case 'parts':
        for (let count = random.whole(1, 3); count > 0; count--) await refund(random.whole(1, Math.ceil(captured / 2)))
        return
      case 'together':
        // More than there is, at the same time: some must be refused.
        return void (await Promise.all([1, 2, 3].map(() => refund(Math.ceil(captured / 2)))))
      case 'tooMuch':
        return void (await refund(captured + 1))
      case 'none':
    }
  }
  return {
    async pay(payment, flow = random.weighted(flowWeights)) {
      const ask = random.chance(0.85) ? client.good : client.careless
      let asked = flow === 'hosted' ? await hosted(payment, ask) : await charge(payment, flow, ask)
      if (asked?.status !== 201 && asked?.status !== 200) return
      const path = `/v1/charges/${asked.body?.id}`
      if (asked.body?.status === 'requires_action') asked = await shopperConfirms(payment, asked)
      if (asked?.body?.status === 'processing')
        asked = await pollUntil(client, { payment, method: 'GET', path }, ({ body }) => body?.status !== 'processing')
      if (asked?.body?.status === 'authorized') {
        const ended = await endAuthorization(payment, String(asked.body.id), Number(asked.body.amount), ask)
        if (ended?.status === 200) asked = ended
      }
      if (asked?.body?.status === 'captured')
        await giveBack(payment, String(asked.body.id), Number(asked.body.amount_captured), ask)
      if (random.chance(0.3)) await client.once({ payment, method: 'GET', path }, null)
    },
  }
}

/** Pays on the PSP's page as a browser without scripts would. */
export async function payOnPage(world: Pick<DrillWorld, 'http'>, url: string, card: MagicCardName): Promise<void> {
  const shopper = createShopper(world.http, shopOrigin)
  await shopper.open(url)
  await shopper.submit({})
  const form = { number: magicCardNumber(card), expiry: '12 / 34', cvc: '123', holder_name: 'Ada Example' }
  if (shopper.page.html.includes('name="number"')) await shopper.submit(form)
}

const pollMs = 700
const pollTimes = 12

async function pollUntil(client: MerchantClient, call: Call, isDone: (asked: Asked) => boolean): Promise<Asked | null> {
  for (let times = 0; times < pollTimes; times++) {
    const asked = await client.once(call, null)
    if (asked.status === 200 && isDone(asked)) return asked
    await sleep(pollMs, undefined, { ref: false })
  }
  return null
}
