import Type from 'typebox'
import { chargeFlags } from './charge-flags.ts'
import { declineCodes } from './decline-codes.ts'
import { type RoutingVerdict, routingReasons, routingVerdicts } from './routing-verdicts.ts'

/** The objects that FinCore answers with. Requests are in requests.ts. */

const nullable = <T extends import('typebox').TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const time = (description: string) =>
  Type.String({
    description: `${description} RFC 3339, UTC.`,
    format: 'date-time',
    examples: ['2026-11-23T12:00:00.000Z'],
  })
const minorUnits = (description: string) =>
  Type.Integer({
    description: `${description} In the currency's minor unit (cents for EUR, yen for JPY).`,
    minimum: 0,
    examples: [1999],
  })
const text = (description: string) => nullable(Type.String({ description }))
const literals = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Enum(values, { description })
const metadata = Type.Record(Type.String(), Type.String(), {
  description: 'Your own keys and values, given back as you sent them.',
})
const currency = Type.String({ description: 'ISO 4217, in capitals.', examples: ['EUR'] })

export const Card = Type.Object({
  brand: Type.String({ description: 'visa, mastercard, amex, …, or unknown.', examples: ['visa'] }),
  first6: nullable(
    Type.String({
      description: 'The first six digits (the BIN); null where the PSP does not tell them.',
      examples: ['424242'],
    }),
  ),
  last4: Type.String({ description: 'The last four digits.', examples: ['4242'] }),
  exp_month: Type.Integer({ description: 'Month of expiry, 1 to 12.', examples: [12] }),
  exp_year: Type.Integer({ description: 'Year of expiry, four digits.', examples: [2030] }),
})

const verdict = 'What was said of it: see the guide on routing. More words may come.'
export const Routing = nullable(
  Type.Object(
    {
      psp_account: Type.String({ description: 'The PSP account that took it, `pspa_…`.' }),
      reason: literals(routingReasons, 'Why it was this one.'),
      considered: Type.Array(
        Type.Object({
          psp_account: Type.String(),
          verdict: literals(Object.keys(routingVerdicts) as RoutingVerdict[], verdict),
        }),
        {
          description:
            'Your PSP accounts: those that were tried before, in their order, the one that took it, the others.',
        },
      ),
    },
    { description: 'Why it went to this PSP account. Null for what was made before this was kept.' },
  ),
)

export const Failure = Type.Object({
  code: literals(Object.keys(declineCodes), 'Why it failed: a FinCore decline code, the same for every PSP.'),
  message: Type.String({ description: 'Of a charge: may be shown to the shopper. Of a refund: for you.' }),
  shopper_can_retry: literals(['same_card', 'other_card', 'no'], 'Whether another try by the shopper makes sense.'),
  psp_code: text('The PSP’s own code, for your support.'),
})

export const Charge = Type.Object({
  object: Type.Literal('charge'),
  id: Type.String({ description: 'The charge’s id; ids sort by time.', examples: ['ch_01kx7p2z3r8v9w0a1b2c3d4e5f'] }),
  status: literals(
    ['processing', 'requires_action', 'authorized', 'captured', 'failed', 'canceled'],
    'Where the charge stands. A final state never reverses.',
  ),
  amount: minorUnits('The amount asked for.'),
  currency,
  amount_captured: minorUnits('How much was captured.'),
  amount_refunded: minorUnits('How much was given back.'),
  amount_refunds_pending: minorUnits('How much is being given back now.'),
  capture_method: literals(['automatic', 'manual'], 'Whether the money is captured at once or when you ask.'),
  flow: literals(['hosted', 'token', 'raw_card'], 'How the card came in.'),
  merchant_reference: text('Your own reference, for example the order’s number.'),
  description: text('What the payment is for.'),
  metadata,
  payment_session: text('The payment session that this charge belongs to.'),
  payment_method: nullable(Type.Object({ type: Type.Literal('card'), card: Card })),
  next_action: nullable(
    Type.Object({
      type: Type.Literal('redirect'),
      url: Type.String({ description: 'Send the shopper’s browser there.' }),
    }),
  ),
  pending: nullable(
    Type.Object(
      { operation: literals(['capture', 'cancel'], 'What is being done.'), amount: minorUnits('For how much.') },
      { description: 'A capture or cancel whose outcome is not known yet.' },
    ),
  ),
  failure: nullable(Failure),
  cancellation_reason: nullable(
    literals(['requested', 'abandoned', 'authorization_expired'], 'Why the charge was canceled.'),
  ),
  flags: Type.Array(Type.String(), {
    description: `What is unusual about the charge: ${Object.keys(chargeFlags).join(', ')}. More may come.`,
    examples: [[]],
  }),
  psp: Type.Object({
    name: Type.String(),
    account: Type.String({ description: 'The PSP account, `pspa_…`.' }),
    reference: text('The PSP’s id of the payment.'),
  }),
  routing: Routing,
  network_transaction_id: text(
    'The card network’s id of the payment, where the PSP tells it: name it in later charges that you begin with this card.',
  ),
  created_at: time('When the charge was made.'),
  updated_at: time('When the charge last changed.'),
})
export type Charge = import('typebox').Static<typeof Charge>

export const Refund = Type.Object({
  object: Type.Literal('refund'),
  id: Type.String({ examples: ['re_01kx7p2z3r8v9w0a1b2c3d4e5f'] }),
  charge: Type.String({ description: 'The charge whose money is given back.' }),
  amount: minorUnits('How much is given back.'),
  currency,
  status: literals(['pending', 'succeeded', 'failed'], 'Where the refund stands.'),
  reason: text('Your own words.'),
  metadata,
  failure: nullable(Failure),
  created_at: time('When the refund was made.'),
  updated_at: time('When the refund last changed.'),
})
export type Refund = import('typebox').Static<typeof Refund>

export const Dispute = Type.Object({
  object: Type.Literal('dispute'),
  id: Type.String({ examples: ['dp_01kx7p2z3r8v9w0a1b2c3d4e5f'] }),
  charge: Type.String({ description: 'The charge whose payment is disputed.' }),
  status: literals(['inquiry', 'opened', 'won', 'lost'], 'Where the dispute stands.'),
  amount: minorUnits('How much is disputed.'),
  currency: Type.String({
    description: 'ISO 4217, in capitals. The PSP may dispute in another currency than the charge’s.',
    examples: ['EUR'],
  }),
  reason: text('Why, in the PSP’s own word.'),
  evidence_due_by: nullable(
    time('Until when you can answer with evidence, at the PSP; null when there is no such time.'),
  ),
  psp_reference: Type.String({ description: 'The PSP’s id of the dispute: answer it there, under this id.' }),
  created_at: time('When FinCore first heard of it.'),
  updated_at: time('When the dispute last changed.'),
})
export type Dispute = import('typebox').Static<typeof Dispute>

export const LineItem = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'What is bought.' }),
    quantity: Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many.' }),
    amount: Type.Integer({ minimum: 0, maximum: 999_999_999_999, description: 'The price of one, in the minor unit.' }),
  },
  { additionalProperties: false },
)

export const PaymentSession = Type.Object({
  object: Type.Literal('payment_session'),
  id: Type.String({ examples: ['ps_01kx7p2z3r8v9w0a1b2c3d4e5f'] }),
  url: text('The one-time link for the shopper, while the session is open; null afterwards.'),
  status: literals(['open', 'completed', 'expired', 'canceled'], 'Where the session stands.'),
  amount: minorUnits('What the shopper pays.'),
  currency,
  capture_method: literals(['automatic', 'manual'], 'Whether the money is captured at once or when you ask.'),
  charge: text('The charge that paid the session.'),
  success_url: Type.String(),
  cancel_url: Type.String(),
  merchant_reference: text('Your own reference, for example the order’s number.'),
  description: text('What the payment is for.'),
  metadata,
  locale: text('The language of the PSP’s page.'),
  customer_email: text('The shopper’s e-mail address, handed to the PSP.'),
  line_items: Type.Array(LineItem),
  late_payments: literals(['refund', 'keep'], 'What happens to money that arrives after the session has ended.'),
  routing: Routing,
  expires_at: time('When the session ends by itself.'),
  created_at: time('When the session was made.'),
  updated_at: time('When the session last changed.'),
})
export type PaymentSession = import('typebox').Static<typeof PaymentSession>
