import { LRUCache } from 'lru-cache'
import type { BreakerState } from '../payments/route.ts'
import type { PspReply } from './port.ts'

/**
 * How each PSP account does, as this process sees it, and a circuit breaker for each: while a PSP does not answer, new
 * payments go to another account, or are refused before anything is written. It decides about nothing that was begun:
 * captures, refunds and look-ups are made all the same, and what is in doubt stays so. Two ways lead to a PSP, over
 * different networks, so one that is broken says nothing of the other.
 */
export type PspHealth = Record<PspWay, Breakers>

/** `ours`: this process calls. `relayed`: the card relay does. */
export type PspWay = 'ours' | 'relayed'
export const pspWays: readonly PspWay[] = ['ours', 'relayed']

export type Breakers = {
  /** `half_open` for one caller at a time: whoever goes says so by `enter`. */
  stateOf(accountId: string): BreakerState
  /** When a new payment may be tried again, in whole seconds from now. */
  retryAfterSeconds(accountId: string): number
  /** A call begins, or its intent is about to be written. */
  enter(accountId: string): void
  /** It was not made after all, so a half-open breaker lets another one through. */
  leave(accountId: string): void
  /** What came of a call. Failures are those of the way and of the PSP (5xx); a decline is an answer. */
  report(accountId: string, reply: PspReply): void
  /** Null for an account that nobody has called since the process began. */
  statusOf(accountId: string): HealthStatus | null
  /** The accounts that were called. */
  list(): string[]
}

export type HealthStatus = {
  state: BreakerState
  /** For how long it has been in this state, in ms. */
  forMs: number
  /** `http_503`, or how the call failed; null when none did. */
  lastFailure: { kind: string; agoMs: number } | null
  /** Of the last calls, as many as the window holds. */
  calls: number
  failures: number
}

export type BreakerLimits = {
  /** It opens after so many failures in a row, */
  inARow: number
  /** or when this part of the window's calls failed. */
  ratio: number
  /** The window: so many calls, none older than this. A ratio of fewer calls says nothing. */
  windowCalls: number
  windowMs: number
  /** How long it stays open: at first, and at most when each try fails; each doubles the time. */
  openMs: number
  longestOpenMs: number
  /** The one call of a half-open breaker that never told how it ended is waited for so long. */
  trialMs: number
}

/**
 * Five in a row are no accident at a PSP whose calls fail once in a thousand, and are there within seconds where many pay.
 * The trial lasts longer than any call (flows/time-limits.ts).
 */
export const usualLimits: BreakerLimits = {
  inARow: 5,
  ratio: 0.5,
  windowCalls: 20,
  windowMs: 60_000,
  openMs: 5_000,
  longestOpenMs: 60_000,
  trialMs: 60_000,
}
/** Accounts that are remembered on each way; the least recent are forgotten, and begin anew. */
const maxAccounts = 10_000

type Change = { accountId: string; way: PspWay; state: 'closed' | 'open' }

/**
 * @param onChange told when a breaker opens, and when it closes again.
 * @param now a clock in milliseconds that never goes back.
 */
export function createPspHealth({
  limits = usualLimits,
  onChange = () => {},
  now = () => performance.now(),
}: {
  limits?: BreakerLimits
  onChange?: (change: Change) => void
  now?: () => number
} = {}): PspHealth {
  const makeBreakers = (way: PspWay): Breakers => {
    const tell = (accountId: string, state: Change['state']) => onChange({ accountId, way, state })
    return createBreakers(limits, tell, now)
  }
  return { ours: makeBreakers('ours'), relayed: makeBreakers('relayed') }
}

type Breaker = {
  calls: { at: number; failed: boolean }[]
  inARow: number
  lastFailure: { kind: string; at: number } | null
  /** Since when it is closed, or open. */
  since: number
  /** Null while it is closed. */
  openUntil: number | null
  openForMs: number
  /** Until when the one call of a half-open breaker is waited for; null when none is under way. */
  trialUntil: number | null
}

function createBreakers(
  limits: BreakerLimits,
  tell: (accountId: string, state: Change['state']) => void,
  now: () => number,
): Breakers {
  const breakers = new LRUCache<string, Breaker>({ max: maxAccounts })
  return {
    stateOf(accountId) {
      const breaker = breakers.get(accountId)
      return breaker === undefined ? 'closed' : passOf(breaker, now())
    },
    retryAfterSeconds(accountId) {
      const breaker = breakers.get(accountId)
      const opensAt = breaker?.trialUntil === null ? breaker.openUntil : null
      // Whoever comes while another one tries comes again soon: it may be known by then.
      return opensAt === null ? 1 : Math.max(1, Math.ceil((opensAt - now()) / 1_000))
    },
    enter(accountId) {
      const breaker = breakers.get(accountId)
      if (breaker !== undefined && passOf(breaker, now()) === 'half_open') breaker.trialUntil = now() + limits.trialMs
    },
    leave(accountId) {
      const breaker = breakers.get(accountId)
      if (breaker !== undefined) breaker.trialUntil = null
    },
    report(accountId, reply) {
      const at = now()
      const breaker = breakers.get(accountId) ?? newBreaker(at)
      breakers.set(accountId, breaker)
      const failure = failureOf(reply)
      note(breaker, failure, limits, at)
      if (breaker.openUntil === null) {
        if (!failsOften(breaker, limits)) return
        open(breaker, limits.openMs, at)
        tell(accountId, 'open')
        return
      }
      // What was begun before it opened, and is no try.
      if (at < breaker.openUntil) return
      breaker.trialUntil = null
      if (failure !== null) return open(breaker, Math.min(limits.longestOpenMs, 2 * breaker.openForMs), at)
      breakers.set(accountId, { ...newBreaker(at), lastFailure: breaker.lastFailure })
      tell(accountId, 'closed')
    },
    statusOf(accountId) {
      const breaker = breakers.get(accountId)
      if (breaker === undefined) return null
      const at = now()
      const { lastFailure } = breaker
      const calls = breaker.calls.filter((call) => at - call.at <= limits.windowMs)
      return {
        state: breaker.openUntil === null ? 'closed' : at < breaker.openUntil ? 'open' : 'half_open',
        forMs: at - breaker.since,
        lastFailure: lastFailure === null ? null : { kind: lastFailure.kind, agoMs: at - lastFailure.at },
        calls: calls.length,
        failures: calls.filter(({ failed }) => failed).length,
      }
    },
    list: () => [...breakers.keys()],
  }
}

const newBreaker = (at: number): Breaker => ({
  calls: [],
  inARow: 0,
  lastFailure: null,
  since: at,
  openUntil: null,
  openForMs: 0,
  trialUntil: null,
})

/** What a new payment finds: of a half-open breaker, only the first that comes finds it so. */
function passOf({ openUntil, trialUntil }: Breaker, at: number): BreakerState {
  if (openUntil === null) return 'closed'
  return at < openUntil || (trialUntil !== null && at < trialUntil) ? 'open' : 'half_open'
}

function note(breaker: Breaker, failure: string | null, { windowCalls, windowMs }: BreakerLimits, at: number): void {
  const failed = failure !== null
  breaker.calls.push({ at, failed })
  while (breaker.calls.length > windowCalls || at - (breaker.calls[0]?.at ?? at) > windowMs) breaker.calls.shift()
  breaker.inARow = failed ? breaker.inARow + 1 : 0
  if (failure !== null) breaker.lastFailure = { kind: failure, at }
}

function failsOften({ calls, inARow }: Breaker, limits: BreakerLimits): boolean {
  const failures = calls.filter(({ failed }) => failed).length
  return inARow >= limits.inARow || (calls.length >= limits.windowCalls && failures >= calls.length * limits.ratio)
}

function open(breaker: Breaker, forMs: number, at: number): void {
  if (breaker.openUntil === null) breaker.since = at
  breaker.openForMs = forMs
  breaker.openUntil = at + forMs
  breaker.trialUntil = null
}

/** Null for whatever the PSP itself answered below 500: a decline, a refusal, a limit of rate. */
function failureOf(reply: PspReply): string | null {
  if ('failure' in reply) return reply.failure
  return reply.status >= 500 ? `http_${reply.status}` : null
}
