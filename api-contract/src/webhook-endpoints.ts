import Type from 'typebox'
import { eventTypes } from './events.ts'
import {
  address,
  closed,
  count,
  deliveryId,
  describeRows,
  idOf,
  kindOf,
  nullable,
  oneOf,
  text,
  time,
  yesOrNo,
} from './fields.ts'

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
  failing:
    'Every try of at least five days failed. Enable it again when your server takes events; what failed can be sent again in one call.',
} as const
export type DisabledReason = keyof typeof disabledReasons

const hourMs = 3_600_000

/** How long every try of an endpoint has failed, from the first failure to the last, before something is done about it. */
export const endpointHealthLimits = {
  /** Your operator gets a notice. */
  warnAfterMs: 24 * hourMs,
  /** The endpoint is disabled (`failing`). */
  disableAfterMs: 5 * 24 * hourMs,
} as const

/** How an endpoint fares (`health.state`). */
export const healthStates = {
  healthy: 'The last try was taken, or there was none yet.',
  failing: 'The last tries failed, all since `failing_since`.',
  disabled: 'It is disabled, so there are no tries.',
} as const
export type HealthState = keyof typeof healthStates

const EndpointHealth = Type.Object(
  {
    state: oneOf(Object.keys(healthStates) as HealthState[], describeRows(healthStates), 'healthy'),
    consecutive_failures: count('How many tries in a row failed until now.', 0),
    failing_since: nullable(time('When the first of them failed; after a silence of two days it is counted anew.')),
    last_success_at: nullable(time('When your server last took an event.')),
    last_failure_at: nullable(time('When a try last failed.')),
  },
  {
    description:
      'How the endpoint fares. Counted anew when you enable it or change its `url`. When every try of five days has failed, the endpoint is disabled, and your other endpoints get `webhook_endpoint.disabled`.',
  },
)

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
    health: EndpointHealth,
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
      examples: ['whsec_c2lnbnMgZXZlcnkgd2ViaG9v'],
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

/** How much is kept of an answer. */
export const keptAnswerLength = 1024

/** One request that was sent to your server, and its answer. The body was the event's text. */
export const WebhookTry = Type.Object(
  {
    object: kindOf('webhook_try'),
    id: idOf('try', 'The try’s id.'),
    tried_at: time('When it was sent.'),
    took_ms: count('How long it took until the answer was read, in milliseconds.', 84),
    status: nullable(
      Type.Integer({
        minimum: 100,
        maximum: 599,
        description: 'The HTTP status of the answer; null when there was none.',
        examples: [500],
      }),
    ),
    error: nullable(
      text('Why it was no delivery, in a word; null when it was one.', { atMost: 255, like: 'status_500' }),
    ),
    request: Type.Object(
      {
        url: address('Where it was sent.', 'https://shop.example/webhooks/fincore'),
        webhook_id: idOf('evt', 'The header `webhook-id`: the event’s id.'),
        webhook_timestamp: text('The header `webhook-timestamp`, in Unix seconds.', { atMost: 20, like: '1795435200' }),
      },
      { description: 'The body was the event, as `GET /v1/events/{id}` shows it; the signature is not kept.' },
    ),
    answer: nullable(
      Type.Object(
        {
          content_type: nullable(text('Its `Content-Type`.', { atMost: 100, like: 'text/plain' })),
          body: nullable(
            text(
              `Its first ${keptAnswerLength} characters at most; null when it is not text. The digits of what looks like a card number are replaced by 1.`,
              { atMost: keptAnswerLength, like: 'Out of memory' },
            ),
          ),
          body_is_cut: yesOrNo('Whether it was longer than that.'),
        },
        { description: 'What your server answered; null when nothing came.' },
      ),
    ),
  },
  { description: 'One request that was sent to your server, and its answer.' },
)
export type WebhookTry = import('typebox').Static<typeof WebhookTry>

/** How many deliveries one call begins anew at most. */
export const redeliverLimit = 10_000

export const RedeliverFailed = Type.Object(
  {
    since: time('Deliveries of events that happened at this time or later.'),
    until: Type.Optional(time('And before this time; now without it.')),
  },
  { ...closed, description: 'Which deliveries to send again: of the events of a time.' },
)
export type RedeliverFailed = import('typebox').Static<typeof RedeliverFailed>

export const WebhookRedelivery = Type.Object(
  {
    object: kindOf('webhook_redelivery'),
    webhook_endpoint: idOf('whe', 'The endpoint.'),
    since: time('From when on.'),
    until: time('Until when.'),
    redelivered: Type.Integer({
      minimum: 0,
      maximum: redeliverLimit,
      description: 'How many deliveries are sent again, the oldest of those that were there.',
      examples: [12],
    }),
    has_more: yesOrNo('Whether more were there. Call again, with another idempotency key.'),
  },
  { description: 'What is sent again.' },
)
export type WebhookRedelivery = import('typebox').Static<typeof WebhookRedelivery>

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
        description:
          '`disabled` also cancels the deliveries that wait; you may send them again after enabling. `enabled` begins `health` anew.',
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
