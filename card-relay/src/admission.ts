import type { AdmissionAnswer, Caller } from '@fincore/api-contract/card-door'
import { limits } from './limits.ts'
import type { PaymentService } from './payment-service.ts'
import { namePeer } from './peers.ts'

export type AdmissionDesk = {
  /**
   * May this caller send a card? Null when the payment service gives no answer, or when too many questions are under
   * way, of this peer or of all; then nobody may.
   */
  admit(requestId: string, caller: Caller): Promise<AdmissionAnswer | null>
}

export type AdmissionBounds = { admissions: number; admissionsPerPeer: number }

/**
 * Remembers who was admitted, for `admitRememberedMs` from the moment of asking; refusals are always asked anew.
 * Requests of one caller that come while it is being asked about wait for that answer, so that a busy merchant's burst
 * is one question. `now` is a clock in milliseconds that never goes back.
 */
export function makeAdmissionDesk(
  paymentService: Pick<PaymentService, 'askAdmission'>,
  now: () => number,
  bounds: AdmissionBounds = limits,
): AdmissionDesk {
  const admittedUntil = new Map<string, number>()
  const underWay = new Map<string, Promise<AdmissionAnswer | null>>()
  const askedByPeer = new Map<string, number>()
  let asked = 0

  /** Anyone may make the relay ask, so no peer may take all the places for questions. */
  async function askWithinBounds(requestId: string, caller: Caller): Promise<AdmissionAnswer | null> {
    const peer = namePeer(caller.sourceAddress)
    const ofPeer = askedByPeer.get(peer) ?? 0
    if (asked >= bounds.admissions || ofPeer >= bounds.admissionsPerPeer) return null
    asked += 1
    askedByPeer.set(peer, ofPeer + 1)
    try {
      return await paymentService.askAdmission({ requestId, caller })
    } finally {
      asked -= 1
      const left = (askedByPeer.get(peer) ?? 1) - 1
      if (left === 0) askedByPeer.delete(peer)
      else askedByPeer.set(peer, left)
    }
  }

  async function askAndRemember(key: string, requestId: string, caller: Caller): Promise<AdmissionAnswer | null> {
    const askedAt = now()
    const answer = await askWithinBounds(requestId, caller)
    if (answer?.decision === 'admit') {
      const [oldest] = admittedUntil.keys()
      if (oldest !== undefined && admittedUntil.size >= limits.admitsRemembered) admittedUntil.delete(oldest)
      admittedUntil.set(key, askedAt + limits.admitRememberedMs)
    }
    return answer
  }

  return {
    async admit(requestId, caller) {
      const key = JSON.stringify([caller.keyDigest, caller.certificateFingerprint, caller.sourceAddress])
      if (now() < (admittedUntil.get(key) ?? Number.NEGATIVE_INFINITY)) return { decision: 'admit' }
      admittedUntil.delete(key)
      // Only an admit is shared: each refusal is the payment service's to explain and to audit. Nothing may be awaited
      // where nobody asks yet, or the whole burst would find that nobody does.
      const others = underWay.get(key)
      if (others !== undefined && (await others)?.decision === 'admit') return { decision: 'admit' }
      const own = askAndRemember(key, requestId, caller)
      underWay.set(key, own)
      try {
        return await own
      } finally {
        if (underWay.get(key) === own) underWay.delete(key)
      }
    },
  }
}
