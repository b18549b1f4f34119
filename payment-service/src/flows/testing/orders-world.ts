import { randomUUID } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import type {
  AttemptKind,
  CardShown,
  Dispute,
  Outcome,
  PspEvent,
  PspReply,
  PspRequest,
} from '../../psp-gateway/port.ts'
import { isRefusal } from '../../refusal.ts'
import { createHotPath } from '../../store/hot-path.ts'
import { openPool } from '../../store/pool.ts'
import { readPspEvent, type StoredPspEvent, storePspEvent } from '../../store/psp-event-json.ts'
import { createApiWorld } from '../../webhooks/testing/api-world.ts'
import { applyPspEvent } from '../apply-psp-event.ts'
import { type Begun, beginCharge } from '../begin-charge.ts'
import { choosePspAccount } from '../choose-psp-account.ts'
import { createPaymentSession } from '../create-payment-session.ts'
import { createRefund } from '../create-refund.ts'
import { cancelCharge, captureCharge } from '../end-authorization.ts'
import { finishCharge } from '../finish-charge.ts'
import { settleAttempt } from '../settle-attempt.ts'
import type { News } from './every-order.ts'

export type OrdersWorld = Awaited<ReturnType<typeof openOrdersWorld>>
/** A merchant of its own, so that a test's books are its own. */
export type Shop = { merchantId: string; account: string }

const card: CardShown = { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2034 }

/** What a PSP says of a payment or of an operation on it, in the words of the port. */
export const says = {
  actionRequired: (pspReference = 'pay_1'): Outcome => ({
    outcome: 'action_required',
    pspReference,
    actionUrl: 'https://bank.example/3ds',
    card,
  }),
  approved: (captured: number, pspReference = 'pay_1'): Outcome => ({
    outcome: 'approved',
    pspReference,
    captured: BigInt(captured),
    card,
  }),
  /** A capture, cancel or refund that was done. */
  done: (captured: number, pspReference: string): Outcome => ({
    outcome: 'approved',
    pspReference,
    captured: BigInt(captured),
    card: null,
  }),
  declined: (pspReference: string | null = 'pay_1'): Outcome => ({
    outcome: 'declined',
    pspReference,
    code: 'do_not_honor',
    pspCode: null,
    card: pspReference?.startsWith('pay_') ? card : null,
  }),
  ended: (reason: 'requested' | 'abandoned' | 'authorization_expired', pspReference = 'pay_1'): Outcome => ({
    outcome: 'ended',
    pspReference,
    reason,
  }),
  unknown: { outcome: 'unknown', why: 'no answer' } as Outcome,
}

/** Charges of which FinCore has done its part, and waits for what the PSP says. There is no PSP. */
export async function openOrdersWorld() {
  const world = await createApiWorld()
  /** The process dies while it waits for the PSP: the intent stays, and no reply is ever read. */
  const dying: Deps = {
    ...world.deps,
    send: () => Promise.reject(new Error('died')),
  }
  const failToHear = async (call: Promise<unknown>) => {
    const refused = await call.catch(() => null)
    if (refused !== null) throw new Error(`It was answered without the PSP: ${JSON.stringify(refused)}`)
  }
  const latestAttempt = async (merchantId: string, kind: AttemptKind): Promise<string> => {
    const { rows } = await world.pool.query<{ id: string }>(
      'select id from attempts where merchant_id = $1 and kind = $2 order by id desc limit 1',
      [merchantId, kind],
    )
    return rows[0]?.id ?? ''
  }
  /** One more piece of news, from an event that the PSP sends `times` times. */
  const event = (shop: Shop, name: string, times: number, about: PspEvent['about']): News => {
    const stored = storePspEvent({ id: `wev_${name}`, type: name, about })
    return {
      name,
      times,
      apply: (deps) =>
        applyPspEvent(deps, shop.merchantId, shop.account, readPspEvent(JSON.parse(stored) as StoredPspEvent)),
    }
  }
  /** Another payment service, with connections and statements of its own. */
  const pool = openPool(world.databaseUrl, 6)
  const second: Deps = { ...world.deps, pool, hotPath: createHotPath(pool) }
  return {
    ...world,
    services: [world.deps, second],
    async close() {
      await pool.end()
      await world.close()
    },
    async openShop(): Promise<Shop> {
      const merchantId = await world.addMerchant()
      const account = await world.addPspAccount(merchantId, {
        secret_key: `sk_sandbox_${'s'.repeat(32)}`,
        public_key: `pk_sandbox_${'p'.repeat(32)}`,
        webhook_secret: 'w'.repeat(32),
      })
      const config = { api_url: 'https://127.0.0.1:1', pages_url: 'http://127.0.0.1:2' }
      await world.pool.query('update psp_accounts set config = $1 where id = $2', [config, account])
      await world.addEndpoint(merchantId, 'http://127.0.0.1:1/hook')
      return { merchantId, account }
    },
    /** A charge of 10.00 whose intent is durable, and of which the PSP has said nothing. */
    async begin(shop: Shop, captureMethod: 'automatic' | 'manual'): Promise<Begun> {
      const { merchantId } = shop
      const chargeId = newId('charge')
      const begun = await beginCharge(world.deps, {
        merchantId,
        chargeId,
        request: {
          amount: 1000,
          currency: 'EUR',
          capture_method: captureMethod,
          payment_method: { type: 'token', token: 'tok_x' },
        },
        flow: 'token',
        place: world.deps.pspPlaces.ours.open(),
        chosen: await choosePspAccount(world.deps, {
          merchantId,
          id: chargeId,
          flow: 'token',
          amount: 1000,
          currency: 'EUR',
          asked: null,
        }),
        idempotencyKey: randomUUID(),
        card: null,
        use: null,
      })
      if (isRefusal(begun) || 'answer' in begun) throw new Error('A charge was not begun')
      return begun
    },
    /** The same after a reply. */
    async beginAs(shop: Shop, captureMethod: 'automatic' | 'manual', outcome: Outcome): Promise<Begun> {
      const begun = await this.begin(shop, captureMethod)
      await finishCharge(world.deps, begun, outcome)
      return begun
    },
    /** Writes the intent to capture or cancel; returns its attempt. */
    async ask(shop: Shop, { charge }: Begun, kind: 'capture' | 'cancel', amount?: number): Promise<string> {
      const input = { merchantId: shop.merchantId, chargeId: charge.id, idempotencyKey: randomUUID() }
      await failToHear(kind === 'capture' ? captureCharge(dying, { ...input, amount }) : cancelCharge(dying, input))
      return latestAttempt(shop.merchantId, kind)
    },
    /** Writes the intent to refund; returns its attempt. */
    async askRefund(shop: Shop, { charge }: Begun, amount: number): Promise<string> {
      const request = { charge: charge.id, amount }
      await failToHear(createRefund(dying, { merchantId: shop.merchantId, idempotencyKey: randomUUID(), request }))
      return latestAttempt(shop.merchantId, 'refund')
    },
    /** A hosted session of 10.00 that is open at the PSP; returns the attempt that made it. */
    async openSession(shop: Shop, latePayments: 'refund' | 'keep' = 'refund'): Promise<string> {
      const answer = await createPaymentSession(
        { ...world.deps, send: async (asked) => checkoutSessionReply(asked) },
        {
          merchantId: shop.merchantId,
          idempotencyKey: randomUUID(),
          request: {
            amount: 1000,
            currency: 'EUR',
            capture_method: 'manual',
            success_url: 'https://shop.example/ok',
            cancel_url: 'https://shop.example/no',
            late_payments: latePayments,
          },
        },
      )
      if (isRefusal(answer)) throw new Error('A session was not made')
      return latestAttempt(shop.merchantId, 'create_session')
    },
    /** The same after its PSP has said that it expired. */
    async openEndedSession(shop: Shop, latePayments: 'refund' | 'keep' = 'refund'): Promise<string> {
      const session = await this.openSession(shop, latePayments)
      await this.tellsOfEnd(shop, 'session expired', 1, session).apply(world.deps)
      return session
    },
    latestAttempt: (shop: Shop, kind: AttemptKind) => latestAttempt(shop.merchantId, kind),
    /** The PSP's event about one of our attempts. */
    tells: (shop: Shop, name: string, times: number, attempt: [kind: FollowUpKind, id: string], outcome: Outcome) =>
      event(shop, name, times, { kind: 'attempt', reference: attempt[1], attemptKind: attempt[0], outcome }),
    /** The PSP's event about a payment in a hosted session. */
    tellsOfPayment(shop: Shop, name: string, times: number, session: string, outcome: Outcome) {
      const pspReference = ('pspReference' in outcome ? outcome.pspReference : null) ?? 'pay_1'
      const payment = { pspReference, amount: { amount: 1000n, currency: 'EUR' }, outcome }
      return event(shop, name, times, { kind: 'hosted_payment', reference: session, payment })
    },
    tellsOfEnd: (shop: Shop, name: string, times: number, session: string) =>
      event(shop, name, times, { kind: 'hosted_session', reference: session, status: 'expired' }),
    /** The PSP's event about a dispute of a payment; of 10.00, and without a reason or a time, unless it says so. */
    tellsOfDispute(
      shop: Shop,
      name: string,
      times: number,
      said: Pick<Dispute, 'status'> & Partial<Dispute>,
      payment = 'pay_1',
    ) {
      const amount = { amount: 1000n, currency: 'EUR' }
      const dispute: Dispute = { id: 'dis_1', amount, reason: null, evidenceDueBy: null, ...said }
      return event(shop, name, times, { kind: 'dispute', payment, dispute })
    },
    /** The reply to the request that made the charge. */
    replies: (begun: Begun, outcome: Outcome): News => ({
      name: 'the reply',
      times: 1,
      apply: (deps) => finishCharge(deps, begun, outcome),
    }),
    /** The reply to a capture, cancel or refund, or the answer to a look-up of any attempt: both meet webhooks here. */
    hears: (name: string, attempt: string, outcome: Outcome): News => ({
      name,
      times: 1,
      apply: async (deps) => (await settleAttempt(deps, attempt, outcome))?.result,
    }),
  }
}

type FollowUpKind = 'authorize' | 'capture' | 'cancel' | 'refund'

/** The sandbox's answer to a request for a checkout session. */
function checkoutSessionReply(asked: PspRequest): PspReply {
  const { reference, amount } = JSON.parse(asked.body ?? '{}')
  const session = {
    object: 'checkout_session',
    id: 'cs_1',
    reference,
    url: 'http://127.0.0.1:4200/checkout/x',
    status: 'open',
    payment: null,
    payments: [],
    amount,
  }
  return { status: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify(session) }
}
