import { isCurrency } from '@fincore/api-contract/money'
import { type RoutingVerdict, routingVerdicts } from '@fincore/api-contract/routing-verdicts'
import type { Deps } from '../deps.ts'
import { type Considered, type PaymentFacts, type Routing, route } from '../payments/route.ts'
import type { Psp, PspAccount } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'

/** The account that shall take a payment, its PSP's adapter, and why it is this one. */
export type Chosen = {
  account: PspAccount
  psp: Psp
  routing: Routing
  /** The call is not made after all: the account's breaker, if it waits for one, may let another through. */
  release(): void
}

/** What a request says of where it may go. */
export type Wanted = Pick<PaymentFacts, 'flow' | 'asked'> & {
  merchantId: string
  /** The charge's or the session's id: the dice that decide among equals are made of it. */
  id: string
  /** In the currency's minor unit. */
  amount: number
  currency: string
  /** Of a raw card. */
  brand?: string
  needs?: { threeDSecure?: boolean; merchantInitiated?: boolean }
}

/**
 * Chooses an account for a payment, by the merchant's settings, what its PSP offers, and how it does just now
 * (docs/routing.md); or says why none can take it.
 *
 * @param left accounts that were tried already.
 */
export async function choosePspAccount(
  deps: Deps,
  wanted: Wanted,
  left: readonly Considered[] = [],
): Promise<Chosen | Refusal> {
  // Before any adapter is asked of an amount in it.
  if (!isCurrency(wanted.currency)) return refuse('currency_unsupported', { param: 'currency' })
  const accounts = await deps.directory.listRoutableAccounts(wanted.merchantId)
  const breakers = deps.pspHealth[wanted.flow === 'raw_card' ? 'relayed' : 'ours']
  const candidates = accounts.map((account) => ({
    ...account,
    psp: deps.psps[account.psp],
    breaker: breakers.stateOf(account.id),
  }))
  const facts: PaymentFacts = {
    flow: wanted.flow,
    amount: { amount: BigInt(wanted.amount), currency: wanted.currency },
    brand: wanted.brand ?? null,
    threeDSecure: wanted.needs?.threeDSecure ?? false,
    merchantInitiated: wanted.needs?.merchantInitiated ?? false,
    asked: wanted.asked,
  }
  const routing = route(candidates, facts, rollDice(wanted.id, left.length), left)
  if (routing.psp_account === null) return refuseAll(routing.considered, wanted, (id) => breakers.retryAfterSeconds(id))
  const { psp_account: id } = routing
  // At once, before anybody else asks.
  breakers.enter(id)
  const release = () => breakers.leave(id)
  const account = await deps.directory.findPspAccount(id)
  if (account !== null) return { account, psp: deps.psps[account.psp], routing, release }
  release()
  return refuse('psp_account_missing')
}

/** The same number in [0, 1) for the same payment and try, in every process and at every repeat. */
function rollDice(id: string, turn: number): number {
  return digestOf(`${id} ${turn}`).readUInt32BE() / 2 ** 32
}

type RefusalRow = { verdict: RoutingVerdict } & (
  | { code: Exclude<Refusal['refused'], 'capability_not_supported'> }
  | { code: 'capability_not_supported'; param?: string; advice: string }
)

/** What no account can give, the most useful to know first: what passes by itself, then what an operator can mend. */
const refusals: readonly RefusalRow[] = [
  { verdict: 'breaker_open', code: 'psp_unavailable' },
  { verdict: 'raw_cards_not_confirmed', code: 'raw_cards_not_confirmed' },
  { verdict: 'no_three_d_secure', code: 'three_d_secure_not_supported' },
  { verdict: 'no_merchant_initiated', code: 'merchant_initiated_not_supported' },
  {
    verdict: 'brand_not_taken',
    code: 'capability_not_supported',
    param: 'payment_method.card.number',
    advice: 'Ask for another card.',
  },
  {
    verdict: 'amount_not_taken',
    code: 'capability_not_supported',
    param: 'amount',
    advice: 'Nothing is rounded: use another amount or currency.',
  },
  {
    verdict: 'currency_not_taken',
    code: 'capability_not_supported',
    param: 'currency',
    advice: 'Use another currency, or ask your operator.',
  },
  { verdict: 'cannot_raw_cards', code: 'capability_not_supported', advice: 'Use a payment session or a token.' },
  { verdict: 'cannot_hosted', code: 'capability_not_supported', advice: 'Use a token.' },
]

function refuseAll(
  considered: readonly Considered[],
  { asked }: Wanted,
  retryAfterSeconds: (accountId: string) => number,
): Refusal {
  const named =
    asked === null ? {} : { param: asked.why === 'asked_for' ? 'psp_account' : 'payment_method.psp_account' }
  const row = refusals.find(({ verdict }) => considered.some((one) => one.verdict === verdict))
  if (row === undefined) return refuse('psp_account_missing', { ...named, detail: sayMissing(considered, asked) })
  if (row.code === 'psp_unavailable') {
    const waits = considered.filter(({ verdict }) => verdict === row.verdict)
    return refuse(row.code, {
      ...named,
      retryAfterSeconds: Math.min(...waits.map(({ psp_account }) => retryAfterSeconds(psp_account))),
      detail:
        'The PSP account has failed so often just now that no new payment is begun there. Nothing was written and the PSP was not called. Wait for Retry-After and send the same request with the same idempotency key again.',
    })
  }
  if (row.code !== 'capability_not_supported') return refuse(row.code, named)
  const param = row.param === undefined ? named : { param: row.param }
  const inUse = considered.filter(({ verdict }) => verdict !== 'disabled')
  const who =
    inUse.length === 1
      ? `The PSP account cannot take this payment (${row.verdict}).`
      : `None of your PSP accounts can take this payment. What is said of one of them (${row.verdict}):`
  const detail = `${who} ${routingVerdicts[row.verdict].meaning} Nothing was written and no PSP was called. ${row.advice}`
  return refuse(row.code, { ...param, detail })
}

/** Where there is no account to speak of. */
function sayMissing(considered: readonly Considered[], asked: Wanted['asked']): string {
  const isDisabled = considered.some(({ verdict }) => verdict === 'disabled')
  if (asked === null)
    return 'You have no active PSP account in this environment. Nothing was written. Ask your operator.'
  return isDisabled
    ? 'The PSP account that the request names is disabled. Nothing was written. Name another, or ask your operator.'
    : 'You have no PSP account with the id that the request names in this environment. Nothing was written. `/v1/client_config` lists those that are active.'
}
