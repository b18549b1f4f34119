import type { SessionRow } from '../ledger/checkout-sessions.ts'
import { listPaymentsOfSession, type PaymentRow } from '../ledger/payments.ts'
import { countAuthorizeCall } from '../ledger/truth.ts'
import { authorize } from '../payments/authorize.ts'
import { type Card, type CardInput, findCardProblem, readCard } from '../payments/card.ts'
import { abandonChallenge } from '../payments/challenge.ts'
import type { Psp } from '../psp.ts'
import type { CardField } from './card-form.ts'
import type { texts } from './texts.ts'

type FormErrors = { errors: Partial<Record<CardField, string>>; expiry: string; holderName: string }

/** Reads the posted form: the card, or what is wrong with it, with the fields that may be shown again. */
export function readCardForm(body: unknown, nowMs: number, t: (typeof texts)['en']): { card: Card } | FormErrors {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name].trim().slice(0, 100) : '')
  const number = text('number').replace(/[ -]/g, '')
  const cvc = text('cvc')
  const expiry = /^(0?[1-9]|1[0-2])\s*[/.-]?\s*(?:20)?(\d{2})$/.exec(text('expiry'))
  const input: CardInput = {
    number,
    cvc,
    expiry_month: Number(expiry?.[1] ?? 1),
    expiry_year: 2000 + Number(expiry?.[2] ?? 99),
  }
  const errors: FormErrors['errors'] = {}
  // Each field is checked with the others taken as right, so that all problems show at once.
  const problem = findCardProblem(input)
  if (number === '') errors.number = t.incomplete_number
  else if (problem?.param === 'number') errors.number = t.incorrect_number
  if (!expiry) errors.expiry = text('expiry') === '' ? t.incomplete_expiry : t.incorrect_expiry
  if (cvc === '') errors.cvc = t.incomplete_cvc
  else if (problem?.param === 'cvc' || !/^\d{3,4}$/.test(cvc)) errors.cvc = t.incorrect_cvc
  if (Object.keys(errors).length > 0) return { errors, expiry: text('expiry'), holderName: text('holder_name') }
  return { card: readCard(input, nowMs, '') }
}

/**
 * A shopper's try at an open session. Faults of the reply mean nothing here, where a shopper and no server waits: such a
 * card succeeds, the one that times out before acting finds its bank unreachable, and the slow one is slow.
 */
export async function payInCheckout(psp: Psp, session: SessionRow, card: Card): Promise<PaymentRow> {
  const { outcome } = card
  const asked: Card =
    outcome.do === 'fault' && outcome.fault === 'timeout_before'
      ? { ...card, outcome: { do: 'decline', code: 'issuer_unavailable' } }
      : card
  const done = psp.ledger.transaction(() => {
    countAuthorizeCall(psp.ledger, session.account, session.reference)
    // A new try ends the challenge of the one before, so that a session can never be paid twice.
    for (const payment of listPaymentsOfSession(psp.ledger, session.id)) abandonChallenge(psp, payment)
    return authorize(
      psp,
      {
        account: session.account,
        reference: session.reference,
        session: session.id,
        amount: session.amount,
        currency: session.currency,
        capture: session.capture,
        returnUrl: null,
        description: session.description,
      },
      asked,
    )
  })
  psp.wake()
  if (outcome.do === 'fault' && outcome.fault === 'slow_reply') {
    await new Promise((resolve) => setTimeout(resolve, psp.timings.slowReplyMs))
  }
  if (outcome.do === 'fault' && outcome.fault === 'webhook_before_reply' && done.event)
    await psp.waitForDelivery(done.event)
  return done.payment
}
