import Type from 'typebox'
import { eventTypes } from './events.ts'
import { closed, count, deliveryId, describeRows, idOf, kindOf, nullable, oneOf, text, time } from './fields.ts'

/** Where events are sent: the objects and the requests of `/v1/webhook_endpoints`. */

/** What an endpoint may ask for: every type of event but `ping`, which is only ever sent when it is asked for. */
const subscribableEvents = ['*', ...Object.keys(eventTypes).filter((type) => type !== 'ping')]

const url = Type.String({
  minLength: 8,
  maxLength: 2048,
  pattern: '^https?://[^\\s\\\\]+$',
  description: 'Where events are sent: a public `https:` address of your server.',
  examples: ['https://shop.example/webhooks/fincore'],
})
const events = Type.Array(Type.Enum(subscribableEvents), {
  minItems: 1,
  maxItems: 64,
  uniqueItems: true,
  description: 'The types of events to send; `["*"]` is all of them, those of the future included.',
  examples: [['charge.captured', 'charge.failed']],
})
const description = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'Your own words.',
  examples: ['The shop’s server'],
})

/** What became of a delivery (`status`). Docs are made from this table, and a test compares it with SQL. */
export const deliveryStates = {
  pending: 'It will be tried, or tried again; `next_try_at` says when.',
  delivered: 'Your server answered 2xx.',
  failed: 'All ten tries were used up, or your server answered 410. It is not tried again by itself.',
  canceled: 'The endpoint was disabled before it could be delivered.',
} as const
export type DeliveryState = keyof typeof deliveryStates

/** Why an endpoint is disabled (`disabled_reason`). */
export const disabledReasons = {
  requested: 'You, or your operator, disabled it.',
  gone: 'It answered 410, which asks for no more events. Enable it again when it is back.',
} as const
export type DisabledReason = keyof typeof disabledReasons

export const WebhookEndpoint = Type.Object(
  {
    object: kindOf('webhook_endpoint'),
    id: idOf('whe', 'The endpoint’s id.'),
    url,
    events: Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: 64,
      description: 'The types of events that are sent; `["*"]` is all of them.',
      examples: [['*']],
    }),
    description: nullable(description),
    status: oneOf(['enabled', 'disabled'], 'A disabled endpoint is sent nothing.', 'enabled'),
    disabled_reason: nullable(
      oneOf(Object.keys(disabledReasons) as DisabledReason[], describeRows(disabledReasons), 'gone'),
    ),
    created_at: time('When the endpoint was made.'),
    updated_at: time('When the endpoint last changed.'),
  },
  { description: 'A server of yours that events are sent to.' },
)
export type WebhookEndpoint = import('typebox').Static<typeof WebhookEndpoint>

/** The answer to a create and to a rotation, the only two that show the secret. */
export const WebhookEndpointWithSecret = Type.Object(
  {
    ...WebhookEndpoint.properties,
    secret: Type.String({
      pattern: '^whsec_[A-Za-z0-9+/]{24,88}={0,2}$',
      description:
        'Verifies the signatures (Standard Webhooks). Shown now and in replays of this request only: keep it.',
      examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    }),
  },
  { description: 'A webhook endpoint with its secret, which is shown here alone.' },
)
export type WebhookEndpointWithSecret = import('typebox').Static<typeof WebhookEndpointWithSecret>

export const WebhookDelivery = Type.Object(
  {
    object: kindOf('webhook_delivery'),
    id: deliveryId('The delivery’s id.'),
    webhook_endpoint: idOf('whe', 'The endpoint that the event is sent to.'),
    event: idOf('evt', 'The event that is sent.'),
    status: oneOf(Object.keys(deliveryStates) as DeliveryState[], describeRows(deliveryStates), 'delivered'),
    tries: count('How often it was tried.', 1),
    last_status: nullable(
      Type.Integer({
        minimum: 100,
        maximum: 599,
        description: 'The HTTP status of the last answer; null when there was none.',
        examples: [204],
      }),
    ),
    last_error: nullable(text('Why the last try failed, in a word.', { atMost: 255, like: 'timeout' })),
    last_try_at: nullable(time('When it was last tried.')),
    next_try_at: nullable(time('When it is tried next; null when it is not.')),
    delivered_at: nullable(time('When your server took it.')),
    created_at: time('When the delivery was made.'),
  },
  { description: 'One event at one endpoint, and what became of it.' },
)
export type WebhookDelivery = import('typebox').Static<typeof WebhookDelivery>

export const CreateWebhookEndpoint = Type.Object(
  { url, events: Type.Optional(events), description: Type.Optional(description) },
  { ...closed, description: 'Where to send events. Without `events`, all of them.' },
)
export type CreateWebhookEndpoint = import('typebox').Static<typeof CreateWebhookEndpoint>

export const UpdateWebhookEndpoint = Type.Object(
  {
    url: Type.Optional(url),
    events: Type.Optional(events),
    description: Type.Optional(nullable(description)),
    status: Type.Optional(
      Type.Enum(['enabled', 'disabled'], {
        examples: ['disabled'],
        description: '`disabled` also cancels the deliveries that wait; you may send them again after enabling.',
      }),
    ),
  },
  { ...closed, description: 'What to change; what is left out stays as it is.' },
)
export type UpdateWebhookEndpoint = import('typebox').Static<typeof UpdateWebhookEndpoint>

export const RotateWebhookSecret = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 604_800,
        default: 86_400,
        examples: [3600],
        description: 'How long the previous secret signs as well; a day without it, a week at most.',
      }),
    ),
  },
  { ...closed, description: 'How long the previous secret signs as well.' },
)
export type RotateWebhookSecret = import('typebox').Static<typeof RotateWebhookSecret>

/** `/ping` and `/redeliver` take no parameters. */
export const NoParameters = Type.Object({}, { ...closed, description: 'Nothing: this takes no parameters.' })
