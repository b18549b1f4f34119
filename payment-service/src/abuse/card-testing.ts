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
import { blockTexts, type Flow, type RuleName, ruleOf, type Subject, sandboxHoldS, smallAmount } from './rules.ts'
import { applySettings, type RulesInForce } from './settings.ts'
import { isInside, writeDownAddress } from './shopper-address.ts'
import { createTally, type Trip, type TryFacts } from './tally.ts'
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
  /** The same of what is no try yet: a payment session, or a shopper at its link. */
  findBlock(where: { merchantId: string; flow: Flow; openedFrom: string | null }): Promise<Refusal | null>
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
type Known = { rules: RulesInForce; blocks: ReadonlyMap<string, Pick<CardTestingBlock, 'rule' | 'until'>> }
/** A block of this process; `writtenAt` is null while only this process knows of it. */
type OwnBlock = { rule: RuleName; until: Date; writtenAt: Date | null }

/** An outcome that comes later than this says nothing of what goes on. */
const newsMs = 3_600_000
/** Stands for every address that no rule looks at. */
const allowed = 'allowed'

export function createCardTesting(deps: Needs): CardTesting {
  const tally = createTally()
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
      const holding = findHolding(known, facts.merchantId, subject, value)
      if (holding !== null) return holding
    }
    return null
  }
  const refuseBlocked = (known: Known, facts: TryFacts): Refusal | null => {
    const stopping = findStopping(known, facts)
    if (stopping === null) return null
    return refuseFor(stopping.rule, (stopping.until.getTime() - deps.now().getTime()) / 1_000)
  }

  const begin = (known: Known, merchantId: string, trip: Trip): void => {
    if (findHolding(known, merchantId, trip.subject, trip.value) !== null) return
    const now = deps.now()
    const { holdS: set } = known.rules.limits[trip.rule]
    const holdS = deps.config.environment === 'sandbox' ? Math.min(set, sandboxHoldS) : set
    const mine: OwnBlock = { rule: trip.rule, until: new Date(now.getTime() + holdS * 1_000), writtenAt: null }
    own.set(`${merchantId} ${trip.subject} ${trip.value}`, mine)
    const written = deps.store.begin(merchantId, trip, holdS).then(
      (until) => {
        mine.until = until ?? mine.until
        mine.writtenAt = deps.now()
        tally.putOnLeash(merchantId, trip, mine.until.getTime())
        cache.drop(merchantId)
      },
      // This process holds it all the same, and when the attack goes on afterwards, it is written then.
      (error: unknown) =>
        deps.log.error('a block of card testing could not be written; only this process holds it', {
          merchant: merchantId,
          reason: trip.rule,
          error: describeError(error),
        }),
    )
    writing.add(written)
    void written.then(() => writing.delete(written))
  }

  /** @param told the card as the PSP's answer has it; otherwise that of the charge. */
  const count = (known: Known, charge: Charged, tried: TryFacts, verdict: Verdict, told: CardShown | null): void => {
    const card = told ?? charge.card
    const facts = { ...tried, bin: tried.bin ?? card?.first6 ?? null }
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
      const facts: TryFacts = { merchantId, flow, address: name, bin, session: null, isSmall: isSmall(amount) }
      const blocked = refuseBlocked(known, facts)
      if (blocked !== null) return blocked
      const crowd = tally.findCrowd(facts, known.rules, deps.now().getTime())
      if (crowd !== null) return refuseFor(crowd, crowdRetryS)
      const close = tally.open(facts, known.rules)
      return {
        learn(charge, outcome) {
          close()
          const verdict = verdictOf(outcome)
          if (verdict === null) waiting.set(charge.id, { facts })
          else count(known, charge, facts, verdict, cardOf(outcome))
        },
        [Symbol.dispose]: close,
      }
    },

    async findBlock({ merchantId, flow, openedFrom }) {
      if (openedFrom === allowed) return null
      const known = await cache.read(merchantId)
      return refuseBlocked(known, { merchantId, flow, address: openedFrom, bin: null, session: null, isSmall: false })
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
        const ofRow = { merchantId, flow, address: openedFrom, bin: null, session }
        const facts: TryFacts = waited?.facts ?? { ...ofRow, isSmall: isSmall({ amount, currency }) }
        count(known, charge, facts, verdict, outcome === undefined ? null : cardOf(outcome))
        // What is blocked is closed where it is open: a session whose next try has failed too.
        if (session !== null && verdict.is === 'declined' && findStopping(known, facts) !== null)
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
