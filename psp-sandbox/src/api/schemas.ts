import Type from 'typebox'

/** Minor units; far above any card payment, and far below what a double can still count. */
const MinorUnits = Type.Integer({ minimum: 1, maximum: 999_999_999_999 })
const Currency = Type.String({ pattern: '^[A-Z]{3}$' })
const Reference = Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' })
// Control characters are refused: nothing that a person is to read needs one.
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[^\\x00-\\x1f\\x7f]*$' })
export const HttpUrl = Type.String({ pattern: '^https?://[^\\x00-\\x20\\x7f"<>\\\\]+$', maxLength: 2048 })
const Capture = Type.Union([Type.Literal('automatic'), Type.Literal('manual')])
const strict = { additionalProperties: false } as const

export const Amount = Type.Object({ value: MinorUnits, currency: Currency }, strict)

const cardFields = {
  number: Type.String({ maxLength: 32 }),
  cvc: Type.String({ maxLength: 8 }),
  expiry_month: Type.Integer({ minimum: 1, maximum: 12 }),
  expiry_year: Type.Integer({ minimum: 2000, maximum: 2099 }),
  holder_name: Type.Optional(Type.String({ maxLength: 200 })),
}
export const CardBody = Type.Object(cardFields, strict)
const TokenSource = Type.Object({ type: Type.Literal('token'), token: Type.String({ maxLength: 64 }) }, strict)
const CardSource = Type.Object({ type: Type.Literal('card'), ...cardFields }, strict)

/** `oneOf` with a discriminator, so that a wrong field is named within the branch that `type` chose. */
const Source = Type.Unsafe<Type.Static<typeof TokenSource> | Type.Static<typeof CardSource>>({
  type: 'object',
  discriminator: { propertyName: 'type' },
  required: ['type'],
  oneOf: [TokenSource, CardSource],
})

export const PaymentBody = Type.Object(
  {
    reference: Reference,
    amount: Amount,
    source: Source,
    capture: Capture,
    return_url: Type.Optional(HttpUrl),
    description: Type.Optional(Text(500)),
  },
  strict,
)
export type PaymentBody = Type.Static<typeof PaymentBody>

export const AmountOperationBody = Type.Object({ reference: Reference, amount: Type.Optional(Amount) }, strict)
export const CancellationBody = Type.Object({ reference: Reference }, strict)

export const SessionBody = Type.Object(
  {
    reference: Reference,
    amount: Amount,
    capture: Capture,
    return_url: HttpUrl,
    cancel_url: HttpUrl,
    locale: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2}(-[A-Za-z]{2})?$' })),
    description: Type.Optional(Text(500)),
    customer_email: Type.Optional(Text(254)),
    line_items: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Text(200),
            quantity: Type.Integer({ minimum: 1, maximum: 100_000 }),
            amount: Type.Union([
              Type.Integer({ minimum: 0, maximum: 999_999_999_999 }),
              Type.Object(
                { value: Type.Integer({ minimum: 0, maximum: 999_999_999_999 }), currency: Currency },
                strict,
              ),
            ]),
          },
          strict,
        ),
        { maxItems: 100 },
      ),
    ),
    expires_at: Type.String({ format: 'date-time' }),
  },
  strict,
)
export type SessionBody = Type.Static<typeof SessionBody>

export const AccountBody = Type.Object({ name: Text(100), webhook_url: Type.Optional(HttpUrl) }, strict)
export const WebhookBody = Type.Object({ url: Type.Union([HttpUrl, Type.Null()]) }, strict)
export const ReferenceQuery = Type.Object({ reference: Reference }, strict)
export const TruthQuery = Type.Object({ reference: Type.Optional(Reference) }, strict)
const Time = Type.String({ format: 'date-time', maxLength: 40 })
/** Query strings are text; nothing is coerced. */
export const MovementsQuery = Type.Object(
  {
    from: Time,
    to: Time,
    cursor: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9]\\d?|[1-4]\\d\\d|500)$' })),
  },
  strict,
)
export const DateParams = Type.Object({ date: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' }) })
export const IdParams = Type.Object({ id: Type.String({ maxLength: 64 }) })
