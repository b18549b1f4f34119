import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PspEvent, WebhookIntake } from '@fincore/payment-service/psp-gateway/port'
import { findAccountFaults, readAccount } from './account.ts'
import { nextStep } from './next-step.ts'

/** A signature is good for so long; the PSP signs anew when it repeats a webhook. */
const toleranceMs = 5 * 60_000

/** Webhooks: `newpsp-signature: t=<seconds>,v1=<hex of HMAC-SHA256 over t.body>`. */
export const webhooks: WebhookIntake = {
  verify(account, { body, headers, now }) {
    const signature = headers['newpsp-signature']
    const [, seconds, given] =
      typeof signature === 'string' ? (/^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature) ?? []) : []
    if (seconds === undefined || given === undefined) return { ok: false, why: 'no signature' }
    if (findAccountFaults(account).length > 0) return { ok: false, why: 'the account is not set up' }
    const { webhookSecret } = readAccount(account)
    const right = createHmac('sha256', webhookSecret).update(`${seconds}.`).update(body).digest()
    if (!timingSafeEqual(right, Buffer.from(given, 'hex'))) return { ok: false, why: 'another signature' }
    if (Math.abs(now.getTime() - Number(seconds) * 1_000) > toleranceMs) return { ok: false, why: 'stale' }
    const events = readEvents(body)
    return events === null
      ? { ok: false, why: nextStep(7, 'webhooks.ts', 'read the events of a webhook') }
      : { ok: true, events }
  },
}

/** Null when it cannot be read. One event that cannot be read makes the whole webhook one that cannot. */
function readEvents(_body: Buffer): PspEvent[] | null {
  return null
}
