import Type from 'typebox'
import { eventTypes } from './events.ts'

/** Where events are sent: the objects and the requests of `/v1/webhook_endpoints`. */

const closed = { additionalProperties: false } as const
const nullable = <T extends import('typebox').TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const time = (description: string) =>
  Type.String({
    description: `${description} RFC 3339, UTC.`,
    format: 'date-time',
    examples: ['2026-11-23T12:00:00.000Z'],
  })

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
const description = Type.String({ minLength: 1, maxLength: 255, description: 'Your own words.' })

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

const describeRows = (table: Readonly<Record<string, string>>) =>
  Object.entries(table)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join(' ')

export const WebhookEndpoint = Type.Object({
  object: Type.Literal('webhook_endpoint'),
  id: Type.String({ description: 'The endpoint’s id.', examples: ['whe_01kx7p2z3r8v9w0a1b2c3d4e5f'] }),
  url,
  events: Type.Array(Type.String(), { description: 'The types of events that are sent; `["*"]` is all of them.' }),
  description: nullable(description),
  status: Type.Enum(['enabled', 'disabled'], { description: 'A disabled endpoint is sent nothing.' }),
  disabled_reason: nullable(
    Type.Enum(Object.keys(disabledReasons) as DisabledReason[], { description: describeRows(disabledReasons) }),
  ),
  health: Type.Object(
    {
      state: Type.Enum(Object.keys(healthStates) as HealthState[], { description: describeRows(healthStates) }),
      consecutive_failures: Type.Integer({ minimum: 0, description: 'How many tries in a row failed until now.' }),
      failing_since: nullable(time('When the first of them failed; after a silence of two days it is counted anew.')),
      last_success_at: nullable(time('When your server last took an event.')),
      last_failure_at: nullable(time('When a try last failed.')),
    },
    {
      description:
        'How the endpoint fares. Counted anew when you enable it or change its `url`. When every try of five days has failed, the endpoint is disabled, and your other endpoints get `webhook_endpoint.disabled`.',
    },
  ),
  created_at: time('When the endpoint was made.'),
  updated_at: time('When the endpoint last changed.'),
})
export type WebhookEndpoint = import('typebox').Static<typeof WebhookEndpoint>

/** The answer to a create and to a rotation, the only two that show the secret. */
export const WebhookEndpointWithSecret = Type.Object({
  ...WebhookEndpoint.properties,
  secret: Type.String({
    description: 'Verifies the signatures (Standard Webhooks). Shown now and in replays of this request only: keep it.',
    examples: ['whsec_…'],
  }),
})
export type WebhookEndpointWithSecret = import('typebox').Static<typeof WebhookEndpointWithSecret>

export const WebhookDelivery = Type.Object({
  object: Type.Literal('webhook_delivery'),
  id: Type.String({
    description: 'The delivery’s id.',
    examples: ['del_01kx7p2z3r8v9w0a1b2c3d4e5f_01kx7p2z3r8v9w0a1b2c3d4e5g'],
  }),
  webhook_endpoint: Type.String({ description: 'The endpoint that the event is sent to.' }),
  event: Type.String({ description: 'The event that is sent.' }),
  status: Type.Enum(Object.keys(deliveryStates) as DeliveryState[], { description: describeRows(deliveryStates) }),
  tries: Type.Integer({ minimum: 0, description: 'How often it was tried.' }),
  last_status: nullable(Type.Integer({ description: 'The HTTP status of the last answer; null when there was none.' })),
  last_error: nullable(Type.String({ description: 'Why the last try failed, in a word.', examples: ['timeout'] })),
  last_try_at: nullable(time('When it was last tried.')),
  next_try_at: nullable(time('When it is tried next; null when it is not.')),
  delivered_at: nullable(time('When your server took it.')),
  created_at: time('When the delivery was made.'),
})
export type WebhookDelivery = import('typebox').Static<typeof WebhookDelivery>

/** How much is kept of an answer. */
export const keptAnswerLength = 1024

/** One request that was sent to your server, and its answer. The body was the event's text. */
export const WebhookTry = Type.Object({
  object: Type.Literal('webhook_try'),
  id: Type.String({ description: 'The try’s id.', examples: ['try_01kx7p2z3r8v9w0a1b2c3d4e5f'] }),
  tried_at: time('When it was sent.'),
  took_ms: Type.Integer({ minimum: 0, description: 'How long it took until the answer was read, in milliseconds.' }),
  status: nullable(Type.Integer({ description: 'The HTTP status of the answer; null when there was none.' })),
  error: nullable(
    Type.String({ description: 'Why it was no delivery, in a word; null when it was one.', examples: ['timeout'] }),
  ),
  request: Type.Object(
    {
      url: Type.String({ description: 'Where it was sent.' }),
      webhook_id: Type.String({ description: 'The header `webhook-id`: the event’s id.' }),
      webhook_timestamp: Type.String({
        description: 'The header `webhook-timestamp`, in Unix seconds.',
        examples: ['1795435200'],
      }),
    },
    { description: 'The body was the event, as `GET /v1/events/{id}` shows it; the signature is not kept.' },
  ),
  answer: nullable(
    Type.Object(
      {
        content_type: nullable(Type.String({ description: 'Its `Content-Type`.' })),
        body: nullable(
          Type.String({
            description: `Its first ${keptAnswerLength} characters at most; null when it is not text. The digits of what looks like a card number are replaced by 1.`,
          }),
        ),
        body_is_cut: Type.Boolean({ description: 'Whether it was longer than that.' }),
      },
      { description: 'What your server answered; null when nothing came.' },
    ),
  ),
})
export type WebhookTry = import('typebox').Static<typeof WebhookTry>

/** How many deliveries one call begins anew at most. */
export const redeliverLimit = 10_000

const timeInRequest = (description: string) =>
  Type.String({
    format: 'date-time',
    maxLength: 64,
    description: `${description} RFC 3339.`,
    examples: ['2026-11-23T12:00:00.000Z'],
  })

export const RedeliverFailed = Type.Object(
  {
    since: timeInRequest('Deliveries of events that happened at this time or later.'),
    until: Type.Optional(timeInRequest('And before this time; now without it.')),
  },
  closed,
)
export type RedeliverFailed = import('typebox').Static<typeof RedeliverFailed>

export const WebhookRedelivery = Type.Object({
  object: Type.Literal('webhook_redelivery'),
  webhook_endpoint: Type.String({ description: 'The endpoint.' }),
  since: time('From when on.'),
  until: time('Until when.'),
  redelivered: Type.Integer({
    minimum: 0,
    maximum: redeliverLimit,
    description: 'How many deliveries are sent again, the oldest of those that were there.',
  }),
  has_more: Type.Boolean({ description: 'Whether more were there. Call again, with another idempotency key.' }),
})
export type WebhookRedelivery = import('typebox').Static<typeof WebhookRedelivery>

export const CreateWebhookEndpoint = Type.Object(
  { url, events: Type.Optional(events), description: Type.Optional(description) },
  closed,
)
export type CreateWebhookEndpoint = import('typebox').Static<typeof CreateWebhookEndpoint>

export const UpdateWebhookEndpoint = Type.Object(
  {
    url: Type.Optional(url),
    events: Type.Optional(events),
    description: Type.Optional(nullable(description)),
    status: Type.Optional(
      Type.Enum(['enabled', 'disabled'], {
        description:
          '`disabled` also cancels the deliveries that wait; you may send them again after enabling. `enabled` begins `health` anew.',
      }),
    ),
  },
  closed,
)
export type UpdateWebhookEndpoint = import('typebox').Static<typeof UpdateWebhookEndpoint>

export const RotateWebhookSecret = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 604_800,
        default: 86_400,
        description: 'How long the previous secret signs as well; a day without it, a week at most.',
      }),
    ),
  },
  closed,
)
export type RotateWebhookSecret = import('typebox').Static<typeof RotateWebhookSecret>

/** `/ping` and `/redeliver` take no parameters. */
export const NoParameters = Type.Object({}, closed)
