import type { RotateWebhookSecret, WebhookEndpointWithSecret } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { findHealthOf } from '../store/endpoint-health.ts'
import { renderWebhookEndpoint, rotateStoredSecret } from '../store/webhook-endpoints.ts'
import { answerOnce, type StoredAnswer } from './answer-once.ts'
import { auditEndpointChange, type MerchantActor } from './endpoint-audit.ts'
import { describeSecret, newWebhookSecret, type SecretAnswer, showSecretAgain } from './webhook-secrets.ts'

const defaultOverlapSeconds = 86_400

/** Makes a new secret; the one before it signs as well until the overlap ends, so that no event is refused meanwhile. */
export async function rotateWebhookSecret(
  deps: Pick<Deps, 'pool' | 'vault' | 'now'>,
  input: {
    merchantId: string
    endpointId: string
    idempotencyKey: string
    request: RotateWebhookSecret
    by: MerchantActor
  },
): Promise<StoredAnswer<WebhookEndpointWithSecret> | Refusal> {
  const { merchantId, endpointId, request } = input
  const operation = `POST /v1/webhook_endpoints/${endpointId}/rotate_secret`
  const answer = await answerOnce<SecretAnswer>(deps, { ...input, operation, objectId: endpointId }, async (tx) => {
    const secret = newWebhookSecret()
    const overlapSeconds = request.overlap_seconds ?? defaultOverlapSeconds
    const row = await rotateStoredSecret(tx, {
      merchantId,
      id: endpointId,
      secret: deps.vault.seal(secret, endpointId),
      overlapSeconds,
    })
    if (row === null) return refuse('resource_not_found', { param: 'id' })
    const change = { type: 'webhook_endpoint.rotate_secret', details: { overlap_seconds: overlapSeconds } } as const
    await auditEndpointChange(tx, input.by, merchantId, endpointId, change)
    const health = await findHealthOf(tx, merchantId, endpointId)
    return { status: 200, body: describeSecret(renderWebhookEndpoint(row, health), secret) }
  })
  if (isRefusal(answer)) return answer
  const body = await showSecretAgain(deps, merchantId, answer.body)
  return isRefusal(body) ? body : { ...answer, body }
}
