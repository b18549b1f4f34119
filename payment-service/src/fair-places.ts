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
  const owners = new Map<string, Holding>()
  const total: Holding = { all: 0, fresh: 0 }
  const change = (owner: string, by: 1 | -1, isFresh: boolean) => {
    const own = owners.get(owner) ?? { all: 0, fresh: 0 }
    for (const holding of [own, total]) {
      holding.all += by
      if (isFresh) holding.fresh += by
    }
    if (own.all === 0) owners.delete(owner)
    else owners.set(owner, own)
  }
  const hasRoomFor = (owner: string, portion = 1): boolean => {
    const most = limit()
    const own = owners.get(owner) ?? { all: 0, fresh: 0 }
    // Who came back is not counted here: it could keep others out for as long as it comes back in crowds.
    const isSure = own.fresh < (portion * most) / (owners.size + 1) && total.fresh < mostOverbooked * most
    return isSure || (total.all < most && own.all < greed * portion * (most - total.all))
  }
  const open = (): Place => {
    let state: 'open' | 'taken' | 'paused' | 'resumed' | 'ended' = 'open'
    let of = ''
    const leave = (next: 'paused' | 'ended') => {
      if (state === 'taken' || state === 'resumed') change(of, -1, state === 'taken')
      if (state !== 'ended') state = next
    }
    return {
      take(owner, portion) {
        if (state !== 'open' || !hasRoomFor(owner, portion)) return false
        of = owner
        state = 'taken'
        change(owner, 1, true)
        return true
      },
      pause() {
        if (state === 'taken' || state === 'resumed') leave('paused')
      },
      resume() {
        if (state !== 'paused') return
        state = 'resumed'
        change(of, 1, false)
      },
      end: () => leave('ended'),
      [Symbol.dispose]: () => leave('ended'),
    }
  }
  return { open, hasRoomFor, taken: () => total.all }
}

/** `fresh`: of all, those that were never left. */
type Holding = { all: number; fresh: number }
