import { isCurrency } from '@fincore/api-contract/money'
import type { CreatePaymentSession } from '@fincore/api-contract/requests'
import type { PaymentSession } from '@fincore/api-contract/resources'
import type { Deps } from '../deps.ts'
import { idOfRequest, newId } from '../ids.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import { insertAttempt } from '../store/attempts.ts'
import { type Claim, claimKey, completeKey, fingerprintOf, readClaim, releaseKey } from '../store/idempotency.ts'
import { decideInTransaction, type Queryable } from '../store/pool.ts'
import { findCreateAttempt, restartAttempt } from '../store/session-attempts.ts'
import { cancelUnmadeSession, findSession, insertSession, type SessionRow } from '../store/sessions.ts'
import { type Chosen, choosePspAccount, type Wanted } from './choose-psp-account.ts'
import { isWebAddress } from './merchant-url.ts'
import type { Answer } from './replay.ts'
import { askToMake, type MadeAtPsp, writeMade } from './session-at-psp.ts'
import { linkOf, showSession } from './session-link.ts'
import { switchSession } from './switch-account.ts'
import { type CallClock, startCallClock, timeLeftMs } from './time-limits.ts'

const defaultExpiresInS = 1_800

type Input = { merchantId: string; idempotencyKey: string; request: CreatePaymentSession; requestId?: string }
type Begun = { session: SessionRow; attempt: { merchant_id: string; id: string }; clock: CallClock }

/**
 * Makes a payment session, at once also at the PSP, and answers with the shopper's link. When the PSP does not answer,
 * a retry with the same key goes on with the same session and the same idempotency key at the PSP.
 */
export async function createPaymentSession(deps: Deps, input: Input): Promise<Answer | Refusal> {
  const { request } = input
  if (!isCurrency(request.currency)) return refuse('currency_unsupported', { param: 'currency' })
  for (const param of ['success_url', 'cancel_url'] as const) {
    if (!isWebAddress(request[param]))
      return refuse('parameter_invalid', { param, detail: `${param} must be a whole http or https address.` })
  }
  const { amount, currency, psp_account: asked } = request
  const wanted: Wanted = {
    merchantId: input.merchantId,
    id: idOfRequest('session', input.requestId, deps.now()),
    flow: 'hosted',
    amount,
    currency,
    asked: asked === undefined ? null : { account: asked, why: 'asked_for' },
  }
  const blocked = await deps.cardTesting.findBlock({
    merchantId: input.merchantId,
    flow: 'hosted',
    openedFrom: null,
    session: null,
  })
  const chosen = blocked ?? (await choosePspAccount(deps, wanted))
  // What refuses a new session does not refuse a repeat of one that was made.
  if (isRefusal(chosen)) {
    const fingerprint = fingerprintOf('POST /v1/payment_sessions', request)
    const claim = await readClaim(deps.pool, { merchantId: input.merchantId, key: input.idempotencyKey, fingerprint })
    if (claim === null) return chosen
    return claim.kind === 'refused' ? claim.refusal : repeat(deps, input, claim)
  }
  using place = deps.pspPlaces.ours.open()
  let isCalled = false
  try {
    const begun = await decideInTransaction(deps.pool, (tx) => claimAndWrite(deps, tx, input, wanted.id, chosen, place))
    isCalled = 'clock' in begun
    if (isRefusal(begun)) return begun
    return 'kind' in begun ? await repeat(deps, input, begun) : await finish(deps, input, begun, place, wanted)
  } finally {
    if (!isCalled) chosen.release()
  }
}

async function claimAndWrite(
  deps: Deps,
  tx: Queryable,
  input: Input,
  sessionId: string,
  chosen: Chosen,
  place: PspPlace,
): Promise<Begun | Extract<Claim, { kind: 'replay' }> | Refusal> {
  const { merchantId, idempotencyKey, request } = input
  const clock = startCallClock(deps)
  const session = makeSession(deps, merchantId, sessionId, request, chosen)
  const fingerprint = fingerprintOf('POST /v1/payment_sessions', request)
  const claim = await claimKey(tx, {
    merchantId,
    key: idempotencyKey,
    fingerprint,
    objectId: session.id,
    lockedUntil: clock.leaseUntil,
  })
  if (claim.kind === 'refused') return claim.refusal
  if (claim.kind === 'replay') return claim
  if (!place.take(session.psp_account_id)) return refuse('psp_overloaded')
  const attempt = { merchant_id: merchantId, id: newId('attempt') }
  await insertSession(tx, session, digestOf(deps.vault.linkToken('session', session.id)))
  await insertAttempt(tx, {
    ...attempt,
    kind: 'create_session',
    psp_account_id: session.psp_account_id,
    payment_session_id: session.id,
    amount: session.amount,
    leaseUntil: clock.leaseUntil,
  })
  return { session, attempt, clock }
}

/** The link is in no stored answer: its token stands in no row of the database. */
const withoutLink = (body: PaymentSession): PaymentSession => ({ ...body, url: null })

async function repeat(deps: Deps, input: Input, claim: Extract<Claim, { kind: 'replay' }>): Promise<Answer | Refusal> {
  if (claim.status !== null && claim.status >= 400) return claim.body as Refusal
  if (claim.status !== null) {
    return {
      status: claim.status,
      body: { ...(claim.body as PaymentSession), url: linkOf(deps, claim.objectId) },
      replayed: true,
    }
  }
  const session = await findSession(deps.pool, input.merchantId, claim.objectId)
  const attempt = await findCreateAttempt(deps.pool, input.merchantId, claim.objectId)
  if (session === null || attempt === null) throw new Error('A claimed key has lost its session')
  if (session.status === 'open' && session.psp_url === null) {
    using place = deps.pspPlaces.ours.open()
    if (!place.take(session.psp_account_id)) return refuse('psp_overloaded')
    const clock = startCallClock(deps)
    await restartAttempt(deps.pool, attempt, deps.now(), clock.leaseUntil)
    return await finish(deps, input, { session, attempt, clock }, place, null)
  }
  // The first request's process died, or its PSP's answer came by a look-up: the session tells how it stands.
  return { status: 201, body: showSession(deps, session), replayed: true }
}

/** @param wanted of a new session; null when it was asked for before, and the PSP may have heard of it then. */
async function finish(
  deps: Deps,
  input: Input,
  begun: Begun,
  place: PspPlace,
  wanted: Wanted | null,
): Promise<Answer | Refusal> {
  const { merchantId, idempotencyKey } = input
  const { session, attempt, made } = await makeSomewhere(deps, begun, place, wanted)
  const body = showSession(deps, session)
  const writeAnswer = async (tx: Queryable, outcome: MadeAtPsp) => {
    if (outcome.outcome === 'approved') await completeKey(tx, merchantId, idempotencyKey, 201, withoutLink(body))
    if (outcome.outcome === 'unknown') await releaseKey(tx, merchantId, idempotencyKey)
    if (outcome.outcome !== 'rejected') return
    // Without an event: the merchant hears of it in this answer, and nobody ever had the session's link.
    await cancelUnmadeSession(tx, merchantId, session.id)
    await completeKey(tx, merchantId, idempotencyKey, 422, declinedBy(outcome.pspCode))
  }
  await writeMade(deps, session, attempt, made, writeAnswer)
  if (made.outcome === 'rejected') return declinedBy(made.pspCode)
  if (made.outcome === 'unknown') return refuse('psp_unavailable')
  return { status: 201, body, replayed: wanted === null }
}

/** Asks the account that was chosen, and on proof that it heard nothing the next one, all in the time of one call. */
async function makeSomewhere(deps: Deps, begun: Begun, place: PspPlace, wanted: Wanted | null) {
  const { clock } = begun
  let { session, attempt } = begun
  let made = await askToMake(deps, session, attempt, timeLeftMs(deps, clock), place)
  while (made.outcome === 'unknown' && made.unheard && wanted !== null && timeLeftMs(deps, clock) > 0) {
    using nextPlace = deps.pspPlaces.ours.open()
    const next = await switchSession(deps, { session, attempt }, wanted, nextPlace)
    if (next === null) break
    session = next.session
    attempt = next.attempt
    made = await askToMake(deps, session, attempt, timeLeftMs(deps, clock), nextPlace)
  }
  return { session, attempt, made }
}

function declinedBy(pspCode: string | null): Refusal {
  const because = pspCode !== null && /^[\w.-]{1,64}$/.test(pspCode) ? ` (“${pspCode}”)` : ''
  return refuse('payment_session_declined', {
    detail: `The PSP refused to make its checkout page${because}. No money moved. Change the request, or ask your operator whether the PSP account is set up, and send it with a new idempotency key.`,
  })
}

function makeSession(
  deps: Deps,
  merchantId: string,
  id: string,
  request: CreatePaymentSession,
  chosen: Chosen,
): SessionRow {
  const now = deps.now()
  return {
    merchant_id: merchantId,
    id,
    status: 'open',
    amount: BigInt(request.amount),
    currency: request.currency,
    capture_method: request.capture_method ?? 'automatic',
    psp_account_id: chosen.account.id,
    routing: chosen.routing,
    psp_reference: null,
    psp_url: null,
    success_url: request.success_url,
    cancel_url: request.cancel_url,
    merchant_reference: request.merchant_reference ?? null,
    description: request.description ?? null,
    metadata: request.metadata ?? {},
    locale: request.locale ?? null,
    customer_email: request.customer_email ?? null,
    line_items: request.line_items ?? [],
    late_payments: request.late_payments ?? 'refund',
    link_used_at: null,
    browser_digest: null,
    opened_from: null,
    charge_id: null,
    sequence: 0,
    expires_at: new Date(now.getTime() + (request.expires_in ?? defaultExpiresInS) * 1_000),
    created_at: now,
    updated_at: now,
  }
}
