import { type RoutingReason, type RoutingVerdict, routingVerdicts } from '@fincore/api-contract/routing-verdicts'
import type { Money, Psp } from '../psp-gateway/port.ts'

/** A merchant's account at a PSP, as far as it matters for who takes a payment. */
export type RoutableAccount = {
  id: string
  isActive: boolean
  /** 1 is tried first. */
  priority: number
  /** Its weight among the accounts of equal priority, 1 to 100. */
  share: number
  /** ISO 4217; null: all. */
  currencies: readonly string[] | null
  /** Null: all. Only a raw card's brand is known before it is charged; where it is not, it excludes nothing. */
  cardBrands: readonly string[] | null
  /** An operator has confirmed that the PSP takes raw cards at this account. */
  takesRawCards: boolean
}

/** What its PSP offers; having the group in the port is the capability. */
export type Offer = Pick<Psp, 'hostedSessions' | 'rawCards' | 'takesAmount'>

/** `half_open`: one call may find out whether the PSP is back. */
export type BreakerState = 'closed' | 'half_open' | 'open'

export type Candidate = RoutableAccount & { psp: Offer; breaker: BreakerState }

/** What a payment asks of an account. */
export type PaymentFacts = {
  flow: 'hosted' | 'token' | 'raw_card'
  amount: Money
  /** Of a raw card; null where it is not known. */
  brand: string | null
  /** It brings the result of a 3-D Secure authentication that was made elsewhere. */
  threeDSecure: boolean
  /** The merchant begins it, with a card on file. */
  merchantInitiated: boolean
  /** The account that must take it, and why; null: any that can. */
  asked: { account: string; why: 'asked_for' | 'token_of_this_account' } | null
}

/** An account and what was said of it, as the API shows it. */
export type Considered = { psp_account: string; verdict: RoutingVerdict }

/** Why a payment went where it went, as it is stored and as the API shows it. Ids and words of ours alone. */
export type Routing = { psp_account: string; reason: RoutingReason; considered: Considered[] }

/** More accounts than this are not told of one by one. */
const mostTold = 20

/**
 * Chooses the account that takes a payment. Pure: the same accounts, facts and dice give the same choice.
 *
 * Of the accounts that can take it, those whose breaker is open come last: while all of them are, none is chosen. Among
 * the others the lowest `priority` number goes first, and among equals the dice decide by their shares. A token of which
 * nobody says where it was made is taken to be of the first active account, which is the one that a page draws fields of;
 * it would be worth nothing at another.
 *
 * @param left accounts that were tried already, in their order; none of them is chosen again.
 * @param dice in [0, 1).
 * @returns `chosen: null` when no account can take it now; `considered` says why, of each.
 */
export function route(
  accounts: readonly Candidate[],
  facts: PaymentFacts,
  dice: number,
  left: readonly Considered[] = [],
): Routing | { psp_account: null; considered: Considered[] } {
  const inOrder = accounts.toSorted((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1))
  const inPlay = narrow(inOrder, facts).filter(({ id }) => left.every((one) => one.psp_account !== id))
  const verdicts = new Map(inPlay.map((account) => [account, whyNever(account, facts)]))
  const able = inPlay.filter((account) => verdicts.get(account) === null)
  const ready = able.filter(({ breaker }) => breaker !== 'open')
  const equals = ready.filter(({ priority }) => priority === ready[0]?.priority)
  const chosen = draw(equals, dice)
  const later = (account: Candidate): RoutingVerdict => {
    if (account.breaker === 'open') return 'breaker_open'
    return account.priority === chosen?.priority ? 'not_drawn' : 'lower_priority'
  }
  const others = inPlay
    .filter((account) => account !== chosen)
    .map((account) => ({ psp_account: account.id, verdict: verdicts.get(account) ?? later(account) }))
    .sort((a, b) => rankOf(a.verdict) - rankOf(b.verdict))
  if (chosen === undefined) return { psp_account: null, considered: [...left, ...others].slice(0, mostTold) }
  const reason = facts.asked?.why ?? reasonOf(able.length, equals.length)
  const considered = [...left, { psp_account: chosen.id, verdict: reason }, ...others].slice(0, mostTold)
  return { psp_account: chosen.id, reason, considered }
}

/** First those that could have taken it, and last those that are long out of use, of which there may be many. */
function rankOf(verdict: RoutingVerdict): number {
  if (verdict === 'disabled') return 2
  return routingVerdicts[verdict].effect === 'later' ? 0 : 1
}

/** Those among which there is a choice at all. */
function narrow(inOrder: readonly Candidate[], { asked, flow }: PaymentFacts): readonly Candidate[] {
  if (asked !== null) return inOrder.filter(({ id }) => id === asked.account)
  return flow === 'token' ? inOrder.filter(({ isActive }) => isActive).slice(0, 1) : inOrder
}

function reasonOf(able: number, equals: number): RoutingReason {
  if (able === 1) return 'only_one'
  return equals === 1 ? 'highest_priority' : 'share'
}

/** Why an account can never take such a payment as it is set up; null when it can. The first reason counts. */
function whyNever(account: Candidate, facts: PaymentFacts): RoutingVerdict | null {
  const { flow, amount, brand } = facts
  const { psp } = account
  if (!account.isActive) return 'disabled'
  if (flow === 'hosted' && psp.hostedSessions === undefined) return 'cannot_hosted'
  if (flow === 'raw_card') {
    if (psp.rawCards === undefined) return 'cannot_raw_cards'
    if (psp.rawCards.needsConfirmation && !account.takesRawCards) return 'raw_cards_not_confirmed'
    if (facts.threeDSecure && !psp.rawCards.takesThreeDSecure) return 'no_three_d_secure'
    if (facts.merchantInitiated && !psp.rawCards.takesMerchantInitiated) return 'no_merchant_initiated'
  }
  if (account.currencies !== null && !account.currencies.includes(amount.currency)) return 'currency_not_taken'
  if (psp.takesAmount?.(amount) === false) return 'amount_not_taken'
  if (account.cardBrands !== null && brand !== null && !account.cardBrands.includes(brand)) return 'brand_not_taken'
  return null
}

/** One of them, each as often as its share of all of their shares; undefined when there is none. */
function draw(equals: readonly Candidate[], dice: number): Candidate | undefined {
  let point = dice * equals.reduce((sum, { share }) => sum + share, 0)
  return equals.find(({ share }) => {
    point -= share
    return point < 0
  })
}
