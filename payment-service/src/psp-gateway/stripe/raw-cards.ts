import assert from 'node:assert/strict'
import { fitText } from '../fit-text.ts'
import type { RawCards } from '../port.ts'
import { encodeForm, type FormOf } from './form.ts'
import { authorizeParameters, type CardPaymentParams } from './payments.ts'
import { postForm } from './request.ts'

/** The relay replaces these as bytes. Digits stand for themselves in a form, so what it puts there needs no encoding. */
const placeholders = 'payment_method_data[card][number]={{card.number}}&payment_method_data[card][cvc]={{card.cvc}}'

/** What `readReply` reads of a payment, from where it stands. */
const paymentFields = [
  'object',
  'id',
  'status',
  'amount',
  'amount_capturable',
  'amount_received',
  'currency',
  'created',
  'metadata.fincore_reference',
  'metadata.fincore_flow',
  'metadata.fincore_capture',
  'cancellation_reason',
  'last_payment_error.code',
  'last_payment_error.decline_code',
  'last_payment_error.charge',
  'next_action.type',
  'next_action.redirect_to_url.url',
]
const cardFields = ['brand', 'last4', 'exp_month', 'exp_year']
const chargeCard = 'latest_charge.payment_method_details.card'

/**
 * A payment by card. Every brace of a merchant's text is percent-encoded, so none of it can look like a placeholder.
 *
 * Stripe takes raw cards from accounts only that asked it to. It publishes no parameter for the network's id of an
 * earlier payment (a card on file is to be a PaymentMethod of Stripe's own), so payments that the merchant begins with a
 * raw card are not taken: without that id they would look like a shopper's.
 */
export const rawCards: RawCards = {
  needsConfirmation: true,
  takesThreeDSecure: true,
  authorizeCard(account, input) {
    const holder = fitText(input.holderName, 200)
    const rest = encodeForm({
      ...authorizeParameters(input),
      payment_method_data: {
        type: 'card',
        ...(holder === undefined ? {} : { billing_details: { name: holder } }),
        card: { exp_month: input.expMonth, exp_year: input.expYear },
      },
    } satisfies FormOf<WithoutCardNumber>)
    assert(!/[{}]/.test(rest), 'not a card template')
    return postForm(account, '/v1/payment_intents', input.reference, `${rest}&${placeholders}`)
  },
  replyFields: [
    ...paymentFields,
    ...cardFields.map((field) => `${chargeCard}.${field}`),
    `${chargeCard}.network_transaction_id`,
    'error.type',
    'error.code',
    'error.decline_code',
    'error.param',
    ...cardFields.map((field) => `error.payment_method.card.${field}`),
    ...[...paymentFields, 'latest_charge'].map((field) => `error.payment_intent.${field}`),
  ],
}

type Given = NonNullable<CardPaymentParams['payment_method_data']>
type WithoutCardNumber = Omit<CardPaymentParams, 'payment_method_data'> & {
  payment_method_data: Omit<Given, 'card'> & { card: Partial<Given['card']> }
}
