/**
 * How much may be under way at once, found out by watching how long it takes: while it takes longer than it should, more at
 * once only makes all of it late, so the limit shrinks; while it is in time and more is wanted, it grows (additive increase,
 * multiplicative decrease, as TCP finds its window). Nothing of it depends on the speed of a machine or of a PSP.
 */
export type AdaptiveLimit = {
  current(): number
  /** Told of everything that asks: how much is under way. */
  wanted(taken: number): void
  /** Told of everything that was done: when it was begun, by `now`, and how long it took, in ms. */
  took(begunAt: number, ms: number): void
}

export type LimitBounds = { least: number; first: number; most: number }

export type LimitOptions = {
  /** `first` is that of a process which knows nothing yet, and to which the limit returns when little is asked. */
  bounds: LimitBounds
  /** In ms; what takes longer on average is late. */
  target: () => number
  /** A clock in milliseconds that never goes back. */
  now?: () => number
}

/** How often the limit may change. */
const windowMs = 100
/** While less than this part of the limit is under way, it is not the limit that makes things late. */
const wantedPart = 1 / 4
/** The limit shrinks by what was too much, between these; and grows by a sixteenth. */
const shrink = { most: 0.25, least: 0.9 }
const growth = 1 / 16

export function createAdaptiveLimit({ bounds, target, now = () => performance.now() }: LimitOptions): AdaptiveLimit {
  let limit = bounds.first
  let windowBegunAt = now()
  let shrunkAt = Number.NEGATIVE_INFINITY
  let peak = 0
  let count = 0
  let sumMs = 0
  const decide = (at: number): void => {
    const lateness = sumMs / count / target()
    const isWanted = peak >= limit * wantedPart
    if (isWanted && lateness > 1) {
      limit = Math.max(bounds.least, limit * Math.min(shrink.least, Math.max(shrink.most, 1 / lateness)))
      shrunkAt = at
    } else {
      // What nobody asks for any more is not known to be too much.
      const most = isWanted ? bounds.most : Math.max(limit, bounds.first)
      limit = Math.min(most, limit * (1 + growth))
    }
    windowBegunAt = at
    peak = 0
    count = 0
    sumMs = 0
  }
  return {
    current: () => limit,
    wanted(taken) {
      peak = Math.max(peak, taken)
    },
    took(begunAt, ms) {
      // What was begun under the larger limit tells nothing of the smaller one.
      if (begunAt < shrunkAt) return
      count++
      sumMs += ms
      const at = now()
      if (at - windowBegunAt >= windowMs) decide(at)
    },
  }
}
