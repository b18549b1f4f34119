import { createHmac } from 'node:crypto'

/**
 * `Stripe-Signature` of a body: the time and one `v1` for each secret ("Verify webhook signatures manually"). While a
 * secret is rolled there are two, and Stripe signs with both.
 */
export function signWebhook(secrets: readonly string[], timestamp: number, body: string): string {
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
  )
  return [`t=${timestamp}`, ...signatures].join(',')
}
