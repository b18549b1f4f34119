import type { Call } from './calls.ts'
import type {
  CreateWebhookEndpoint,
  DeletedWebhookEndpoint,
  RotateWebhookSecret,
  UpdateWebhookEndpoint,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from './contract.ts'
import { readId } from './ids.ts'
import { type List, makeList, type PageParams } from './lists.ts'
import type { RequestOptions, WriteOptions } from './options.ts'

export type ListWebhookDeliveries = PageParams & { status?: WebhookDelivery['status'] | undefined }

const collection = '/v1/webhook_endpoints'
const pathOf = (id: string) => `${collection}/${readId('webhook endpoint', id)}`

export class WebhookEndpoints {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }

  /** Has events sent to your server. The answer shows the `secret`: keep it, for `webhooks.verify`. */
  create(endpoint: CreateWebhookEndpoint, options?: WriteOptions): Promise<WebhookEndpointWithSecret> {
    return this.#call({ method: 'POST', path: collection, body: endpoint }, options)
  }

  get(id: string, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: 'GET', path: pathOf(id) }, options)
  }

  list(params?: PageParams, options?: RequestOptions): List<WebhookEndpoint> {
    return makeList(this.#call, collection, params, options)
  }

  /** Changes, disables or enables an endpoint. It has no idempotency key, so it is sent again only when nothing was done. */
  update(id: string, changes: UpdateWebhookEndpoint, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#call({ method: 'PATCH', path: pathOf(id), body: changes }, options)
  }

  /** Removes an endpoint with its deliveries; the events stay. Sent again only when nothing was done, as `update`. */
  delete(id: string, options?: RequestOptions): Promise<DeletedWebhookEndpoint> {
    return this.#call({ method: 'DELETE', path: pathOf(id) }, options)
  }

  /** Makes a new secret. Until the overlap ends both sign, and `webhooks.verify` takes both: `[newSecret, oldSecret]`. */
  rotateSecret(
    id: string,
    params: RotateWebhookSecret = {},
    options?: WriteOptions,
  ): Promise<WebhookEndpointWithSecret> {
    return this.#call({ method: 'POST', path: `${pathOf(id)}/rotate_secret`, body: params }, options)
  }

  /** Sends a test event of type `ping`. */
  ping(id: string, options?: WriteOptions): Promise<WebhookDelivery> {
    return this.#call({ method: 'POST', path: `${pathOf(id)}/ping`, body: {} }, options)
  }

  /** What was sent to an endpoint, and what became of it. */
  listDeliveries(id: string, params?: ListWebhookDeliveries, options?: RequestOptions): List<WebhookDelivery> {
    return makeList(this.#call, `${pathOf(id)}/deliveries`, params, options)
  }

  /** Sends an event again, at once, and with all tries. */
  redeliver(id: string, delivery: string, options?: WriteOptions): Promise<WebhookDelivery> {
    const path = `${pathOf(id)}/deliveries/${readId('delivery', delivery)}/redeliver`
    return this.#call({ method: 'POST', path, body: {} }, options)
  }
}
