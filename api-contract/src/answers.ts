import Type, { type TSchema } from 'typebox'
import { CardTestingBlock } from './card-testing.ts'
import { type ErrorCode, errorTable } from './errors.ts'
import { type EventObject, eventTypes } from './events.ts'
import { address, count, idOf, kindOf, listOf, nullable, oneOf, text, time } from './fields.ts'
import { Charge, Dispute, PaymentSession, Refund } from './resources.ts'
import { WebhookDelivery, WebhookEndpoint, WebhookTry } from './webhook-endpoints.ts'

/** What the API answers beside the objects themselves: lists, events, problems. */

/** What an event can be about: the schemas of `data.object`. */
export const eventObjects = {
  charge: Charge,
  refund: Refund,
  dispute: Dispute,
  payment_session: PaymentSession,
  webhook_endpoint: WebhookEndpoint,
  card_testing_block: CardTestingBlock,
} as const satisfies Record<EventObject, TSchema>

export const Event = Type.Object(
  {
    object: kindOf('event'),
    id: idOf(
      'evt',
      'The same in every try of a delivery, and the header `webhook-id`: do nothing for one that you have.',
    ),
    type: oneOf(Object.keys(eventTypes), 'What happened. Ignore types that you do not know.', 'charge.captured'),
    created_at: time('When it happened.'),
    sequence: count(
      'Counts 1, 2, 3, … per object, without gaps. Ignore one that is lower than what you have applied.',
      1,
      1,
    ),
    data: Type.Object(
      {
        object: Type.Union(Object.values(eventObjects), {
          description: 'The whole object, as it was at that moment.',
        }),
      },
      { description: 'What it happened to.' },
    ),
  },
  { description: 'Something that happened, as it was sent to your webhook endpoints.' },
)

export const ChargeList = listOf(Charge, 'charges')
export const RefundList = listOf(Refund, 'refunds')
export const DisputeList = listOf(Dispute, 'disputes')
export const PaymentSessionList = listOf(PaymentSession, 'payment sessions')
export const EventList = listOf(Event, 'events')
export const WebhookEndpointList = listOf(WebhookEndpoint, 'webhook endpoints')
export const WebhookDeliveryList = listOf(WebhookDelivery, 'deliveries')
export const WebhookTryList = listOf(WebhookTry, 'tries')

export const DeletedWebhookEndpoint = Type.Object(
  {
    object: kindOf('webhook_endpoint'),
    id: idOf('whe', 'The id that the endpoint had.'),
    deleted: Type.Literal(true, { description: 'It is gone.', examples: [true] }),
  },
  { description: 'What is left of a deleted webhook endpoint.' },
)

const sources = (description: string) =>
  Type.Array(Type.String({ maxLength: 2048 }), {
    maxItems: 64,
    description,
    examples: [['https://psp.example']],
  })
const fieldsOf = <T extends import('typebox').TProperties>(properties: T, description: string) =>
  Type.Object(
    {
      ...properties,
      content_security_policy: Type.Object(
        {
          script_src: sources('Where the PSP’s own script comes from; empty when its fields need none.'),
          frame_src: sources('Where the frames come from into which the card is typed.'),
          connect_src: sources('Where the PSP’s script sends and asks.'),
          img_src: sources('Where the PSP’s pictures come from.'),
        },
        { description: 'What a page with these fields must allow beside its own, as the PSP documents it.' },
      ),
    },
    { description },
  )
const kindOfFields = <const Kind extends string>(kind: Kind) =>
  Type.Literal(kind, { description: 'How the card fields are drawn.', examples: [kind] })

const IframeFields = fieldsOf(
  {
    kind: kindOfFields('iframe'),
    url: address('The page that draws the card fields.', 'https://psp.example/fields?public_key=pub_1'),
    origin: address('The only origin whose messages are believed.', 'https://psp.example'),
  },
  'A page of the PSP in a frame.',
)
const StripeFields = fieldsOf(
  {
    kind: kindOfFields('stripe'),
    publishable_key: text('The account’s `pk_…`.', { atMost: 255, like: 'pk_test_51Nabc' }),
    script_url: address('Stripe.js.', 'https://js.stripe.com/v3/'),
  },
  'Stripe’s own script.',
)
const AdyenFields = fieldsOf(
  {
    kind: kindOfFields('adyen'),
    client_key: text('The account’s client key, `test_…` or `live_…`.', { atMost: 255, like: 'test_ABCDEF' }),
    environment: text('As Adyen Web names it: `test`, `live`, `live-us`, …', { atMost: 64, like: 'test' }),
    script_url: address('Adyen Web.', 'https://checkoutshopper-test.cdn.adyen.com/checkoutshopper/sdk/adyen.js'),
    script_integrity: nullable(
      text('The script’s SRI hash as Adyen publishes it; `null` only for a stand-in of development.', {
        atMost: 255,
        like: 'sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC',
      }),
    ),
  },
  'Adyen’s own script.',
)

/** What `@fincore/browser` needs to draw a PSP's card fields. */
const ClientFields = Type.Union([IframeFields, StripeFields, AdyenFields], {
  description: 'How the card fields are drawn: a page in a frame, or the PSP’s own script.',
})
export type ClientFields = import('typebox').Static<typeof ClientFields>

export const ClientConfig = Type.Object(
  {
    object: kindOf('client_config'),
    environment: oneOf(['sandbox', 'production'], 'Where this is: no real money moves in the sandbox.', 'sandbox'),
    psp_accounts: Type.Array(
      Type.Object({
        id: idOf('pspa', 'The PSP account.'),
        psp: text('The PSP’s name.', { atMost: 64, like: 'sandbox' }),
        fields: ClientFields,
      }),
      { maxItems: 1000, description: 'The accounts whose card fields can be drawn in a page.', examples: [[]] },
    ),
  },
  { description: 'What the browser SDK needs to draw card fields. There is nothing secret in it.' },
)

/** The body of every answer of 400 and above, as `Problem` of errors.ts. */
export const ProblemBody = Type.Object(
  {
    type: address('The address of the code’s explanation.', 'https://pay.example.com/docs/errors#parameter_invalid'),
    title: text('The code in a few words.', { atMost: 200, like: errorTable.parameter_invalid.title }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.', examples: [400] }),
    detail: text('What happened, why, and what to do next. For you, not for shoppers.', {
      atMost: 2000,
      like: 'amount must be at least 1.',
    }),
    code: oneOf(Object.keys(errorTable) as ErrorCode[], 'Decide by this.', 'parameter_invalid'),
    param: nullable(text('The field at fault, such as `payment_method.card.number`.', { atMost: 255, like: 'amount' })),
    request_id: idOf('req', 'Give it to your operator when you ask.'),
  },
  { description: 'RFC 9457. Every code is explained at `/docs/errors`.' },
)
