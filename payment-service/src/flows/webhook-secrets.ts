import { randomBytes } from 'node:crypto'
import type { WebhookEndpoint, WebhookEndpointWithSecret } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import { findWebhookEndpoint } from '../store/webhook-endpoints.ts'

/** A secret of 256 random bits in the form of Standard Webhooks. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** What is stored of an answer that showed a secret: which one it was, and not the secret. */
export type SecretAnswer = { endpoint: WebhookEndpoint; secret_digest: string }

export function describeSecret(endpoint: WebhookEndpoint, secret: string): SecretAnswer {
  return { endpoint, secret_digest: digestOf(secret).toString('hex') }
}

/**
 * Shows the secret of an earlier answer again, from the sealed row. A secret that two rotations have replaced is gone,
 * and another one in its place would be wrong.
 */
export async function showSecretAgain(
  deps: Pick<Deps, 'pool' | 'vault'>,
  merchantId: string,
  answer: SecretAnswer,
): Promise<WebhookEndpointWithSecret | Refusal> {
  const row = await findWebhookEndpoint(deps.pool, merchantId, answer.endpoint.id)
  if (row === null) return refuse('resource_not_found')
  await deps.vault.learnKeysOf(row.secret, row.previous_secret)
  for (const sealed of [row.secret, row.previous_secret]) {
    if (sealed === null) continue
    const secret = deps.vault.open(sealed, row.id)
    if (digestOf(secret).toString('hex') === answer.secret_digest) return { ...answer.endpoint, secret }
  }
  return refuse('conflict', {
    detail: 'The secret that this request made has been replaced since. Rotate again, with a new idempotency key.',
  })
}
