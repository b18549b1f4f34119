import { minorUnitDigits } from '@fincore/api-contract/money'
import { LRUCache } from 'lru-cache'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { describeError } from '../log.ts'
import type { CardShown, Money, Outcome } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { createCached, lifetimeMs, maxEntries } from '../store/cached.ts'
import type { CardTestingBlock } from '../store/card-testing-blocks.ts'
import type { ChargeRow } from '../store/charges.ts'
import type { Directory } from '../store/directory.ts'
import type { CardTestingStore } from './card-testing-store.ts'
import { createFlowPasses } from './flow-passes.ts'
import type { BlockedFlow } from './flow-probes.ts'
import { blockTexts, type Flow, type RuleName, ruleOf, type Subject, sandboxHoldS, smallAmount } from './rules.ts'
import { applySettings, type RulesInForce } from './settings.ts'
import { isInside, writeDownAddress } from './shopper-address.ts'
import { createTally, type Pass, type Trip, type TryFacts } from './tally.ts'
import { cardOf, type Verdict, verdictOf, verdictOfCharge } from './verdicts.ts'

/** A payment that is about to be tried; null for what is not known of it. */
export type Tried = {
  merchantId: string
  flow: Flow
  /** The shopper's, readable (shopper-address.ts). */
  address: string | null
  bin: string | null
  amount: Money
  /** With a card on file, by an agreement with its shopper. Nobody tests a card so, and a billing run has many declines. */
  isMerchantInitiated: boolean
}

/** A try that goes out. Whoever has it disposes of it once the PSP has answered, or when it was not sent after all. */
export type AdmittedTry = Disposable & { learn(charge: Charged, outcome: Outcome): void }
type Charged = Pick<ChargeRow, 'id' | 'card'>

/**
 * The defence against card testing (rules.ts, docs/card-testing.md). Before the PSP is called, a payment is compared
 * with what is blocked and with what waits for an answer; afterwards its outcome is counted. All of that is in memory.
 * A block is written down, and announced to all processes; a charge does not wait for it.
 */
export type CardTesting = {
  /** Asked before anything is written of a new payment. What is refused was not sent, and is not counted. */
  admit(tried: Tried): Promise<AdmittedTry | Refusal>
  /** The same of what is no try yet: a payment session that is made (null), or a shopper at the link of one. */
  findBlock(where: {
    merchantId: string
    flow: Flow
    openedFrom: string | null
    session: string | null
  }): Promise<Refusal | null>
  /**
   * A charge whose outcome came otherwise than to whom has its try; without `outcome`, the charge has it already.
   * `openedFrom` is its session's. Never rejects.
   */
  learn(told: { charge: ChargeRow; outcome?: Outcome; openedFrom?: string | null }): Promise<void>
  /** How an address that opens a merchant's link is written down. */
  nameAddress(merchantId: string, address: string): Promise<string | null>
  /** Waits until the blocks that were begun are written down. */
  settle(): Promise<void>
}

type Needs = Pick<Deps, 'vault' | 'now' | 'log'> & {
  config: Pick<Config, 'environment'>
  store: CardTestingStore
  directory: Pick<Directory, 'onCardTestingChange'>
}
type Known = { rules: RulesInForce; blocks: ReadonlyMap<string, Holding> }
type Holding = Pick<CardTestingBlock, 'rule' | 'until'>
/** A block of this process; `writtenAt` is null while only this process knows of it. */
type OwnBlock = { rule: RuleName; until: Date; writtenAt: Date | null }

/** An outcome that comes later than this says nothing of what goes on. */
const newsMs = 3_600_000
/** Stands for every address that no rule looks at. */
const allowed = 'allowed'

export function createCardTesting(deps: Needs): CardTesting {
  const tally = createTally()
  const passes = createFlowPasses()
  /** Payment sessions whose link was opened while their flow was blocked, until their first outcome. */
  const passOfSession = new LRUCache<string, Pass>({ max: 20_000 })
  const load = async (merchantId: string): Promise<Known> => {
    const { settings, blocks } = await deps.store.read(merchantId)
    return {
      rules: applySettings(settings),
      blocks: new Map(blocks.map((block) => [`${block.subject} ${block.value}`, block])),
    }
  }
  // A charge does not wait for what is only looked at again; what is announced drops the entry, and is read at once.
  const cache = createCached(load, { servesStale: true })
  const own = new LRUCache<string, OwnBlock>({ max: maxEntries })
  deps.directory.onCardTestingChange(() => {
    cache.dropAll()
    // From here on what is stored says how they stand: one may just have been lifted.
    for (const [key, { writtenAt }] of [...own.entries()]) if (writtenAt !== null) own.delete(key)
  })
  const writing = new Set<Promise<void>>()
  /** Tries that wait for their shopper, or for an answer; null for one that no rule looks at. */
  const waiting = new LRUCache<string, { facts: TryFacts | null }>({ max: 20_000, ttl: newsMs })

  const findHolding = (known: Known, merchantId: string, subject: Subject, value: string) => {
    const now = deps.now()
    const stored = known.blocks.get(`${subject} ${value}`)
    if (stored !== undefined && stored.until > now && known.rules.limits[stored.rule].on) return stored
    const mine = own.get(`${merchantId} ${subject} ${value}`)
    if (mine === undefined || mine.until <= now) return null
    // Once it is written, what is stored says how it stands, as soon as every cache has heard of it.
    return mine.writtenAt === null || now.getTime() - mine.writtenAt.getTime() < lifetimeMs ? mine : null
  }

  /** The block that stops a payment, the narrowest first; null when none does. */
  const findStopping = (known: Known, facts: TryFacts) => {
    for (const subject of ['session', 'address', 'bin', 'flow'] as const) {
      const value = facts[subject]
      // A card's first six digits are known in time at the card relay alone.
      if (value === null || (subject === 'bin' && facts.flow !== 'raw_card')) continue
      if (subject === 'flow' && facts.pass !== null) continue
      const holding = findHolding(known, facts.merchantId, subject, value)
      if (holding !== null) return holding
    }
    return null
  }
  const refuseBlocked = ({ rule, until }: Holding): Refusal =>
    refuseFor(rule, (until.getTime() - deps.now().getTime()) / 1_000)
  const blockedFlow = ({ merchantId, flow }: TryFacts, { until }: Holding): BlockedFlow => ({
    merchantId,
    flow,
    untilMs: until.getTime(),
  })

  const begin = (known: Known, merchantId: string, trip: Trip): void => {
    if (findHolding(known, merchantId, trip.subject, trip.value) !== null) return
    const now = deps.now()
    const { holdS: set } = known.rules.limits[trip.rule]
    const holdS = deps.config.environment === 'sandbox' ? Math.min(set, sandboxHoldS) : set
    const mine: OwnBlock = { rule: trip.rule, until: new Date(now.getTime() + holdS * 1_000), writtenAt: null }
    own.set(`${merchantId} ${trip.subject} ${trip.value}`, mine)
    const isFlow = trip.subject === 'flow'
    if (isFlow) passes.begin({ merchantId, flow: trip.value, untilMs: mine.until.getTime() }, now.getTime())
    const write = async (): Promise<void> => {
      try {
        mine.until = (await deps.store.begin(merchantId, trip, holdS)) ?? mine.until
        mine.writtenAt = deps.now()
        // Of a flow, its single tries say first whether it goes on.
        const { limit } = trip.figures
        if (!isFlow) tally.putOnLeash(merchantId, { ...trip, limit }, mine.until.getTime())
        cache.drop(merchantId)
      } catch (error) {
        // This process holds it all the same, and when the attack goes on afterwards, it is written then.
        deps.log.error('a block of card testing could not be written; only this process holds it', {
          merchant: merchantId,
          reason: trip.rule,
          error: describeError(error),
        })
      }
    }
    follow(write())
  }
  const follow = (written: Promise<void>): void => {
    writing.add(written)
    void written.then(() => writing.delete(written))
  }

  /** So many single tries were approved that the attack on a flow is over. */
  const endEarly = async ({ merchantId, flow }: BlockedFlow): Promise<void> => {
    try {
      await deps.store.endFlowBlock(merchantId, flow)
      own.delete(`${merchantId} flow ${flow}`)
      cache.drop(merchantId)
    } catch (error) {
      // The next single try that is approved ends it.
      deps.log.error('a block of card testing could not be ended early', {
        merchant: merchantId,
        error: describeError(error),
      })
    }
  }

  /** What a try says of the block of its flow, and of its shopper should the flow be blocked later. */
  const judgeFlow = (known: Known, facts: TryFacts, verdict: Verdict, card: CardShown | null): void => {
    const holding = findHolding(known, facts.merchantId, 'flow', facts.flow)
    const blocked = holding === null ? null : blockedFlow(facts, holding)
    const finding = passes.learn(blocked, { facts, verdict, card }, deps.now().getTime())
    if (holding === null || blocked === null || finding === null) return
    const { rule } = holding
    const leashed = { rule, value: facts.flow, limit: known.rules.limits[rule].limit }
    if (finding === 'goes_on') tally.putOnLeash(facts.merchantId, leashed, blocked.untilMs)
    else tally.takeOffLeash(facts.merchantId, leashed)
    if (finding === 'over') follow(endEarly(blocked))
  }

  /** @param told the card as the PSP's answer has it; otherwise that of the charge. */
  const count = (known: Known, charge: Charged, tried: TryFacts, verdict: Verdict, told: CardShown | null): void => {
    const card = told ?? charge.card
    const facts = { ...tried, bin: tried.bin ?? card?.first6 ?? null }
    judgeFlow(known, facts, verdict, card)
    // It was under way when its address or its kind of card was blocked, and is explained by that. A session explains
    // nothing: whoever used up one takes the next.
    if (findStopping(known, { ...facts, session: null }) !== null) return
    const trips = tally.count({ payment: charge.id, facts, verdict, card }, known.rules, deps.now().getTime())
    for (const trip of trips) begin(known, facts.merchantId, trip)
  }

  const nameFor = (known: Known, merchantId: string, address: string): string | null => {
    const name = writeDownAddress(deps.vault, merchantId, address)
    if (name === null) return null
    // Allowed first: a call centre's own addresses may lie inside.
    if (known.rules.isAllowed(address)) return allowed
    return isInside(address) ? null : name
  }

  return {
    async admit({ merchantId, flow, address, bin, amount, isMerchantInitiated }) {
      if (isMerchantInitiated) return unwatched(waiting)
      const known = await cache.read(merchantId)
      const name = address === null ? null : nameFor(known, merchantId, address)
      if (name === allowed) return unwatched(waiting)
      const nowMs = deps.now().getTime()
      const seen = { merchantId, flow, address: name, bin, session: null, isSmall: isSmall(amount) }
      const stopping = findStopping(known, { ...seen, pass: null })
      if (stopping !== null && ruleOf[stopping.rule].subject !== 'flow') return refuseBlocked(stopping)
      // Before a probe is taken: a crowd would use them up.
      const crowd = tally.findCrowd({ ...seen, pass: stopping === null ? null : 'probe' }, known.rules, nowMs)
      if (crowd !== null) return refuseFor(crowd, crowdRetryS)
      const blocked = stopping === null ? null : blockedFlow({ ...seen, pass: null }, stopping)
      const pass = blocked === null ? null : passes.take(blocked, { ...seen, pass: null }, nowMs)
      if (stopping !== null && pass === null) return refuseBlocked(stopping)
      const facts: TryFacts = { ...seen, pass }
      const close = tally.open(facts, known.rules)
      let isAnswered = false
      return {
        learn(charge, outcome) {
          isAnswered = true
          close()
          const verdict = verdictOf(outcome)
          if (verdict === null) waiting.set(charge.id, { facts })
          else count(known, charge, facts, verdict, cardOf(outcome))
        },
        [Symbol.dispose]() {
          close()
          if (!isAnswered && blocked !== null && pass !== null) passes.giveBack(blocked, pass, deps.now().getTime())
          isAnswered = true
        },
      }
    },

    async findBlock({ merchantId, flow, openedFrom, session }) {
      if (openedFrom === allowed) return null
      const known = await cache.read(merchantId)
      const facts = { merchantId, flow, address: openedFrom, bin: null, session: null, isSmall: false, pass: null }
      const stopping = findStopping(known, facts)
      if (stopping === null) return null
      if (ruleOf[stopping.rule].subject !== 'flow') return refuseBlocked(stopping)
      const nowMs = deps.now().getTime()
      const blocked = blockedFlow(facts, stopping)
      // Who opens the link takes the probe, not who makes its session.
      if (session === null) return passes.isProbeDue(blocked, nowMs) ? null : refuseBlocked(stopping)
      const pass = passOfSession.get(session) ?? passes.take(blocked, facts, nowMs)
      if (pass === null) return refuseBlocked(stopping)
      passOfSession.set(session, pass)
      return null
    },

    async learn({ charge, outcome, openedFrom = null }) {
      const verdict = outcome === undefined ? verdictOfCharge(charge) : verdictOf(outcome)
      const isNews = deps.now().getTime() - charge.created_at.getTime() < newsMs
      if (verdict === null || !isNews || openedFrom === allowed) return
      try {
        const { merchant_id: merchantId, flow, payment_session_id: session, amount, currency } = charge
        const known = await cache.read(merchantId)
        const waited = waiting.get(charge.id)
        if (waited?.facts === null) return
        const pass = (session === null ? undefined : passOfSession.get(session)) ?? null
        const ofRow = { merchantId, flow, address: openedFrom, bin: null, session, pass }
        const facts: TryFacts = waited?.facts ?? { ...ofRow, isSmall: isSmall({ amount, currency }) }
        // Whoever tells of it again tells nothing of the block.
        if (session !== null) passOfSession.delete(session)
        if (waited !== undefined) waiting.set(charge.id, { facts: { ...facts, pass: null } })
        count(known, charge, facts, verdict, outcome === undefined ? null : cardOf(outcome))
        // What is blocked is closed where it is open: a session whose next try has failed too.
        if (session !== null && verdict.is === 'declined' && findStopping(known, { ...facts, pass: null }) !== null)
          await deps.store.endSession(merchantId, session)
      } catch (error) {
        deps.log.error('an outcome was not counted for card testing', {
          object: charge.id,
          error: describeError(error),
        })
      }
    },

    nameAddress: async (merchantId, address) => nameFor(await cache.read(merchantId), merchantId, address),
    async settle() {
      await Promise.all(writing)
    },
  }
}

/** What waits for an answer is soon answered. */
const crowdRetryS = 2

function refuseFor(rule: RuleName, seconds: number): Refusal {
  const { subject } = ruleOf[rule]
  return refuse('card_testing_suspected', {
    detail: `${blockTexts[subject]} Nothing was written and the PSP was not called. The rule is ${rule}.`,
    retryAfterSeconds: Math.max(1, Math.ceil(seconds)),
  })
}

/** A try that no rule looks at, also when its outcome comes later. */
function unwatched(waiting: LRUCache<string, { facts: TryFacts | null }>): AdmittedTry {
  return {
    learn: ({ id }) => void waiting.set(id, { facts: null }),
    [Symbol.dispose]: () => {},
  }
}

function isSmall({ amount, currency }: Money): boolean {
  return amount <= (minorUnitDigits.get(currency) === 3 ? smallAmount.ofThreeDigits : smallAmount.ofMostCurrencies)
}
