import Type, { type TProperties } from 'typebox'
import { chargeFlags } from './charge-flags.ts'
import { declineCodes } from './decline-codes.ts'
import { closed, idOf, kindOf, nullable, oneOf, text, time } from './fields.ts'
import { maxAmount } from './money.ts'
import { type RoutingVerdict, routingReasons, routingVerdicts } from './routing-verdicts.ts'

/** The objects that FinCore answers with. Requests are in requests.ts. */

const minorUnits = (description: string, like = 1999) =>
  Type.Integer({
    minimum: 0,
    maximum: maxAmount,
    description: `${description} In the currency’s minor unit (cents for EUR, yen for JPY).`,
    examples: [like],
  })
const ownText = (description: string, like: string) => nullable(text(description, { atMost: 255, like }))
const merchantReference = ownText('Your own reference, for example the order’s number.', 'order-1001')
const description = ownText('What the payment is for.', 'Two books')
const currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217, in capitals.', examples: ['EUR'] })
const captureMethod = oneOf(
  ['automatic', 'manual'],
  'Whether the money is captured at once or when you ask.',
  'automatic',
)

export const Metadata = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' }),
  Type.String({ maxLength: 500 }),
  {
    ...closed,
    maxProperties: 50,
    description: 'Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here.',
    examples: [{ customer: '7841' }],
  },
)

export const Card = Type.Object(
  {
    brand: text('visa, mastercard, amex, …, or unknown.', { atMost: 40, like: 'visa' }),
    first6: nullable(
      Type.String({
        pattern: '^[0-9]{6}$',
        description: 'The first six digits (the BIN); null where the PSP does not tell them.',
        examples: ['424242'],
      }),
    ),
    last4: Type.String({ pattern: '^[0-9]{4}$', description: 'The last four digits.', examples: ['4242'] }),
    exp_month: Type.Integer({ minimum: 1, maximum: 12, description: 'Month of expiry, 1 to 12.', examples: [12] }),
    exp_year: Type.Integer({
      minimum: 2000,
      maximum: 2199,
      description: 'Year of expiry, four digits.',
      examples: [2030],
    }),
  },
  { description: 'What may be shown of the card: never its whole number.' },
)

export const Routing = nullable(
  Type.Object(
    {
      psp_account: idOf('pspa', 'The PSP account that took it.'),
      reason: oneOf(routingReasons, 'Why it was this one.', 'highest_priority'),
      considered: Type.Array(
        Type.Object({
          psp_account: idOf('pspa', 'One of your PSP accounts.'),
          verdict: oneOf(
            Object.keys(routingVerdicts) as RoutingVerdict[],
            'What was said of it: see the guide on routing. More words may come.',
            'highest_priority',
          ),
        }),
        {
          maxItems: 1000,
          description:
            'Your PSP accounts: those that were tried before, in their order, the one that took it, the others.',
          examples: [[]],
        },
      ),
    },
    { description: 'Why it went to this PSP account. Null for what was made before this was kept.' },
  ),
)

export const Failure = Type.Object(
  {
    code: oneOf(
      Object.keys(declineCodes),
      'Why it failed: a FinCore decline code, the same for every PSP.',
      'insufficient_funds',
    ),
    message: text('Of a charge: may be shown to the shopper. Of a refund: for you.', {
      atMost: 500,
      like: declineCodes.insufficient_funds.message,
    }),
    shopper_can_retry: oneOf(
      ['same_card', 'other_card', 'no'],
      'Whether another try by the shopper makes sense.',
      'other_card',
    ),
    psp_code: ownText('The PSP’s own code, for your support.', 'insufficient_funds'),
  },
  { description: 'Why it failed, in words that are the same for every PSP.' },
)

const NextAction = Type.Object(
  {
    type: Type.Literal('redirect', { description: 'What kind of action it is.', examples: ['redirect'] }),
    url: text('Send the shopper’s browser there.', {
      atMost: 16_384,
      like: 'https://psp.example/challenge/8f2c6b1e',
    }),
  },
  { description: 'What the shopper must do: confirm the payment with their bank.' },
)
const Pending = Type.Object(
  {
    operation: oneOf(['capture', 'cancel'], 'What is being done.', 'capture'),
    amount: minorUnits('For how much.'),
  },
  { description: 'A capture or cancel whose outcome is not known yet.' },
)

const chargeFields = {
  amount: minorUnits('The amount asked for.'),
  currency,
  amount_captured: minorUnits('How much was captured.'),
  amount_refunded: minorUnits('How much was given back.', 0),
  amount_refunds_pending: minorUnits('How much is being given back now.', 0),
  capture_method: captureMethod,
  flow: oneOf(['hosted', 'token', 'raw_card'], 'How the card came in.', 'token'),
  merchant_reference: merchantReference,
  description,
  metadata: Metadata,
  payment_session: nullable(idOf('ps', 'The payment session that this charge belongs to.')),
  payment_method: nullable(
    Type.Object(
      {
        type: Type.Literal('card', { description: 'How it is paid.', examples: ['card'] }),
        card: Card,
      },
      { description: 'What it is paid with; null until the PSP has told.' },
    ),
  ),
}
const laterChargeFields = {
  flags: Type.Array(Type.String({ maxLength: 64 }), {
    maxItems: 16,
    description: `What is unusual about the charge: ${Object.keys(chargeFlags).join(', ')}. More may come.`,
    examples: [[]],
  }),
  psp: Type.Object(
    {
      name: text('The PSP’s name.', { atMost: 64, like: 'sandbox' }),
      account: idOf('pspa', 'The PSP account.'),
      reference: ownText('The PSP’s id of the payment.', 'pay_7c1f3e'),
    },
    { description: 'Where the payment is, for your support and your operator’s.' },
  ),
  routing: Routing,
  network_transaction_id: nullable(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{9,36}$',
      description:
        'The card network’s id of the payment, where the PSP tells it: name it in later charges that you begin with this card.',
      examples: ['MCC1234560105'],
    }),
  ),
  created_at: time('When the charge was made.'),
  updated_at: time('When the charge last changed.'),
}

/** What a charge has beside what all charges have, as its status says. */
const chargeOf = <const Status extends string, Said extends TProperties>(status: Status, meaning: string, said: Said) =>
  Type.Object(
    {
      object: kindOf('charge'),
      id: idOf('ch', 'The charge’s id; ids sort by time.'),
      status: Type.Literal(status, { description: meaning, examples: [status] }),
      ...chargeFields,
      ...said,
      ...laterChargeFields,
    },
    { description: meaning },
  )
const none = Type.Null({ description: 'Null in this status.', examples: [null] })

/**
 * A charge in each of its states: in code that has looked at `status`, what must be there is there. The database holds
 * the rows to the same (the constraints of `charges`).
 */
export const ProcessingCharge = chargeOf('processing', 'The PSP’s answer is not known yet. Wait for the event.', {
  next_action: none,
  pending: none,
  failure: none,
  cancellation_reason: none,
})
export const RequiresActionCharge = chargeOf('requires_action', 'The shopper must act: see `next_action`.', {
  next_action: NextAction,
  pending: none,
  failure: none,
  cancellation_reason: none,
})
export const AuthorizedCharge = chargeOf('authorized', 'The funds are held; no money has moved.', {
  next_action: none,
  pending: nullable(Pending),
  failure: none,
  cancellation_reason: none,
})
export const CapturedCharge = chargeOf('captured', 'The money is moving to you. Final.', {
  next_action: none,
  pending: none,
  failure: none,
  cancellation_reason: none,
})
export const FailedCharge = chargeOf('failed', 'No money moved; `failure` says why. Final.', {
  next_action: none,
  pending: none,
  failure: Failure,
  cancellation_reason: none,
})
export const CanceledCharge = chargeOf('canceled', 'It ended without money; `cancellation_reason` says why. Final.', {
  next_action: none,
  pending: none,
  failure: none,
  cancellation_reason: oneOf(
    ['requested', 'abandoned', 'authorization_expired'],
    'Why the charge was canceled.',
    'requested',
  ),
})

export const Charge = Type.Union(
  [ProcessingCharge, RequiresActionCharge, AuthorizedCharge, CapturedCharge, FailedCharge, CanceledCharge],
  { description: 'One payment. `status` says where it stands; a final state never reverses.' },
)
export type Charge = import('typebox').Static<typeof Charge>

export const Refund = Type.Object(
  {
    object: kindOf('refund'),
    id: idOf('re', 'The refund’s id; ids sort by time.'),
    charge: idOf('ch', 'The charge whose money is given back.'),
    amount: minorUnits('How much is given back.'),
    currency,
    status: oneOf(['pending', 'succeeded', 'failed'], 'Where the refund stands.', 'succeeded'),
    reason: ownText('Your own words.', 'One mug was broken'),
    metadata: Metadata,
    failure: nullable(Failure),
    created_at: time('When the refund was made.'),
    updated_at: time('When the refund last changed.'),
  },
  { description: 'Money given back, all that was captured or a part.' },
)
export type Refund = import('typebox').Static<typeof Refund>

export const Dispute = Type.Object(
  {
    object: kindOf('dispute'),
    id: idOf('dp', 'The dispute’s id; ids sort by time.'),
    charge: idOf('ch', 'The charge whose payment is disputed.'),
    status: oneOf(['inquiry', 'opened', 'won', 'lost'], 'Where the dispute stands.', 'opened'),
    amount: minorUnits('How much is disputed.'),
    currency: Type.String({
      pattern: '^[A-Z]{3}$',
      description: 'ISO 4217, in capitals. The PSP may dispute in another currency than the charge’s.',
      examples: ['EUR'],
    }),
    reason: ownText('Why, in the PSP’s own word.', 'fraudulent'),
    evidence_due_by: nullable(
      time('Until when you can answer with evidence, at the PSP; null when there is no such time.'),
    ),
    psp_reference: text('The PSP’s id of the dispute: answer it there, under this id.', {
      atMost: 255,
      like: 'dis_5b2f',
    }),
    created_at: time('When FinCore first heard of it.'),
    updated_at: time('When the dispute last changed.'),
  },
  { description: 'A payment that a shopper disputes with their bank.' },
)
export type Dispute = import('typebox').Static<typeof Dispute>

export const LineItem = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'What is bought.', examples: ['Hearth teapot'] }),
    quantity: Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many.', examples: [1] }),
    amount: Type.Integer({
      minimum: 0,
      maximum: maxAmount,
      description: 'The price of one, in the minor unit.',
      examples: [1999],
    }),
  },
  { ...closed, description: 'One line of what is bought, as the PSP’s page shows it.' },
)
const lineItems = {
  maxItems: 100,
  description: 'What is bought, for the PSP’s page. The payment’s own `amount` is what is paid.',
  examples: [[{ name: 'Hearth teapot', quantity: 1, amount: 1999 }]],
}
export const LineItems = Type.Array(LineItem, lineItems)

export const PaymentSession = Type.Object(
  {
    object: kindOf('payment_session'),
    id: idOf('ps', 'The payment session’s id; ids sort by time.'),
    url: nullable(
      text('The one-time link for the shopper, while the session is open; null afterwards.', {
        atMost: 2048,
        like: 'https://pay.example.com/s/4bU8wz0dJgq3',
      }),
    ),
    status: oneOf(['open', 'completed', 'expired', 'canceled'], 'Where the session stands.', 'open'),
    amount: minorUnits('What the shopper pays.'),
    currency,
    capture_method: captureMethod,
    charge: nullable(idOf('ch', 'The charge that paid the session.')),
    success_url: text('Where the shopper goes after paying.', { atMost: 2048, like: 'https://shop.example/thanks' }),
    cancel_url: text('Where the shopper goes after pressing cancel.', {
      atMost: 2048,
      like: 'https://shop.example/cart',
    }),
    merchant_reference: merchantReference,
    description,
    metadata: Metadata,
    locale: nullable(
      Type.String({
        pattern: '^[a-z]{2}(-[A-Z]{2})?$',
        description: 'The language of the PSP’s page.',
        examples: ['de'],
      }),
    ),
    customer_email: ownText('The shopper’s e-mail address, handed to the PSP.', 'ada@example.com'),
    line_items: LineItems,
    late_payments: oneOf(
      ['refund', 'keep'],
      'What happens to money that arrives after the session has ended.',
      'refund',
    ),
    routing: Routing,
    expires_at: time('When the session ends by itself.'),
    created_at: time('When the session was made.'),
    updated_at: time('When the session last changed.'),
  },
  { description: 'A page at the PSP, behind a link that works once.' },
)
export type PaymentSession = import('typebox').Static<typeof PaymentSession>
