import { LRUCache } from 'lru-cache'

/** The places in this process for deliveries under way. */
export const placeBounds = {
  total: 64,
  /** So that no merchant takes all of them, however many endpoints it has. */
  perMerchant: 16,
  /** For an endpoint whose last try here went well and quickly. */
  perProvenEndpoint: 4,
  /** For any other: one that is new here, failed or was slow. Many such together then leave room for the others. */
  perEndpoint: 1,
} as const

export type Receiver = { merchantId: string; endpointId: string }

/** What is taken, for the claim of more. */
export type TakenPlaces = {
  ofEndpoints: ReadonlyMap<string, number>
  ofMerchants: ReadonlyMap<string, number>
  provenEndpoints: readonly string[]
}

export type DeliveryPlaces = {
  free(): number
  taken(): TakenPlaces
  /** Tells of any receiver whether its endpoint, its merchant or the process has no place left at this moment. */
  listFull(): (receiver: Receiver) => boolean
  take(receiver: Receiver): void
  giveBack(receiver: Receiver, outcome: { failed: boolean; tookMs: number }): void
}

/** An answer that takes longer than this makes an endpoint slow; an honest receiver stores the event and answers. */
const slowAfterMs = 3_000
/** Bounds what is remembered; the least recent are forgotten, and begin with one place again. */
const maxRemembered = 2_000

export function createDeliveryPlaces(): DeliveryPlaces {
  const ofEndpoints = new Map<string, number>()
  const ofMerchants = new Map<string, number>()
  const proven = new LRUCache<string, true>({ max: maxRemembered })
  let total = 0
  const bound = (id: string) => (proven.has(id) ? placeBounds.perProvenEndpoint : placeBounds.perEndpoint)
  return {
    free: () => placeBounds.total - total,
    taken: () => ({ ofEndpoints, ofMerchants, provenEndpoints: [...proven.keys()] }),
    listFull() {
      const isFull = total >= placeBounds.total
      const endpoints = new Set([...ofEndpoints].filter(([id, count]) => count >= bound(id)).map(([id]) => id))
      const merchants = new Set(
        [...ofMerchants].filter(([, count]) => count >= placeBounds.perMerchant).map(([id]) => id),
      )
      return ({ merchantId, endpointId }) => isFull || merchants.has(merchantId) || endpoints.has(endpointId)
    },
    take({ merchantId, endpointId }) {
      total++
      change(ofMerchants, merchantId, 1)
      change(ofEndpoints, endpointId, 1)
    },
    giveBack({ merchantId, endpointId }, { failed, tookMs }) {
      total--
      change(ofMerchants, merchantId, -1)
      change(ofEndpoints, endpointId, -1)
      if (failed || tookMs > slowAfterMs) proven.delete(endpointId)
      else proven.set(endpointId, true)
    },
  }
}

function change(counts: Map<string, number>, id: string, by: number): void {
  const count = (counts.get(id) ?? 0) + by
  if (count > 0) counts.set(id, count)
  else counts.delete(id)
}
