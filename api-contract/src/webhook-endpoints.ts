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
} as const
export type DisabledReason = keyof typeof disabledReasons

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
        description: '`disabled` also cancels the deliveries that wait; you may send them again after enabling.',
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
