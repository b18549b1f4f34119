/** What is certain of a nullable field while the object has a status; the field stays nullable where nothing is said. */
type Certainty = 'set' | 'null'

export type Narrowing = {
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
 * What a `status` says of an object’s other fields, so that TypeScript knows it once the status was compared. The contract says it of
 * a charge itself; the database’s constraints hold it (`charges_failure_says_why` and its kin).
 */
export const narrowings: Readonly<Record<string, Narrowing>> = {
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
