import Type from 'typebox'
import { errorTable } from './errors.ts'
import { eventTypes } from './events.ts'
import { Charge, Dispute, PaymentSession, Refund } from './resources.ts'
import { WebhookDelivery, WebhookEndpoint, WebhookTry } from './webhook-endpoints.ts'

/** What the API answers beside the objects themselves: lists, events, problems. */

const listOf = <T extends import('typebox').TSchema>(item: T) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(item, { description: 'The newest first.' }),
    has_more: Type.Boolean({ description: 'Whether more follow in the direction that you asked for.' }),
  })

export const Event = Type.Object({
  object: Type.Literal('event'),
  id: Type.String({
    description: 'The same in every try of a delivery, and the header `webhook-id`: do nothing for one that you have.',
    examples: ['evt_01kx7p2z3r8v9w0a1b2c3d4e5f'],
  }),
  type: Type.Enum(Object.keys(eventTypes), { description: 'What happened. Ignore types that you do not know.' }),
  created_at: Type.String({ format: 'date-time', description: 'When it happened. RFC 3339, UTC.' }),
  sequence: Type.Integer({
    minimum: 1,
    description: 'Counts 1, 2, 3, … per object, without gaps. Ignore one that is lower than what you have applied.',
  }),
  data: Type.Object({
    object: Type.Union([Charge, Refund, Dispute, PaymentSession, WebhookEndpoint], {
      description: 'The whole object, as it was at that moment.',
    }),
  }),
})

export const ChargeList = listOf(Charge)
export const RefundList = listOf(Refund)
export const DisputeList = listOf(Dispute)
export const PaymentSessionList = listOf(PaymentSession)
export const EventList = listOf(Event)
export const WebhookEndpointList = listOf(WebhookEndpoint)
export const WebhookDeliveryList = listOf(WebhookDelivery)
export const WebhookTryList = listOf(WebhookTry)

export const DeletedWebhookEndpoint = Type.Object({
  object: Type.Literal('webhook_endpoint'),
  id: Type.String(),
  deleted: Type.Literal(true),
})

const sources = (description: string) => Type.Array(Type.String(), { description })
const fieldsOf = <T extends import('typebox').TProperties>(properties: T) =>
  Type.Object({
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
  })

const IframeFields = fieldsOf({
  kind: Type.Literal('iframe'),
  url: Type.String({ description: 'The page that draws the card fields.' }),
  origin: Type.String({ description: 'The only origin whose messages are believed.' }),
})
const StripeFields = fieldsOf({
  kind: Type.Literal('stripe'),
  publishable_key: Type.String({ description: 'The account’s `pk_…`.' }),
  script_url: Type.String({ description: 'Stripe.js.' }),
})
const AdyenFields = fieldsOf({
  kind: Type.Literal('adyen'),
  client_key: Type.String({ description: 'The account’s client key, `test_…` or `live_…`.' }),
  environment: Type.String({ description: 'As Adyen Web names it: `test`, `live`, `live-us`, …' }),
  script_url: Type.String({ description: 'Adyen Web.' }),
  script_integrity: Type.Union([Type.String(), Type.Null()], {
    description: 'The script’s SRI hash as Adyen publishes it; `null` only for a stand-in of development.',
  }),
})

/** What `@fincore/browser` needs to draw a PSP's card fields. */
const ClientFields = Type.Union([IframeFields, StripeFields, AdyenFields], {
  description: 'How the card fields are drawn: a page in a frame, or the PSP’s own script.',
})
export type ClientFields = import('typebox').Static<typeof ClientFields>

export const ClientConfig = Type.Object({
  object: Type.Literal('client_config'),
  environment: Type.Enum(['sandbox', 'production']),
  psp_accounts: Type.Array(
    Type.Object({
      id: Type.String({ description: 'The PSP account, `pspa_…`.' }),
      psp: Type.String({ description: 'The PSP’s name.' }),
      fields: ClientFields,
    }),
    { description: 'The accounts whose card fields can be drawn in a page.' },
  ),
})

/** The body of every answer of 400 and above, as `Problem` of errors.ts. */
export const ProblemBody = Type.Object(
  {
    type: Type.String({ description: 'The address of the code’s explanation.' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'What happened, why, and what to do next. For you, not for shoppers.' }),
    code: Type.Enum(Object.keys(errorTable), { description: 'Decide by this.' }),
    param: Type.Union([Type.String(), Type.Null()], {
      description: 'The field at fault, such as `payment_method.card.number`.',
    }),
    request_id: Type.String({ description: 'Give it to your operator when you ask.' }),
  },
  { description: 'RFC 9457. Every code is explained at `/docs/errors`.' },
)
