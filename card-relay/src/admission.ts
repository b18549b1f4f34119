import type { AdmissionAnswer, Caller } from '@fincore/api-contract/card-door'
import { limits } from './limits.ts'
import type { PaymentService } from './payment-service.ts'

export type AdmissionDesk = {
  /** May this caller send a card? Null when the payment service gives no answer; then nobody may. */
  admit(requestId: string, caller: Caller): Promise<AdmissionAnswer | null>
}

/**
 * Remembers who was admitted, for `admitRememberedMs` from the moment of asking; refusals are always asked anew.
 * `now` is a clock in milliseconds that never goes back.
 */
export function makeAdmissionDesk(
  paymentService: Pick<PaymentService, 'askAdmission'>,
  now: () => number,
): AdmissionDesk {
  const admittedUntil = new Map<string, number>()
  return {
    async admit(requestId, caller) {
      const key = JSON.stringify([caller.keyDigest, caller.certificateFingerprint, caller.sourceAddress])
      const askedAt = now()
      if (askedAt < (admittedUntil.get(key) ?? Number.NEGATIVE_INFINITY)) return { decision: 'admit' }
      admittedUntil.delete(key)
      const answer = await paymentService.askAdmission({ requestId, caller })
      if (answer?.decision === 'admit') {
        const [oldest] = admittedUntil.keys()
        if (oldest !== undefined && admittedUntil.size >= limits.admitsRemembered) admittedUntil.delete(oldest)
        admittedUntil.set(key, askedAt + limits.admitRememberedMs)
      }
      return answer
    },
  }
}
