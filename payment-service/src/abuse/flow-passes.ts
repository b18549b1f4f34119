import { LRUCache } from 'lru-cache'
import type { CardShown } from '../psp-gateway/port.ts'
import { declinePoints } from './decline-points.ts'
import { type BlockedFlow, createFlowProbes } from './flow-probes.ts'
import { createGoodShoppers } from './good-shoppers.ts'
import { probing } from './rules.ts'
import type { Pass, TryFacts } from './tally.ts'
import type { Verdict } from './verdicts.ts'

/** What single tries say of a block: the attack goes on, may be over, is over; null for nothing. */
export type Finding = 'goes_on' | 'in_doubt' | 'over' | null

export type FlowPasses = {
  /** A flow is blocked from now on. */
  begin(blocked: BlockedFlow, nowMs: number): void
  /** Why a try goes out although its flow is blocked; null when it does not. A probe is taken with it. */
  take(blocked: BlockedFlow, facts: TryFacts, nowMs: number): Pass | null
  /** Whether the next stranger would get through. */
  isProbeDue(blocked: BlockedFlow, nowMs: number): boolean
  /** A try that got through was not sent after all. */
  giveBack(blocked: BlockedFlow, pass: Pass, nowMs: number): void
  /** How a try ended, of a flow that is `blocked` or, null, is not. */
  learn(
    blocked: BlockedFlow | null,
    tried: { facts: TryFacts; verdict: Verdict; card: CardShown | null },
    nowMs: number,
  ): Finding
}

/**
 * Who gets through while a whole flow is blocked: shoppers who were good before, and single strangers as probes. So a
 * few fake cards do not close a shop, and ten thousand do not learn much.
 */
export function createFlowPasses(): FlowPasses {
  const good = createGoodShoppers()
  const probes = createFlowProbes()
  /** Cards that were declined although their first six digits were good, in the block that began then. */
  const badBins = new LRUCache<string, number>({ max: 10_000 })
  const nameOf = ({ merchantId, flow }: BlockedFlow) => `${merchantId} ${flow}`

  return {
    begin(blocked, nowMs) {
      badBins.delete(nameOf(blocked))
      probes.begin(blocked, nowMs)
    },
    take(blocked, facts, nowMs) {
      if (good.has({ ...facts, bin: null }, nowMs)) return 'good_address'
      const trustsBins = (badBins.get(nameOf(blocked)) ?? 0) < probing.mostBadBins
      if (trustsBins && good.has({ ...facts, address: null }, nowMs)) return 'good_bin'
      if (!probes.isDue(blocked, nowMs)) return null
      probes.take(blocked, nowMs)
      return 'probe'
    },
    isProbeDue: probes.isDue,
    giveBack(blocked, pass, nowMs) {
      if (pass === 'probe') probes.giveBack(blocked, nowMs)
    },
    learn(blocked, { facts, verdict, card }, nowMs) {
      const isApproved = verdict.is === 'approved'
      if (!isApproved && declinePoints[verdict.code] === 0) {
        if (blocked !== null && facts.pass === 'probe') probes.giveBack(blocked, nowMs)
        return null
      }
      // Nobody becomes known as good by an approval in a flow that is blocked: it may be the attacker's.
      if (!isApproved) good.decline(facts)
      else if (blocked === null) good.approve(facts, nowMs)
      if (blocked === null) return null
      if (!isApproved && facts.pass === 'good_bin')
        badBins.set(nameOf(blocked), (badBins.get(nameOf(blocked)) ?? 0) + 1)
      if (facts.pass !== 'probe') return null
      const { declined, isOver } = probes.learn(blocked, { isApproved, card }, nowMs)
      if (isOver) return 'over'
      return declined >= probing.declinedToLeash ? 'goes_on' : 'in_doubt'
    },
  }
}
