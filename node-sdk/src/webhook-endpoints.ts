import type { Call } from './calls.ts'
import type {
  CreateWebhookEndpoint,
  DeletedWebhookEndpoint,
  RedeliverFailed,
  RotateWebhookSecret,
  UpdateWebhookEndpoint,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
  WebhookRedelivery,
  WebhookTry,
} from './contract.ts'
import { readId } from './ids.ts'
import { type List, makeList, type PageParams } from './lists.ts'
import type { RequestOptions, WriteOptions } from './options.ts'

/** `redeliverFailed` takes times as texts in RFC 3339, or as dates. */
export type RedeliverFailedSince = { [Name in keyof RedeliverFailed]: RedeliverFailed[Name] | Date }

export type ListWebhookDeliveries = PageParams & { status?: WebhookDelivery['status'] | undefined }

const collection = '/v1/webhook_endpoints'
const pathOf = (id: string) => `${collection}/${readId('webhook endpoint', id)}`
const pathOfDelivery = (id: string, delivery: string) => `${pathOf(id)}/deliveries/${readId('delivery', delivery)}`

export class WebhookEndpoints {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }

  /** Has events sent to your server. The answer shows the `secret`: keep it, for `webhooks.verify`. */
  async create(endpoint: CreateWebhookEndpoint, options?: WriteOptions): Promise<WebhookEndpointWithSecret> {
    return this.#call({ method: 'POST', path: collection, body: endpoint }, options)
  }

  async get(id: string, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: 'GET', path: pathOf(id) }, options)
  }

  list(params?: PageParams, options?: RequestOptions): List<WebhookEndpoint> {
    return makeList(this.#call, collection, params, options)
  }

  /** Changes, disables or enables an endpoint. It has no idempotency key, so it is sent again only when nothing was done. */
  async update(id: string, changes: UpdateWebhookEndpoint, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: 'PATCH', path: pathOf(id), body: changes }, options)
  }

  /** Removes an endpoint with its deliveries; the events stay. Sent again only when nothing was done, as `update`. */
  async delete(id: string, options?: RequestOptions): Promise<DeletedWebhookEndpoint> {
    return this.#call({ method: 'DELETE', path: pathOf(id) }, options)
  }

  /** Makes a new secret. Until the overlap ends both sign, and `webhooks.verify` takes both: `[newSecret, oldSecret]`. */
  async rotateSecret(
    id: string,
    params: RotateWebhookSecret = {},
    options?: WriteOptions,
  ): Promise<WebhookEndpointWithSecret> {
    return this.#call({ method: 'POST', path: `${pathOf(id)}/rotate_secret`, body: params }, options)
  }

  /** Sends a test event of type `ping`. */
  async ping(id: string, options?: WriteOptions): Promise<WebhookDelivery> {
    return this.#call({ method: 'POST', path: `${pathOf(id)}/ping`, body: {} }, options)
  }

  /** What was sent to an endpoint, and what became of it. */
  listDeliveries(id: string, params?: ListWebhookDeliveries, options?: RequestOptions): List<WebhookDelivery> {
    return makeList(this.#call, `${pathOf(id)}/deliveries`, params, options)
  }

  async getDelivery(id: string, delivery: string, options?: RequestOptions): Promise<WebhookDelivery> {
    return this.#call({ method: 'GET', path: pathOfDelivery(id, delivery) }, options)
  }

  /** Every request of a delivery, and what your server answered: kept for 30 days. */
  listTries(id: string, delivery: string, params?: PageParams, options?: RequestOptions): List<WebhookTry> {
    return makeList(this.#call, `${pathOfDelivery(id, delivery)}/tries`, params, options)
  }

  /** Sends an event again, at once, and with all tries. */
  async redeliver(id: string, delivery: string, options?: WriteOptions): Promise<WebhookDelivery> {
    return this.#call({ method: 'POST', path: `${pathOfDelivery(id, delivery)}/redeliver`, body: {} }, options)
  }

  /** Sends again all that your server did not take since a time. While `has_more`, call again: that is a new call. */
  async redeliverFailed(id: string, params: RedeliverFailedSince, options?: WriteOptions): Promise<WebhookRedelivery> {
    return this.#call({ method: 'POST', path: `${pathOf(id)}/redeliver_failed`, body: params }, options)
  }
}
