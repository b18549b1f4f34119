import { LRUCache } from 'lru-cache'
import { endpointPlaces, placesAfter, type TryOutcome } from './endpoint-pace.ts'

/** The places in this process for deliveries under way. */
export const placeBounds = {
  /** Each holds one event's text. */
  total: 256,
  /**
   * So that no merchant takes all of them, however many endpoints it has; and more than one endpoint gets, so that a
   * merchant's others go on when a quick one begins to hang.
   */
  perMerchant: 64,
} as const

export type Receiver = { merchantId: string; endpointId: string }

/** What an endpoint may have under way, and what it has. */
export type EndpointPlaces = { places: number; taken: number }

/** What is taken, for the claim of more. An endpoint that is not listed has one place, and it is free. */
export type Offer = {
  ofEndpoints: ReadonlyMap<string, EndpointPlaces>
  takenOfMerchants: ReadonlyMap<string, number>
}

export type DeliveryPlaces = {
  free(): number
  /** Begins a claim: what is given back from now on is not part of it. */
  offer(): Offer
  take(receiver: Receiver): void
  /** Ends a claim: whom it left without a free place, more may wait for. */
  endOffer(): void
  /**
   * @returns whether the next claim should come at once: more may wait for the endpoint, and of what it had under way a
   *   quarter has been given back. So a claim, which is a commit, takes many.
   */
  giveBack(receiver: Receiver, outcome: TryOutcome): boolean
}

/** Bounds what is remembered, and told with each claim; the least recent are forgotten, and begin with one place again. */
const maxRemembered = 500

export function createDeliveryPlaces(): DeliveryPlaces {
  const takenOfEndpoints = new Map<string, number>()
  const takenOfMerchants = new Map<string, number>()
  const earned = new LRUCache<string, number>({ max: maxRemembered })
  /** Since the last claim began. */
  const givenBack = new Map<string, number>()
  let total = 0
  let mayHaveMore: (receiver: Receiver) => boolean = () => false
  const placesOf = (id: string) => earned.get(id) ?? endpointPlaces.first
  return {
    free: () => placeBounds.total - total,
    offer() {
      givenBack.clear()
      const ids = new Set([...earned.keys(), ...takenOfEndpoints.keys()])
      const ofEndpoints = new Map<string, EndpointPlaces>()
      for (const id of ids)
        ofEndpoints.set(id, { places: earned.peek(id) ?? endpointPlaces.first, taken: takenOfEndpoints.get(id) ?? 0 })
      return { ofEndpoints, takenOfMerchants }
    },
    take({ merchantId, endpointId }) {
      total++
      change(takenOfMerchants, merchantId, 1)
      change(takenOfEndpoints, endpointId, 1)
    },
    endOffer() {
      const isFull = total >= placeBounds.total
      const endpoints = idsWith(takenOfEndpoints, (taken, id) => taken >= placesOf(id))
      const merchants = idsWith(takenOfMerchants, (taken) => taken >= placeBounds.perMerchant)
      mayHaveMore = ({ merchantId, endpointId }) => isFull || merchants.has(merchantId) || endpoints.has(endpointId)
    },
    giveBack(receiver, outcome) {
      const { merchantId, endpointId } = receiver
      total--
      change(takenOfMerchants, merchantId, -1)
      change(takenOfEndpoints, endpointId, -1)
      change(givenBack, endpointId, 1)
      const hasMore = mayHaveMore(receiver)
      const places = placesAfter(placesOf(endpointId), outcome, hasMore)
      if (places > endpointPlaces.first) earned.set(endpointId, places)
      else earned.delete(endpointId)
      // After a failure the next round is soon enough.
      if (outcome.failed || !hasMore) return false
      return 3 * (givenBack.get(endpointId) ?? 0) >= (takenOfEndpoints.get(endpointId) ?? 0)
    },
  }
}

function change(counts: Map<string, number>, id: string, by: number): void {
  const count = (counts.get(id) ?? 0) + by
  if (count > 0) counts.set(id, count)
  else counts.delete(id)
}

function idsWith(counts: ReadonlyMap<string, number>, matches: (count: number, id: string) => boolean): Set<string> {
  return new Set([...counts].filter(([id, count]) => matches(count, id)).map(([id]) => id))
}
