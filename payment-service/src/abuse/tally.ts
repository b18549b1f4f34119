import { LRUCache } from 'lru-cache'
import type { CardShown } from '../psp-gateway/port.ts'
import { declinePoints } from './decline-points.ts'
import { alertShare, type Flow, leashPoints, type RuleName, ruleNames, ruleOf, type Subject } from './rules.ts'
import { createSeenCards } from './seen-cards.ts'
import type { RulesInForce } from './settings.ts'
import type { Verdict } from './verdicts.ts'

/** What is known of a try before the PSP is called; null for what is not. */
export type TryFacts = {
  merchantId: string
  flow: Flow
  /** Stands for the shopper’s address, and is not the address. */
  address: string | null
  bin: string | null
  session: string | null
  isSmall: boolean
  /** Why it went out while its flow was blocked; null when it was not. It counts for what is narrower than the flow. */
  pass: Pass | null
}

/** A single stranger's try, or one of a shopper whose address or first six digits were good before. */
export type Pass = 'probe' | 'good_address' | 'good_bin'

/** What a block is explained with: what was counted since the count last stood at nothing. */
export type Figures = {
  points: number
  limit: number
  declined: number
  /** Of these, with a reason that is typical of testing. */
  telling: number
  approved: number
  since: Date
}

/** A rule whose limit was reached, and what it blocks. */
export type Trip = { rule: RuleName; subject: Subject; value: string; figures: Figures }

/** A payment that has ended: an id that names it whoever tells of it, and its card where that is known. */
export type Ended = { payment: string; facts: TryFacts; verdict: Verdict; card: CardShown | null }

export type Tally = {
  /** The rule by which too many tries wait for an answer to begin one more; null when there are not. */
  findCrowd(facts: TryFacts, rules: RulesInForce, nowMs: number): RuleName | null
  /** A try goes out. @returns what is called when it has been answered; again, it does nothing. */
  open(facts: TryFacts, rules: RulesInForce): () => void
  /** Counts a payment, once. @returns the rules whose limit it reached, the narrowest first; their counts begin anew. */
  count(ended: Ended, rules: RulesInForce, nowMs: number): Trip[]
  /** It is blocked until then, by this rule. Should it go on afterwards, little is needed to trip again. */
  putOnLeash(merchantId: string, blocked: Leashed & { limit: number }, untilMs: number): void
  takeOffLeash(merchantId: string, blocked: Leashed): void
}

type Leashed = { rule: RuleName; value: string }
type Bucket = Omit<Figures, 'since' | 'limit'> & { since: number; at: number; isOnLeash: boolean }

/** Counts that are kept; the one that changed longest ago is forgotten first. */
const most = { buckets: 20_000, payments: 20_000 }
/** No more approvals than this make room. */
const mostRoom = 200

/**
 * Counts tries by the rules, in memory: it waits for nothing, is bounded, and is told the time. A process counts what it
 * sees itself; what is blocked for it, all see (card-testing.ts).
 */
export function createTally(): Tally {
  const buckets = new LRUCache<string, Bucket>({ max: most.buckets })
  const openTries = new Map<string, number>()
  const counted = new LRUCache<string, true>({ max: most.payments })
  const cards = createSeenCards()

  /** The bucket as it is now: its points fade, and once none is left it is gone. */
  const bucketAt = (key: string, rule: RuleName, nowMs: number): Bucket | undefined => {
    const bucket = buckets.get(key)
    if (bucket === undefined) return undefined
    // It is counted before its block was to end: an operator has lifted it, and it begins anew.
    if (bucket.isOnLeash && nowMs < bucket.at) {
      buckets.delete(key)
      return undefined
    }
    bucket.isOnLeash = false
    bucket.points -= Math.max(0, nowMs - bucket.at) / (ruleOf[rule].fadeS * 1_000)
    bucket.at = nowMs
    if (bucket.points > 0) return bucket
    buckets.delete(key)
    return undefined
  }
  /** A point that has begun to fade is still one. */
  const pointsAt = (key: string, rule: RuleName, nowMs: number) => Math.ceil(bucketAt(key, rule, nowMs)?.points ?? 0)

  /** @param worth 0 for a card that was approved shortly before. */
  const approve = ({ rule, key }: Place, worth: 0 | 1, nowMs: number): void => {
    const bucket = bucketAt(key, rule, nowMs)
    if (ruleOf[rule].counts === 'open') {
      const room = bucket ?? newBucket(nowMs)
      buckets.set(key, { ...room, points: Math.min(mostRoom, room.points + worth) })
    } else if (bucket !== undefined) {
      bucket.points -= worth
      bucket.approved++
      if (bucket.points <= 0) buckets.delete(key)
    }
  }

  return {
    findCrowd(facts, rules, nowMs) {
      for (const { rule, value, key } of placesOf(facts, rules)) {
        const { limit } = rules.limits[rule]
        const open = openTries.get(key) ?? 0
        const points = pointsAt(key, rule, nowMs)
        const { counts, beside } = ruleOf[rule]
        if (beside !== undefined) {
          const declined = pointsAt(keyOf(facts, beside, value), beside, nowMs)
          // Its own points are the room that approvals make.
          if (open + declined >= limit + points) return rule
        } else if (counts === 'points' && points >= limit * alertShare && points + open >= limit) return rule
      }
      return null
    },

    open(facts, rules) {
      const keys = placesOf(facts, rules).map(({ key }) => key)
      for (const key of keys) openTries.set(key, (openTries.get(key) ?? 0) + 1)
      return () => {
        for (const key of keys.splice(0)) {
          const left = (openTries.get(key) ?? 1) - 1
          if (left === 0) openTries.delete(key)
          else openTries.set(key, left)
        }
      }
    },

    count({ payment, facts, verdict, card }, rules, nowMs) {
      const weight = verdict.is === 'declined' ? declinePoints[verdict.code] : null
      if (weight === 0 || counted.has(payment)) return []
      counted.set(payment, true)
      const places = placesOf(facts, rules)
      if (weight === null) {
        const worth = cards.approve(facts.merchantId, card, nowMs) ? 1 : 0
        for (const place of places) approve(place, worth, nowMs)
        return []
      }
      const worth = cards.decline(facts.merchantId, card, nowMs) ? weight : 0
      let stoppedBy: Subject | null = null
      return places.flatMap(({ rule, value, key }): Trip[] => {
        const { subject, counts } = ruleOf[rule]
        if (counts === 'open') return []
        const bucket = bucketAt(key, rule, nowMs) ?? newBucket(nowMs)
        bucket.points += counts === 'declines' ? 1 : worth
        bucket.declined++
        if (weight > 1) bucket.telling++
        const { limit } = rules.limits[rule]
        const points = Math.ceil(bucket.points)
        if (points < limit || stoppedBy !== null) {
          // A narrower rule stops it already, and explains half of what a wider one has counted. Not all: who has many
          // addresses takes the next. A session explains nothing, but stops this decline alone from blocking more.
          if (stoppedBy !== null)
            bucket.points = Math.min(limit - 1, bucket.points * (stoppedBy === 'session' ? 1 : 0.5))
          buckets.set(key, bucket)
          return []
        }
        // A card's first six digits stop nothing where they are known too late.
        if (subject !== 'bin' || facts.flow === 'raw_card') stoppedBy = subject
        buckets.delete(key)
        const { declined, telling, approved, since } = bucket
        const figures = { points, limit, declined, telling, approved, since: new Date(since) }
        return [{ rule, subject, value, figures }]
      })
    },

    putOnLeash(merchantId, { rule, value, limit }, untilMs) {
      const points = limit - leashPoints
      if (points > 0)
        buckets.set(keyOf({ merchantId }, rule, value), { ...newBucket(untilMs), points, isOnLeash: true })
    },

    takeOffLeash(merchantId, { rule, value }) {
      const key = keyOf({ merchantId }, rule, value)
      if (buckets.get(key)?.isOnLeash) buckets.delete(key)
    },
  }
}

function newBucket(nowMs: number): Bucket {
  return { points: 0, declined: 0, telling: 0, approved: 0, since: nowMs, at: nowMs, isOnLeash: false }
}

/** What one rule counts a try under. */
type Place = { rule: RuleName; value: string; key: string }

/** Where a try is counted: by every rule that is on and whose subject is known of it. */
function placesOf(facts: TryFacts, { limits }: RulesInForce): Place[] {
  return ruleNames.flatMap((rule) => {
    const { subject, amounts } = ruleOf[rule]
    const value = facts[subject]
    if (subject === 'flow' && facts.pass !== null) return []
    if (!limits[rule].on || value === null || (amounts === 'small' && !facts.isSmall)) return []
    return [{ rule, value, key: keyOf(facts, rule, value) }]
  })
}

function keyOf({ merchantId }: Pick<TryFacts, 'merchantId'>, rule: RuleName, value: string): string {
  return `${merchantId} ${rule} ${value}`
}
