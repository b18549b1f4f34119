import type { Schema } from './typescript-text.ts'

/** What is certain of a nullable field while the object has a status; the field stays nullable where nothing is said. */
type Certainty = 'set' | 'null'

type Narrowing = {
  /** The name of the object’s type in each status. */
  names: Readonly<Record<string, string>>
  fields: Readonly<Record<string, Readonly<Record<string, Certainty>>>>
}

const onlyIn = (status: string, others: readonly string[]): Record<string, Certainty> => ({
  [status]: 'set',
  ...Object.fromEntries(others.map((other) => [other, 'null'])),
})

const session = ['open', 'completed', 'expired', 'canceled']
const without = (statuses: readonly string[], one: string) => statuses.filter((status) => status !== one)

/**
 * What a `status` says of an object’s other fields, so that TypeScript knows it once the status was compared. The contract
 * says it of charges itself, with a schema for each status; of the others the database’s constraints hold it
 * (`refunds_failure_says_why` and its kin).
 */
const narrowings: Readonly<Record<string, Narrowing>> = {
  Refund: {
    names: { pending: 'PendingRefund', succeeded: 'SucceededRefund', failed: 'FailedRefund' },
    fields: { failure: onlyIn('failed', ['pending', 'succeeded']) },
  },
  PaymentSession: {
    names: {
      open: 'OpenPaymentSession',
      completed: 'CompletedPaymentSession',
      expired: 'ExpiredPaymentSession',
      canceled: 'CanceledPaymentSession',
    },
    fields: {
      url: onlyIn('open', without(session, 'open')),
      charge: onlyIn('completed', without(session, 'completed')),
    },
  },
  WebhookEndpoint: {
    names: { enabled: 'EnabledWebhookEndpoint', disabled: 'DisabledWebhookEndpoint' },
    fields: { disabled_reason: onlyIn('disabled', ['enabled']) },
  },
  WebhookDelivery: {
    names: {
      pending: 'PendingWebhookDelivery',
      delivered: 'DeliveredWebhookDelivery',
      failed: 'FailedWebhookDelivery',
      canceled: 'CanceledWebhookDelivery',
    },
    fields: {
      next_try_at: onlyIn('pending', ['delivered', 'failed', 'canceled']),
      delivered_at: { delivered: 'set' },
    },
  },
}

/**
 * A schema for each status of an object, by the name of its type.
 * @param name of the whole object’s schema; null where nothing narrows.
 */
export function narrow(name: string, schema: Schema): [name: string, schema: Schema][] | null {
  const narrowing = narrowings[name]
  if (narrowing === undefined) return null
  return Object.entries(narrowing.names).map(([status, variant]) => {
    const properties = Object.entries(schema.properties ?? {}).map(([field, value]) => {
      if (field === 'status') return [field, { const: status }] as const
      return [field, settle(value, narrowing.fields[field]?.[status])] as const
    })
    return [variant, { ...schema, properties: Object.fromEntries(properties) }]
  })
}

function settle(value: Schema, certainty: Certainty | undefined): Schema {
  if (certainty === undefined) return value
  if (certainty === 'null') return { type: 'null' }
  return { ...value, anyOf: (value.anyOf ?? []).filter(({ type }) => type !== 'null') }
}
