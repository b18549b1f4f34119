import type { Clock } from './clock.ts'
import { type CheckoutSession, type Kept, type Operation, type Payment, show } from './psp-objects.ts'

/** What really happened to money. The judge of a run. */
export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  story: string
  /** Of the payment: the reference of the attempt, or of the session, that it was made for. */
  reference: string
  /** Of the operation; null when the money moved with the authorization, or without FinCore. */
  ownReference: string | null
  payment: string
  amount: number
  at: number
}

/** How an object looked from a time on, to look-ups. */
type Seen = { from: number; object: object }

export function makeLedger(clock: Clock) {
  const payments = new Map<string, Payment>()
  const operations = new Map<string, Operation>()
  const sessions = new Map<string, CheckoutSession>()
  const movements: Movement[] = []
  const seen = new Map<Kept, Seen[]>()
  let count = 0

  return {
    payments,
    operations,
    sessions,
    movements,
    addPayment(
      wish: Pick<Payment, 'story' | 'account' | 'reference' | 'amount' | 'currency' | 'capture' | 'checkout_session'>,
    ) {
      const { story, account, reference, amount, currency, capture, checkout_session } = wish
      const payment: Payment = {
        object: 'payment',
        story,
        account,
        id: `pay_${++count}`,
        reference,
        status: 'new',
        amount,
        currency,
        capture,
        captured: 0,
        checkout_session,
        decline: null,
        action: null,
      }
      payments.set(payment.id, payment)
      return payment
    },
    addOperation(object: Operation['object'], payment: Payment, reference: string, amount: number) {
      const { story, account, id, currency } = payment
      const operation: Operation = {
        object,
        story,
        account,
        id: `op_${++count}`,
        reference,
        payment: id,
        status: 'pending',
        amount,
        currency,
        failure: null,
      }
      operations.set(operation.id, operation)
      return operation
    },
    addSession(wish: Pick<CheckoutSession, 'story' | 'account' | 'reference' | 'amount' | 'currency' | 'capture'>) {
      const session: CheckoutSession = {
        ...wish,
        object: 'checkout_session',
        id: `cs_${++count}`,
        status: 'open',
        payment: null,
        payments: [],
      }
      sessions.set(session.id, session)
      return session
    },
    move(kind: Movement['kind'], payment: Payment, ownReference: string | null, amount: number): void {
      const { story, reference, id } = payment
      movements.push({ kind, story, reference, ownReference, payment: id, amount, at: clock.now() })
    },
    /** What was refunded of a payment, or may yet be. */
    refundedOf(payment: Payment): number {
      const refunds = [...operations.values()].filter(
        (one) => one.object === 'refund' && one.payment === payment.id && one.status !== 'failed',
      )
      return refunds.reduce((sum, { amount }) => sum + amount, 0)
    },
    /** An object changed; look-ups see it so from then on. */
    keep(thing: Kept, from: number): void {
      const versions = seen.get(thing) ?? []
      versions.push({ from, object: show(thing) })
      seen.set(thing, versions)
    },
    /** When look-ups could first see an object as it is now. */
    seenSince: (thing: Kept): number => seen.get(thing)?.at(-1)?.from ?? Number.POSITIVE_INFINITY,
    /** What an account's look-up of a reference sees at a time. */
    seen(account: string, reference: string, now: number) {
      const look = <Thing extends Kept>(things: Map<string, Thing>): object[] =>
        [...things.values()].flatMap((thing) => {
          if (thing.reference !== reference || thing.account !== account) return []
          const version = seen.get(thing)?.findLast(({ from }) => from <= now)
          return version === undefined ? [] : [version.object]
        })
      return {
        payments: look(payments).filter((one) => 'checkout_session' in one && one.checkout_session === null),
        operations: look(operations),
        sessions: look(sessions),
      }
    },
  }
}
