import { isCurrency } from '@fincore/api-contract/money'
import type { CreateCardCharge, CreateTokenCharge } from '@fincore/api-contract/requests'
import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import type { AuthorizeInput, CardShown } from '../psp-gateway/port.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import type { ChargeRow } from '../store/charges.ts'
import { fingerprintOf, readClaim } from '../store/idempotency.ts'
import type { CardTerms } from './card-terms.ts'
import type { Chosen } from './choose-psp-account.ts'
import { type RawCardUse, recordOfCharge } from './raw-card-use.ts'
import { type Answer, answerRepeat } from './replay.ts'
import { type CallClock, startCallClock } from './time-limits.ts'

/** A charge whose intent is durable. */
export type Begun = { charge: ChargeRow; attemptId: string; idempotencyKey: string }
/** The same in the process that wrote it: the PSP may be called while its clock runs. */
export type Callable = Begun & { clock: CallClock }

/**
 * The first durable write of every charge, whoever sends the request to the PSP: claims the idempotency key and writes
 * charge and attempt in one statement. Answers a repeat, or refuses, without having written anything.
 */
export async function beginCharge(deps: Deps, input: Input): Promise<Callable | { answer: Answer } | Refusal> {
  let isCalled = false
  try {
    const begun = await writeIntent(deps, input)
    isCalled = 'clock' in begun
    return begun
  } finally {
    if (!isCalled && !isRefusal(input.chosen)) input.chosen.release()
  }
}

type Input = {
  merchantId: string
  /** Of a new charge. */
  chargeId: string
  request: CreateTokenCharge | CreateCardCharge
  flow: 'token' | 'raw_card'
  /** The account that shall take it; or why a new charge is refused, which does not refuse a repeat. */
  chosen: Chosen | Refusal
  idempotencyKey: string
  /** What the fingerprint covers in place of the card. */
  card: CardShown | null
  /** Who sent the card; null for a token, whose charge is not audited. */
  use: RawCardUse | null
  /** For the call to the PSP; taken here, before anything is written. The caller ends it. */
  place: PspPlace
}

async function writeIntent(deps: Deps, input: Input): Promise<Callable | { answer: Answer } | Refusal> {
  const { merchantId, chargeId: id, request, idempotencyKey, chosen } = input
  const method = input.card === null ? request.payment_method : { type: 'card', card: input.card }
  // A shopper's address may be another when the merchant sends the request again, and it is the same payment.
  const { customer_ip: _, ...same } = request
  const fingerprint = fingerprintOf('POST /v1/charges', { ...same, payment_method: method })
  if (!isCurrency(request.currency)) return refuse('currency_unsupported', { param: 'currency' })
  if (isRefusal(chosen)) return (await findRepeat(deps, merchantId, idempotencyKey, fingerprint)) ?? chosen
  if (!input.place.take(chosen.account.id))
    return (await findRepeat(deps, merchantId, idempotencyKey, fingerprint)) ?? refuse('psp_overloaded')
  const clock = startCallClock(deps)
  const now = deps.now()
  const charge: ChargeRow = {
    merchant_id: merchantId,
    id,
    status: 'processing',
    flow: input.flow,
    amount: BigInt(request.amount),
    currency: request.currency,
    capture_method: request.capture_method ?? 'automatic',
    captured: 0n,
    refunded: 0n,
    refunds_pending: 0n,
    pending_operation: null,
    pending_amount: null,
    psp_account_id: chosen.account.id,
    psp: chosen.account.psp,
    routing: chosen.routing,
    psp_reference: null,
    network_transaction_id: null,
    payment_session_id: null,
    card: input.card,
    merchant_reference: request.merchant_reference ?? null,
    description: request.description ?? null,
    metadata: request.metadata ?? {},
    return_url: request.return_url ?? null,
    action_url: null,
    failure: null,
    cancellation_reason: null,
    flags: [],
    sequence: 0,
    created_at: now,
    updated_at: now,
  }
  const attemptId = newId('attempt')
  const intent = {
    charge,
    returnDigest: charge.return_url === null ? null : digestOf(deps.vault.linkToken('return', id)),
    attemptId,
    idempotencyKey,
    fingerprint,
    leaseUntil: clock.leaseUntil,
  }
  const { intents, auditedIntents } = deps.hotPath
  const claimed = await (input.use === null
    ? intents.submit(intent)
    : auditedIntents.submit({ ...intent, audit: recordOfCharge(input.use, merchantId, id) }))
  if (claimed) return { charge, attemptId, idempotencyKey, clock }
  // Its claimer rolled back between our statement and this read: the caller comes again.
  return (await findRepeat(deps, merchantId, idempotencyKey, fingerprint)) ?? refuse('idempotency_key_in_use')
}

/** The answer to a repeat of a request whose key is known; null when the key is new. */
async function findRepeat(
  deps: Deps,
  merchantId: string,
  key: string,
  fingerprint: Buffer,
): Promise<{ answer: Answer } | Refusal | null> {
  const claim = await readClaim(deps.pool, { merchantId, key, fingerprint })
  if (claim === null) return null
  const answer = await answerRepeat(deps, merchantId, claim, 201)
  return isRefusal(answer) ? answer : { answer }
}

/** What the PSP is asked, the same for a token and for a card; `terms` of a card alone. */
export function authorizeInput(deps: Deps, charge: ChargeRow, attemptId: string, terms?: CardTerms): AuthorizeInput {
  return {
    reference: attemptId,
    amount: { amount: charge.amount, currency: charge.currency },
    captureMethod: charge.capture_method,
    // The shopper comes back through FinCore, which asks the PSP for the truth before the merchant's page is shown.
    returnUrl:
      charge.return_url === null
        ? null
        : `${deps.config.publicUrl}/c/${deps.vault.linkToken('return', charge.id)}/return`,
    description: charge.description,
    initiator: terms?.initiator ?? null,
    networkTransactionId: terms?.networkTransactionId ?? null,
    threeDSecure: terms?.threeDSecure ?? null,
  }
}
