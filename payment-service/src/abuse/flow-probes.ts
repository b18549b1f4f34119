import { LRUCache } from 'lru-cache'
import type { CardShown } from '../psp-gateway/port.ts'
import { probing } from './rules.ts'
import { createSeenCards } from './seen-cards.ts'

/** A flow of a merchant that is blocked, and until when. */
export type BlockedFlow = { merchantId: string; flow: string; untilMs: number }

export type FlowProbes = {
  /** A flow is blocked from now on. */
  begin(blocked: BlockedFlow, nowMs: number): void
  /** Whether a try may go out now to see whether the attack goes on. */
  isDue(blocked: BlockedFlow, nowMs: number): boolean
  /** It goes out, and the next waits. Ask `isDue` before. */
  take(blocked: BlockedFlow, nowMs: number): void
  /** It said nothing of a card, or was not sent after all: the next may go out at once. */
  giveBack(blocked: BlockedFlow, nowMs: number): void
  /**
   * What became of one.
   *
   * @returns how many were declined in a row, and whether so many were approved that the attack is over.
   */
  learn(
    blocked: BlockedFlow,
    probe: { isApproved: boolean; card: CardShown | null },
    nowMs: number,
  ): { declined: number; isOver: boolean }
}

type State = { untilMs: number; nextAt: number; intervalMs: number; approved: number; declined: number }

const mostFlows = 10_000

/**
 * Single tries in a flow that is blocked. Who attacks it with ten thousand cards has nearly all of them, and they become
 * rare; when the attack is over, shoppers have them, and after a few approvals so is the block. In memory: each process
 * sends its own.
 */
export function createFlowProbes(): FlowProbes {
  const states = new LRUCache<string, State>({ max: mostFlows })
  const cards = createSeenCards()

  const begin = ({ merchantId, flow, untilMs }: BlockedFlow, nowMs: number): State => {
    const before = states.get(`${merchantId} ${flow}`)
    // It goes on where it was when the block before has just ended and nobody's card was good in it.
    const sinceMs = nowMs - (before?.untilMs ?? Number.POSITIVE_INFINITY)
    const goesOn = before !== undefined && before.declined > 0 && sinceMs >= 0 && sinceMs < probing.longestMs
    const { intervalMs, declined } = goesOn ? before : { intervalMs: probing.firstMs, declined: 0 }
    const state = { untilMs, nextAt: nowMs + intervalMs, intervalMs, approved: 0, declined }
    states.set(`${merchantId} ${flow}`, state)
    return state
  }
  const stateOf = (blocked: BlockedFlow, nowMs: number): State => {
    const state = states.get(`${blocked.merchantId} ${blocked.flow}`)
    // A process that has not begun the block sees it with its first try.
    return state === undefined || state.untilMs <= nowMs ? begin(blocked, nowMs) : state
  }

  return {
    begin: (blocked, nowMs) => void begin(blocked, nowMs),
    isDue: (blocked, nowMs) => nowMs >= stateOf(blocked, nowMs).nextAt,
    take(blocked, nowMs) {
      const state = stateOf(blocked, nowMs)
      state.nextAt = nowMs + state.intervalMs
    },
    giveBack(blocked, nowMs) {
      stateOf(blocked, nowMs).nextAt = nowMs
    },
    learn(blocked, { isApproved, card }, nowMs) {
      const state = stateOf(blocked, nowMs)
      if (isApproved) {
        // One good card of the attacker's own, paid with again and again, does not end it.
        if (cards.approve(blocked.merchantId, card, nowMs)) state.approved++
        state.declined = 0
        state.intervalMs = probing.firstMs
        state.nextAt = nowMs
      } else {
        state.approved = 0
        state.declined++
        state.intervalMs = Math.min(probing.longestMs, 2 * state.intervalMs)
        state.nextAt = nowMs + state.intervalMs
      }
      return { declined: state.declined, isOver: state.approved >= probing.approvedToEnd }
    },
  }
}
