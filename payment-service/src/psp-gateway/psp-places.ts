import { LRUCache } from 'lru-cache'
import { type AdaptiveLimit, createAdaptiveLimit, type LimitBounds } from '../adaptive-limit.ts'
import { createFairPlaces, type FairPlaces } from '../fair-places.ts'

/**
 * The places for calls to PSPs that a merchant's request waits for. A PSP account has as many as its PSP answers in good
 * time, so that one which is slow or hangs keeps few requests, and those of other accounts go on; what finds no place is
 * refused before its intent is written. Look-ups and what shoppers wait for take none: they are bounded where they are
 * made, and they finish what was begun.
 */
export type PspPlaces = {
  /** Calls that this process makes itself. */
  ours: Calls
  /** Cards that the card relay sends. */
  relayed: Calls
}
type Calls = {
  open(): PspPlace
  /** Of each account that was called: how many calls are under way, and how many may be. */
  list(): { accountId: string; underWay: number; most: number }[]
}

/** The place of one call; nobody's yet. */
export type PspPlace = {
  /** Takes it for this account; false when the account has no more. */
  take(accountId: string): boolean
  /** The call begins now: from here to the end is the PSP's time. */
  callBegins(): void
  /** Gives it back; once, however often it is called. */
  end(): void
  [Symbol.dispose](): void
}

/** In all; one account gets two thirds of them at most, at a PSP that answers in a second as much as a process can do. */
export const mostOwnCalls = 1_024
/** As many as the relay has places for charges (card-relay/src/limits.ts), so that no account takes all of those. */
const mostRelayedCards = 512
/** Of one account. The least is what a PSP that hangs may keep. */
const ofAccount = { least: 32, first: 256, most: mostOwnCalls }
/** A PSP that answers within this time on average is never slow; */
const promptMs = 1_000
/** one that takes longer is, when it has been so many times as fast; */
const slowdown = 4
/** and one that takes longer than this always is. */
const longestMs = 5_000
/** A PSP's best time is believed for so long, and then a little more is. */
const bestLastsMs = 30_000
const bestGrows = 1.2
/** Accounts whose pace is remembered; the least recent are forgotten, and begin anew. */
const maxPaces = 2_000

/**
 * @param bounds of one account; a test sets lower ones.
 * @param now a clock in milliseconds that never goes back.
 * @param onRelayed told how long a call of the card relay's took, in ms.
 */
export function createPspPlaces(
  bounds: LimitBounds = ofAccount,
  now: () => number = () => performance.now(),
  onRelayed: OnCall = () => {},
): PspPlaces {
  return {
    ours: createCalls(mostOwnCalls, bounds, now, () => {}),
    relayed: createCalls(mostRelayedCards, bounds, now, onRelayed),
  }
}

type OnCall = (accountId: string, tookMs: number) => void

function createCalls(most: number, bounds: LimitBounds, now: () => number, onCall: OnCall): Calls {
  const all = createFairPlaces(() => most)
  const paces = new LRUCache<string, Pace>({ max: maxPaces })
  const paceOf = (accountId: string): Pace => {
    const known = paces.get(accountId)
    if (known !== undefined) return known
    const pace = createPace(bounds, now)
    paces.set(accountId, pace)
    return pace
  }
  return {
    open: () => openPlace(all, paceOf, now, onCall),
    list: () => [...paces].map(([accountId, pace]) => ({ accountId, ...pace.places() })),
  }
}

function openPlace(all: FairPlaces, paceOf: (accountId: string) => Pace, now: () => number, onCall: OnCall): PspPlace {
  const place = all.open()
  let pace: Pace | undefined
  let account = ''
  let calledAt: number | undefined
  const end = () => {
    place.end()
    if (pace !== undefined && calledAt !== undefined) onCall(account, now() - calledAt)
    pace?.leave(calledAt)
    pace = undefined
  }
  return {
    take(accountId) {
      const own = paceOf(accountId)
      if (!own.hasRoom() || !place.take(accountId)) return false
      own.enter()
      pace = own
      account = accountId
      return true
    },
    callBegins() {
      calledAt = now()
    },
    end,
    [Symbol.dispose]: end,
  }
}

/** How fast one account's PSP is, and how many calls may be under way there for it. */
type Pace = {
  hasRoom(): boolean
  enter(): void
  leave(calledAt: number | undefined): void
  places(): { underWay: number; most: number }
}

function createPace(bounds: LimitBounds, now: () => number): Pace {
  let underWay = 0
  let bestMs = Number.POSITIVE_INFINITY
  let bestSince = now()
  const target = () => Math.max(promptMs, Math.min(longestMs, bestMs * slowdown))
  const limit: AdaptiveLimit = createAdaptiveLimit({ bounds, target, now })
  return {
    hasRoom() {
      limit.wanted(underWay)
      return underWay < limit.current()
    },
    places: () => ({ underWay, most: limit.current() }),
    enter() {
      underWay++
    },
    leave(calledAt) {
      underWay--
      if (calledAt === undefined) return
      const ms = now() - calledAt
      if (now() - bestSince > bestLastsMs) {
        bestMs *= bestGrows
        bestSince = now()
      }
      bestMs = Math.min(bestMs, ms)
      limit.took(calledAt, ms)
    },
  }
}
