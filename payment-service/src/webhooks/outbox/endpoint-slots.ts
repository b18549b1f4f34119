import { LRUCache } from 'lru-cache'

/**
 * Who has how many deliveries under way in this process. An endpoint whose last try failed or was slow gets one at a
 * time until it does better: many slow endpoints together then leave room for the others too.
 */
export type EndpointSlots = {
  /** What the claim counts as taken, by endpoint. */
  busy(): ReadonlyMap<string, number>
  underWay(): number
  take(endpointId: string): void
  giveBack(endpointId: string, outcome: { failed: boolean; tookMs: number }): void
}

/** An answer that takes longer than this makes an endpoint slow; an honest receiver stores the event and answers. */
const slowAfterMs = 3_000
/** Bounds what is remembered; the least recent are forgotten, and begin with all their slots. */
const maxRemembered = 2_000

export function createEndpointSlots(perEndpoint: number): EndpointSlots {
  const underWay = new Map<string, number>()
  const onProbation = new LRUCache<string, true>({ max: maxRemembered })
  let total = 0
  return {
    busy() {
      const busy = new Map<string, number>([...onProbation.keys()].map((id) => [id, perEndpoint - 1]))
      for (const [id, count] of underWay) busy.set(id, count + (busy.get(id) ?? 0))
      return busy
    },
    underWay: () => total,
    take(endpointId) {
      total++
      underWay.set(endpointId, (underWay.get(endpointId) ?? 0) + 1)
    },
    giveBack(endpointId, { failed, tookMs }) {
      total--
      const left = (underWay.get(endpointId) ?? 1) - 1
      if (left === 0) underWay.delete(endpointId)
      else underWay.set(endpointId, left)
      if (failed || tookMs > slowAfterMs) onProbation.set(endpointId, true)
      else onProbation.delete(endpointId)
    },
  }
}
