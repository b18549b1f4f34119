import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { PspRequest } from '@fincore/payment-service/psp-gateway/port'
import type { Ground } from './ground.ts'
import { makeLedger } from './psp-ledger.ts'
import { type CheckoutSession, type Kept, type Operation, type Payment, show } from './psp-objects.ts'

/** What a PSP needs of the world around it. */
export type PspWorld = {
  /** Of the merchant: what is made at one of them is unknown at the other. */
  accounts: readonly PspSideAccount[]
  /** What no look-up shows every webhook tells. */
  tellsAll: boolean
  /** Longer than this nothing stays hidden from look-ups, as the PSP documents it. */
  consistencyWindowMs: number
  /** Brings a webhook to FinCore; false when it was not taken, and must come again. */
  deliver(account: string, body: string, signature: string): Promise<boolean>
}

export type PspSideAccount = { id: string; secretKey: string; webhookSecret: string }

export type PspAnswer = { status: number; body: string }

/** How long after one another a PSP tries to bring an event that was not taken. */
const eventRetriesMs = [2_000, 10_000, 60_000, 600_000, 3_600_000, 3_600_000]
/** A shopper who has not confirmed by then never will. */
const abandonedAfterMs = 600_000

/**
 * A PSP that speaks the sandbox's API, so that FinCore's own adapter talks to it. It acts at most once under an
 * idempotency key, keeps a ledger of what its bank really did, and tells of everything by webhook, more or less.
 */
export function makePsp({ clock, choices, trace }: Ground, world: PspWorld) {
  const ledger = makeLedger(clock)
  const answered = new Map<string, PspAnswer>()
  let events = 0

  /** A look-up shows an object as it was some time ago, but never longer than the window. */
  function keep<Thing extends Payment | Operation | CheckoutSession>(thing: Thing): void {
    const lag = choices.within(thing.story).pick('what look-ups see', { current: 12, old: 2, 'as old as may be': 1 })
    const part = lag === 'current' ? 0 : lag === 'old' ? 0.4 : 1
    const from = clock.now() + part * world.consistencyWindowMs
    ledger.keep(thing, from)
    // A session shows its payments.
    const session = thing.object === 'payment' ? ledger.sessions.get(thing.checkout_session ?? '') : undefined
    if (session !== undefined) ledger.keep(session, from)
  }

  /** @param never whether it may not come at all: not when FinCore has no reason to ask, and nobody else tells. */
  function tell(type: string, thing: Kept, never: 'maybe' | 'no' = 'maybe'): void {
    const { story } = thing
    const body = JSON.stringify({ id: `wev_${++events}`, type, data: { [nameOf(thing)]: show(thing) } })
    const way = choices.within(story).pick(`${type} comes`, {
      soon: 60,
      'at once': 6,
      late: 12,
      'very late': 6,
      twice: 10,
      never: never === 'maybe' && !world.tellsAll ? 6 : 0,
    })
    if (way === 'never') return
    const { spread } = choices.within(story)
    const delays = {
      soon: [20 + 2_000 * spread('event delay')],
      'at once': [0],
      late: [2_000 + 60_000 * spread('event delay')],
      'very late': [600_000 + 7_200_000 * spread('event delay')],
      twice: [20 + 500 * spread('event delay'), 30 + 20_000 * spread('event delay')],
    }[way]
    for (const delay of delays) clock.at(clock.now() + delay, () => void bring(thing, type, body, 0))
  }

  async function bring(thing: Kept, type: string, body: string, tries: number): Promise<void> {
    trace(`PSP → FinCore        ${thing.story}: webhook ${type}`)
    const account = world.accounts.find(({ id }) => id === thing.account)
    const seconds = Math.floor(clock.now() / 1000)
    if (await world.deliver(thing.account, body, sign(account?.webhookSecret ?? '', seconds, body))) return
    const retry = eventRetriesMs[tries]
    if (retry !== undefined) clock.at(clock.now() + retry, () => void bring(thing, type, body, tries + 1))
  }

  /** The bank's answer to a card. */
  function authorize(payment: Payment, bank: BankSays, never: 'maybe' | 'no' = 'maybe'): void {
    const { amount, capture } = payment
    if (bank === 'approves') {
      ledger.move('authorization', payment, null, amount)
      payment.status = capture === 'automatic' ? 'captured' : 'authorized'
      payment.captured = capture === 'automatic' ? amount : 0
      payment.action = null
      if (capture === 'automatic') ledger.move('capture', payment, null, amount)
    } else if (bank === 'declines') {
      payment.status = 'declined'
      payment.action = null
      payment.decline = { code: 'insufficient_funds' }
    } else {
      payment.status = 'action_required'
      payment.action = { type: 'redirect', url: `https://bank.example/${payment.id}` }
      clock.at(clock.now() + abandonedAfterMs, () => {
        if (payment.status === 'action_required') endUnpaid(payment, 'abandoned')
      })
    }
    keep(payment)
    tell(`payment.${payment.status}`, payment, never)
    const session = payment.checkout_session === null ? undefined : ledger.sessions.get(payment.checkout_session)
    if (session === undefined || bank !== 'approves') return
    session.payment = payment
    if (session.status === 'open') session.status = 'completed'
    keep(session)
    if (session.status === 'completed') tell('checkout_session.completed', session)
  }

  function endUnpaid(payment: Payment, status: 'abandoned' | 'expired'): void {
    payment.status = status
    payment.action = null
    keep(payment)
    tell(`payment.${status}`, payment)
  }

  function createPayment(account: string, body: PaymentBody): PspAnswer {
    const story = body.description
    const payment = ledger.addPayment({
      account,
      story,
      reference: body.reference,
      amount: body.amount.value,
      currency: body.amount.currency,
      capture: body.capture,
      checkout_session: null,
    })
    authorize(payment, bankSays(story))
    return { status: 201, body: JSON.stringify(show(payment)) }
  }

  function bankSays(story: string): BankSays {
    return choices.within(story).pick('bank', { approves: 70, declines: 12, 'asks the shopper': 18 })
  }

  function operate(kind: 'capture' | 'cancellation' | 'refund', payment: Payment, body: OperationBody): PspAnswer {
    const amount = body.amount?.value ?? payment.amount
    const fits =
      kind === 'refund'
        ? payment.status === 'captured' && amount <= payment.captured - ledger.refundedOf(payment)
        : payment.status === 'authorized' && amount <= payment.amount
    if (!fits) return problem(409, `${kind}_not_possible`)
    const operation = ledger.addOperation(kind, payment, body.reference, amount)
    const later = kind === 'refund' ? 1 : 0
    const bank = choices
      .within(payment.story)
      .pick(`bank at ${kind}`, { agrees: 80, refuses: 8, 'agrees later': 8 * later, 'refuses later': 4 * later })
    if (bank === 'agrees later' || bank === 'refuses later') {
      keep(operation)
      tell('refund.pending', operation)
      const { spread } = choices.within(payment.story)
      clock.at(clock.now() + 3_000 + 600_000 * spread('bank takes'), () =>
        finishOperation(operation, payment, bank === 'agrees later'),
      )
    } else finishOperation(operation, payment, bank === 'agrees')
    return { status: 201, body: JSON.stringify(show(operation)) }
  }

  function finishOperation(operation: Operation, payment: Payment, agrees: boolean): void {
    operation.status = agrees ? 'succeeded' : 'failed'
    operation.failure = agrees ? null : { code: `${operation.object}_declined` }
    keep(operation)
    if (agrees) {
      ledger.move(operation.object, payment, operation.reference, operation.amount)
      if (operation.object === 'capture') Object.assign(payment, { status: 'captured', captured: operation.amount })
      if (operation.object === 'cancellation') payment.status = 'canceled'
      keep(payment)
    }
    // The sandbox has no event for a cancellation that failed.
    if (agrees || operation.object !== 'cancellation') tell(`${operation.object}.${operation.status}`, operation)
    if (agrees && operation.object !== 'refund') tell(`payment.${payment.status}`, payment)
  }

  function createSession(account: string, body: SessionBody): PspAnswer {
    const session = ledger.addSession({
      account,
      story: body.description,
      reference: body.reference,
      amount: body.amount.value,
      currency: body.amount.currency,
      capture: body.capture,
    })
    keep(session)
    clock.at(Date.parse(body.expires_at), () => closePage(session))
    return { status: 201, body: JSON.stringify(show(session)) }
  }

  /** Ends the page. A bank that was asked before may still say yes afterwards: money that comes late. */
  function closePage(session: CheckoutSession): void {
    if (session.status !== 'open') return
    session.status = 'expired'
    keep(session)
    tell('checkout_session.expired', session)
    for (const payment of session.payments) {
      if (payment.status !== 'action_required') continue
      const bank = choices.within(session.story).pick('bank after the end', { 'gives up': 3, 'approves late': 1 })
      if (bank === 'gives up') endUnpaid(payment, 'expired')
      else clock.at(clock.now() + 30_000, () => confirm(payment, true, 'no'))
    }
  }

  function expire(session: CheckoutSession): PspAnswer {
    if (session.status === 'completed') return problem(409, 'session_completed')
    closePage(session)
    return { status: 200, body: JSON.stringify(show(session)) }
  }

  /** The shopper has been at the bank. */
  function confirm(payment: Payment, agrees: boolean, never: 'maybe' | 'no' = 'maybe'): void {
    if (payment.status === 'action_required') authorize(payment, agrees ? 'approves' : 'declines', never)
  }

  function lookUp(account: string, reference: string): PspAnswer {
    const { payments, operations, sessions } = ledger.seen(account, reference, clock.now())
    return {
      status: 200,
      body: JSON.stringify({ payments, operations, checkout_sessions: sessions }),
    }
  }

  function act(request: PspRequest): PspAnswer {
    const [path = '', query = ''] = request.url.replace(/^https:\/\/[^/]+/, '').split('?')
    const account = world.accounts.find(({ secretKey }) => request.headers.authorization === `Bearer ${secretKey}`)
    if (account === undefined) return problem(401, 'unauthorized')
    if (path === '/v2/lookup') return lookUp(account.id, new URLSearchParams(query).get('reference') ?? '')
    const body = request.body === null ? {} : JSON.parse(request.body)
    if (path === '/v2/payments') return createPayment(account.id, body)
    if (path === '/v2/checkout_sessions') return createSession(account.id, body)
    const [, id = '', action = ''] = /^\/v2\/\w+\/([^/]+)\/(\w+)$/.exec(path) ?? []
    const session = ledger.sessions.get(id)
    if (session !== undefined && action === 'expire') return expire(session)
    const payment = ledger.payments.get(id)
    const kind = ({ captures: 'capture', cancellations: 'cancellation', refunds: 'refund' } as const)[action]
    return payment === undefined || kind === undefined ? problem(404, 'not_found') : operate(kind, payment, body)
  }

  return {
    ledger,
    confirm,
    /** Does what a request asks for, once for each idempotency key. */
    handle(request: PspRequest): PspAnswer {
      const key = request.headers['idempotency-key']
      if (key === undefined) return act(request)
      const known = answered.get(key)
      if (known !== undefined) return known
      const answer = act(request)
      answered.set(key, answer)
      return answer
    },
    /** A shopper pays, or tries to, on the hosted page; null when the page is closed. */
    payOnPage(session: CheckoutSession): Payment | null {
      if (session.status !== 'open') return null
      const payment = ledger.addPayment({ ...session, checkout_session: session.id })
      session.payments.push(payment)
      authorize(payment, bankSays(session.story))
      return payment
    },
    /** The bank, or somebody at the PSP's own dashboard, lets a hold go. */
    release(payment: Payment): void {
      if (payment.status !== 'authorized') return
      payment.status = 'canceled'
      ledger.move('cancellation', payment, null, payment.amount)
      keep(payment)
      tell('payment.canceled', payment, 'no')
    },
  }
}
export type SimulatedPsp = ReturnType<typeof makePsp>

type BankSays = 'approves' | 'declines' | 'asks the shopper'
type Amount = { value: number; currency: string }
type PaymentBody = { reference: string; amount: Amount; capture: 'automatic' | 'manual'; description: string }
type OperationBody = { reference: string; amount?: Amount }
type SessionBody = PaymentBody & { expires_at: string }

/** The signature's header, as the sandbox writes it. */
export function sign(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', keyOf(secret)).update(`${seconds}.`).update(body).digest('hex')}`
}

/** Made once: Node takes longer to see that a text is no key yet than to sign with it. */
function keyOf(secret: string): KeyObject {
  const known = keys.get(secret)
  if (known !== undefined) return known
  const made = createSecretKey(secret, 'utf8')
  keys.set(secret, made)
  return made
}
const keys = new Map<string, KeyObject>()

function problem(status: number, code: string): PspAnswer {
  return { status, body: JSON.stringify({ error: { code, param: null } }) }
}

function nameOf(thing: Kept): 'payment' | 'operation' | 'checkout_session' {
  return thing.object === 'payment' || thing.object === 'checkout_session' ? thing.object : 'operation'
}
