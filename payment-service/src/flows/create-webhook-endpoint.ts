import type {
  CreateWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { decideInTransaction, type Transaction } from '../store/pool.ts'
import { insertWebhookEndpoint, renderWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { checkWebhookUrl } from '../webhook-addresses/check-webhook-url.ts'
import { answerOnce, type StoredAnswer } from './answer-once.ts'
import { auditEndpointChange, hostOf, type MerchantActor } from './endpoint-audit.ts'
import { describeSecret, newWebhookSecret, type SecretAnswer, showSecretAgain } from './webhook-secrets.ts'

type NewEndpoint = { merchantId: string; url: string; events: readonly string[]; description: string | null }
type Created = { endpoint: WebhookEndpoint; secret: string }
type EndpointDeps = Pick<Deps, 'pool' | 'vault' | 'config'>

const maxEndpoints = 16

/**
 * Makes an endpoint for a merchant, and its secret, which is shown now and sealed for ever after. Refuses a 17th
 * endpoint and an address that no webhook may go to.
 *
 * @param tx the caller's transaction, when the endpoint belongs to more than itself.
 */
export async function createWebhookEndpoint(
  deps: EndpointDeps,
  wanted: NewEndpoint,
  tx?: Transaction,
): Promise<Created | Refusal> {
  const unsafe = await checkWebhookUrl(wanted.url, { allowLoopback: deps.config.allowLoopbackWebhooks })
  if (unsafe !== null) return unsafe
  const id = newId('webhookEndpoint')
  if (tx !== undefined) return insert(deps, tx, id, wanted)
  return decideInTransaction(deps.pool, (own) => insert(deps, own, id, wanted))
}

/** `POST /v1/webhook_endpoints`: as createWebhookEndpoint, once per idempotency key. */
export async function createWebhookEndpointOnce(
  deps: EndpointDeps & Pick<Deps, 'now'>,
  input: { merchantId: string; idempotencyKey: string; request: CreateWebhookEndpoint; by: MerchantActor },
): Promise<StoredAnswer<WebhookEndpointWithSecret> | Refusal> {
  const { merchantId, request } = input
  const { url, events = ['*'], description = null } = request
  // Names are resolved before the transaction, and a repeat is answered whatever they resolve to now.
  const unsafe = await checkWebhookUrl(url, { allowLoopback: deps.config.allowLoopbackWebhooks })
  const id = newId('webhookEndpoint')
  const once = { ...input, operation: 'POST /v1/webhook_endpoints', objectId: id }
  const answer = await answerOnce<SecretAnswer>(deps, once, async (tx) => {
    const created = unsafe ?? (await insert(deps, tx, id, { merchantId, url, events, description }))
    if (isRefusal(created)) return created
    const change = { type: 'webhook_endpoint.create', details: { host: hostOf(url) } } as const
    await auditEndpointChange(tx, input.by, merchantId, id, change)
    return { status: 201, body: describeSecret(created.endpoint, created.secret) }
  })
  if (isRefusal(answer)) return answer
  const body = await showSecretAgain(deps, merchantId, answer.body)
  return isRefusal(body) ? body : { ...answer, body }
}

async function insert(
  deps: EndpointDeps,
  tx: Transaction,
  id: string,
  { merchantId, url, events, description }: NewEndpoint,
): Promise<Created | Refusal> {
  const secret = newWebhookSecret()
  const row = await insertWebhookEndpoint(
    tx,
    { merchant_id: merchantId, id, url, description, events: tidyEvents(events), secret: deps.vault.seal(secret, id) },
    maxEndpoints,
  )
  return row === null
    ? refuse('webhook_endpoint_limit_reached')
    : { endpoint: renderWebhookEndpoint(row, null), secret }
}

/** `*` is all of them, so nothing stands beside it. */
export function tidyEvents(events: readonly string[]): string[] {
  return events.includes('*') ? ['*'] : [...events]
}
