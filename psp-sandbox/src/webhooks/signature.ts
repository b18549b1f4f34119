import { createHmac } from 'node:crypto'

/** The header `Sandbox-Signature` for a raw body at a time in Unix seconds. */
export function signWebhook(secret: string, unixSeconds: number, body: string): string {
  return `t=${unixSeconds},v1=${createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex')}`
}
