import Type from 'typebox'
import { closed, idOf } from './fields.ts'
import { maxAmount } from './money.ts'
import { LineItems, Metadata } from './resources.ts'

/** The bodies of the requests. Unknown fields are refused, so that a misspelt one is never ignored. */

export const Amount = Type.Integer({
  minimum: 1,
  maximum: maxAmount,
  description: 'In the currency’s minor unit: 1999 is 19.99 EUR, or 1999 JPY.',
  examples: [1999],
})
const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217, in capitals.', examples: ['EUR'] })
const CaptureMethod = Type.Enum(['automatic', 'manual'], {
  default: 'automatic',
  examples: ['automatic'],
  description: '`manual` holds the funds until you capture them.',
})
const WebUrl = (description: string, example = 'https://shop.example/thanks') =>
  Type.String({
    minLength: 8,
    maxLength: 2048,
    pattern: '^https?://[^\\s\\\\]+$',
    description,
    examples: [example],
  })
const Reference = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'Your own reference, for example the order’s number.',
  examples: ['order-1001'],
})
const Description = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'What the payment is for.',
  examples: ['Two books'],
})
const Email = (description: string) =>
  Type.String({ pattern: '^[^@\\s]{1,64}@[^@\\s]{1,190}$', description, examples: ['ada@example.com'] })
const PspAccount = idOf('pspa', 'The PSP account to use; without it, one is chosen by your operator’s settings.')
const RETURN_URL =
  'Where the shopper comes back to after confirming the payment with their bank; `charge` is added to it.'

const chargeFields = {
  amount: Amount,
  currency: Currency,
  capture_method: Type.Optional(CaptureMethod),
  merchant_reference: Type.Optional(Reference),
  description: Type.Optional(Description),
  metadata: Type.Optional(Metadata),
  return_url: Type.Optional(WebUrl(RETURN_URL, 'https://shop.example/orders/1001')),
  psp_account: Type.Optional(PspAccount),
  customer_ip: Type.Optional(
    Type.String({
      minLength: 2,
      maxLength: 45,
      description:
        'The shopper’s IP address, IPv4 or IPv6, as your server sees it. Protects you from card testing, and is handed to PSPs that ask for it; it is not kept with the charge. It may differ when you send the request again.',
      examples: ['203.0.113.7'],
    }),
  ),
  customer_email: Type.Optional(
    Email('The shopper’s e-mail address, handed to PSPs that ask for it; it is not kept with the charge.'),
  ),
}

/** `POST /v1/charges` on the public API: with a token that the PSP's own card fields made in the browser. */
export const CreateTokenCharge = Type.Object(
  {
    ...chargeFields,
    payment_method: Type.Object(
      {
        type: Type.Literal('token', { description: 'A token, not a card.', examples: ['token'] }),
        token: Type.String({
          // Adyen's is four ciphertexts of some 700 characters and a description of the browser, written in base64.
          pattern: '^[\\x21-\\x7e]{1,10000}$',
          description: 'The token that `@fincore/browser` gave you.',
          examples: ['tok_7wQ2mK9s'],
        }),
        psp_account: Type.Optional(idOf('pspa', 'The PSP account that the token was made at, when you know it.')),
      },
      { ...closed, description: 'What is charged.' },
    ),
  },
  { ...closed, description: 'A charge of a token.' },
)
export type CreateTokenCharge = import('typebox').Static<typeof CreateTokenCharge>

/**
 * A 3-D Secure authentication that the merchant made elsewhere. The parts and their forms are those of EMV 3-D Secure:
 * Protocol and Core Functions Specification 2.x (ECI, Authentication Value, DS Transaction ID, Message Version Number).
 */
export const ThreeDSecure = Type.Object(
  {
    eci: Type.String({
      pattern: '^[0-9]{2}$',
      description: 'Electronic commerce indicator, two digits.',
      examples: ['05'],
    }),
    cavv: Type.String({
      pattern: '^[A-Za-z0-9+/]{27}=$',
      description: 'Authentication value (CAVV, AAV), base64 of 20 bytes. Passed on to the PSP and kept nowhere.',
      examples: ['AAABBEg0VhI0VniQEjRWAAAAAAA='],
    }),
    ds_transaction_id: Type.String({
      pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      description: 'The directory server’s transaction id, a UUID.',
      examples: ['4a6c1c3e-7a52-4b1b-9a55-0a6a3b1d6c2f'],
    }),
    version: Type.String({
      pattern: '^2\\.[0-9]\\.[0-9]$',
      description: 'Of the 3-D Secure protocol.',
      examples: ['2.2.0'],
    }),
  },
  { ...closed, description: 'The result of a 3-D Secure authentication that you made elsewhere.' },
)

/**
 * Visa, American Express and Discover number their transactions with 15 digits; Mastercard with 9 letters and digits and
 * the date (trace id), or with 22 (transaction link id); what PSPs hand out is at most 36 long.
 */
const NetworkTransactionId = Type.String({
  pattern: '^[A-Za-z0-9_-]{9,36}$',
  description:
    'With `initiator: "merchant"`: the network’s id of the payment by which the shopper agreed to later ones, `network_transaction_id` of its charge.',
  examples: ['MCC1234560105'],
})

/**
 * `POST /v1/charges` on the card relay. The relay checks the number and the code as bytes and overwrites them, so what
 * the payment service validates has only stars there.
 */
export const CreateCardCharge = Type.Object(
  {
    ...chargeFields,
    three_d_secure: Type.Optional(ThreeDSecure),
    initiator: Type.Optional(
      Type.Enum(['customer', 'merchant'], {
        default: 'customer',
        examples: ['customer'],
        description:
          'Who begins the payment: the shopper, or you with a card on file, by an agreement with the shopper.',
      }),
    ),
    network_transaction_id: Type.Optional(NetworkTransactionId),
    payment_method: Type.Object(
      {
        type: Type.Literal('card', { description: 'A card, not a token.', examples: ['card'] }),
        card: Type.Object(
          {
            number: Type.String({
              maxLength: 19,
              description: '12 to 19 digits without spaces.',
              examples: ['4242424242424242'],
            }),
            cvc: Type.Optional(
              Type.String({
                maxLength: 4,
                examples: ['123'],
                description:
                  '3 or 4 digits. Left out with `initiator: "merchant"`: it must not be kept after the first payment.',
              }),
            ),
            exp_month: Type.Integer({ minimum: 1, maximum: 12, description: 'Month of expiry.', examples: [12] }),
            exp_year: Type.Integer({
              minimum: 2020,
              maximum: 2099,
              description: 'Year of expiry, four digits.',
              examples: [2034],
            }),
            holder_name: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 100,
                description: 'The name on the card.',
                examples: ['Ada Lovelace'],
              }),
            ),
          },
          { ...closed, description: 'The card. The card relay hands it on, and nothing of FinCore keeps it.' },
        ),
      },
      { ...closed, description: 'What is charged.' },
    ),
  },
  { ...closed, description: 'A charge of a card, for the card relay.' },
)
export type CreateCardCharge = import('typebox').Static<typeof CreateCardCharge>

export const CaptureCharge = Type.Object(
  {
    amount: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxAmount,
        description: 'How much to capture; without it, all of it. The rest is released.',
        examples: [1500],
      }),
    ),
  },
  { ...closed, description: 'How much to capture.' },
)
export const CancelCharge = Type.Object({}, { ...closed, description: 'Nothing: all of the charge is canceled.' })

export const CreateRefund = Type.Object(
  {
    charge: idOf('ch', 'The charge whose money is given back.'),
    amount: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxAmount,
        description: 'How much to give back; without it, all that is left.',
        examples: [500],
      }),
    ),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'Your own words.', examples: ['One mug was broken'] }),
    ),
    metadata: Type.Optional(Metadata),
  },
  { ...closed, description: 'Money to give back.' },
)
export type CreateRefund = import('typebox').Static<typeof CreateRefund>

export const CreatePaymentSession = Type.Object(
  {
    amount: Amount,
    currency: Currency,
    success_url: WebUrl('Where the shopper goes after paying; `payment_session` is added to it.'),
    cancel_url: WebUrl(
      'Where the shopper goes after pressing cancel; `payment_session` is added to it.',
      'https://shop.example/cart',
    ),
    capture_method: Type.Optional(CaptureMethod),
    merchant_reference: Type.Optional(Reference),
    description: Type.Optional(Description),
    metadata: Type.Optional(Metadata),
    locale: Type.Optional(
      Type.String({
        pattern: '^[a-z]{2}(-[A-Z]{2})?$',
        description: 'The language of the PSP’s page.',
        examples: ['de'],
      }),
    ),
    customer_email: Type.Optional(Email('The shopper’s e-mail address, handed to the PSP.')),
    line_items: Type.Optional(LineItems),
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 86_400,
        default: 1800,
        examples: [1800],
        description: 'Seconds until the session ends by itself.',
      }),
    ),
    late_payments: Type.Optional(
      Type.Enum(['refund', 'keep'], {
        default: 'refund',
        examples: ['refund'],
        description: 'What happens to money that arrives after the session has ended.',
      }),
    ),
    psp_account: Type.Optional(PspAccount),
  },
  { ...closed, description: 'A payment on the PSP’s page.' },
)
export type CreatePaymentSession = import('typebox').Static<typeof CreatePaymentSession>
