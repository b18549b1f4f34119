/**
 * A bounded number of places that many share without one of them taking what the others need. Each owner is sure of its
 * part: the places divided by those who have some, and one who may come. Beyond it, an owner gets another place while it
 * has fewer than `greed` times as many as are free: the dynamic threshold that switches share their memory by (Choudhury
 * and Hahne, 1998). Nobody is counted in advance and nobody waits. One owner alone gets two thirds of the places.
 */
export type FairPlaces = {
  /** A place that nobody has taken yet. */
  open(): Place
  /** Whether `take` would succeed now. */
  hasRoomFor(owner: string, portion?: number): boolean
  /** How many are taken; with those who came back, it may be more than the limit. */
  taken(): number
}

export type Place = {
  /**
   * Takes the place, once.
   * @param portion of what the owner would get, from 0 to 1: less for what can wait.
   * @returns false when the owner has its share, or none is free.
   */
  take(owner: string, portion?: number): boolean
  /** Leaves the place to others for a while, and comes back to it: whoever has begun is never sent away. */
  pause(): void
  resume(): void
  /** Gives it back; once, however often it is called, and from whatever state. */
  end(): void
  [Symbol.dispose](): void
}

const standardGreed = 2
/** Parts of many small owners may come to more than there is, together to so many times as much. */
const mostOverbooked = 2

/**
 * @param limit how many places there are; may change at any time.
 * @param greed Infinity shares nothing: first come, first served.
 */
export function createFairPlaces(limit: () => number, greed = standardGreed): FairPlaces {
  const ofOwners = new Map<string, number>()
  let total = 0
  const change = (owner: string, by: 1 | -1) => {
    total += by
    const count = (ofOwners.get(owner) ?? 0) + by
    if (count === 0) ofOwners.delete(owner)
    else ofOwners.set(owner, count)
  }
  const hasRoomFor = (owner: string, portion = 1): boolean => {
    const all = limit()
    const own = ofOwners.get(owner) ?? 0
    const isSure = own < (portion * all) / (ofOwners.size + 1) && total < mostOverbooked * all
    return isSure || (total < all && own < greed * portion * (all - total))
  }
  const open = (): Place => {
    let state: 'open' | 'taken' | 'paused' | 'ended' = 'open'
    let of = ''
    const end = () => {
      if (state === 'taken') change(of, -1)
      state = 'ended'
    }
    return {
      take(owner, portion) {
        if (state !== 'open' || !hasRoomFor(owner, portion)) return false
        of = owner
        state = 'taken'
        change(owner, 1)
        return true
      },
      pause() {
        if (state !== 'taken') return
        state = 'paused'
        change(of, -1)
      },
      resume() {
        if (state !== 'paused') return
        state = 'taken'
        change(of, 1)
      },
      end,
      [Symbol.dispose]: end,
    }
  }
  return { open, hasRoomFor, taken: () => total }
}
