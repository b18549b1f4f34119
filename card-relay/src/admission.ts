import type { AdmissionAnswer, Caller } from '@fincore/api-contract/card-door'
import { type Limits, limits } from './limits.ts'
import type { PaymentService } from './payment-service.ts'
import { makePlaces, namePeer } from './peers.ts'

/** Null when there is no answer, or when too many questions are under way, of this peer or of all. */
type Answer = AdmissionAnswer | null

/**
 * Remembers who was admitted, for `admitRememberedMs` from the moment of asking; refusals are always asked anew.
 * Requests of one caller that come while it is being asked about wait for that answer, so that a busy merchant's burst
 * is one question. `now` is a clock in milliseconds that never goes back.
 */
export function makeAdmissionDesk(
  { askAdmission }: Pick<PaymentService, 'askAdmission'>,
  now: () => number,
  bounds: Limits = limits,
) {
  const asked = new Map<string, { until: number; answer: Promise<Answer> }>()
  const takePlace = makePlaces(bounds.admissions, bounds.admissionsPerPeer)

  /** Anyone may make the relay ask, so no peer may take all the places for questions. */
  async function ask(requestId: string, caller: Caller): Promise<Answer> {
    using place = takePlace(namePeer(caller.sourceAddress))
    return place && (await askAdmission({ requestId, caller }))
  }

  return {
    /** May this caller send a card? Only where the answer says so. */
    async admit(requestId: string, caller: Caller): Promise<Answer> {
      const key = JSON.stringify([caller.keyDigest, caller.certificateFingerprint, caller.sourceAddress])
      const known = asked.get(key)
      // Only an admit is shared: each refusal is the payment service's to explain and to audit.
      const shared = known && (await known.answer)
      if (known && shared?.decision === 'admit' && now() < known.until) return shared
      const own = { until: now() + limits.admitRememberedMs, answer: ask(requestId, caller) }
      asked.delete(key)
      // The oldest.
      if (asked.size >= limits.admitsRemembered) asked.delete(asked.keys().next().value ?? '')
      asked.set(key, own)
      const answer = await own.answer
      if (answer?.decision !== 'admit' && asked.get(key) === own) asked.delete(key)
      return answer
    },
  }
}
