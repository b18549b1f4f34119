import type { CardFacts, Instruction, SendReport } from '@fincore/api-contract/card-door'
import { CreateCardCharge } from '@fincore/api-contract/requests'
import { LRUCache } from 'lru-cache'
import Schema from 'typebox/schema'
import type { AdmittedTry } from '../abuse/card-testing.ts'
import type { Deps } from '../deps.ts'
import { idOfRequest } from '../ids.ts'
import { describeCall, describeReply } from '../observability/describe-call.ts'
import type { CardShown, Outcome, Shopper } from '../psp-gateway/port.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { explainFinding } from '../reading/explain-validation.ts'
import { readIdempotencyKey } from '../reading/idempotency-key.ts'
import { parseStrictJson } from '../reading/strict-json.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { findAttempt } from '../store/attempts.ts'
import { findCharge, renderCharge } from '../store/charges.ts'
import { findKeyOfObject } from '../store/idempotency.ts'
import { authorizeInput, type Begun, beginCharge, type Callable } from './begin-charge.ts'
import { type CardTerms, readCardTerms } from './card-terms.ts'
import { type Chosen, choosePspAccount, type Wanted } from './choose-psp-account.ts'
import { finishCharge } from './finish-charge.ts'
import { type RawCardUse, recordUseWithoutCharge } from './raw-card-use.ts'
import { readShopper } from './read-shopper.ts'
import type { Answer } from './replay.ts'
import { switchAccount } from './switch-account.ts'
import { type CallClock, timeLeftMs } from './time-limits.ts'

const validator = Schema.Compile(CreateCardCharge)

/** What the relay does next: send, or answer the merchant. */
export type CardStep = Extract<Instruction, { do: 'send' }> | Answer | Refusal

/**
 * What must be kept between `send` and the report to try another PSP: the expiry, the name and the terms, never the card.
 */
type Sent = {
  begun: Callable
  request: CreateCardCharge
  terms: CardTerms
  shopper: Shopper
  wanted: Wanted
  chosen: Chosen
  place: PspPlace
  tried: AdmittedTry
  /** How long the sends before this one took. */
  pspMs: number
  /** The first call's: no account is tried after its time. */
  firstClock: CallClock
}

/**
 * Bounded; a report that finds nothing here (another process, a restart) is read from the database. Each call has a timer
 * of its own, which ends with its report: after a switch the try is the next call's.
 */
const sentByAttempt = new LRUCache<string, Sent & { overdue: NodeJS.Timeout }>({ max: 10_000, ttl: 120_000 })

/** The attempts of cards that the relay was told to send by this process, and that nobody has reported to it. */
export function listUnreportedCards(): string[] {
  return [...sentByAttempt.keys()]
}

export type CardChargeInput = {
  merchantId: string
  idempotencyKey: string | null
  blankedBody: string
  card: CardFacts
  use: RawCardUse
}

/** A charge that arrived at the card relay: everything but the card's number and code. */
export async function beginCardCharge(deps: Deps, input: CardChargeInput): Promise<CardStep> {
  const place = deps.pspPlaces.relayed.open()
  let step: CardStep | undefined
  try {
    step = await beginWithPlace(deps, input, place)
    return step
  } finally {
    // While the relay sends, the place is kept until its report.
    if (step === undefined || !('do' in step)) place.end()
  }
}

async function beginWithPlace(deps: Deps, input: CardChargeInput, place: PspPlace): Promise<CardStep> {
  const sent = await writeIntent(deps, input, place)
  if ('begun' in sent) {
    try {
      return await instructToSend(deps, sent)
    } catch (error) {
      // A bug of an adapter must not count against this shopper's next tries.
      sent.tried[Symbol.dispose]()
      throw error
    }
  }
  await recordUseWithoutCharge(deps, input.use, input.merchantId, sent)
  return sent
}

/** Reads and checks the request, and begins the charge; or says what is answered without one. */
async function writeIntent(deps: Deps, input: CardChargeInput, place: PspPlace): Promise<Sent | Answer | Refusal> {
  const key = readIdempotencyKey(input.idempotencyKey)
  if (isRefusal(key)) return key
  const body = parseStrictJson(input.blankedBody)
  if (isRefusal(body)) return body
  const request: unknown = body.value
  if (!validator.Check(request)) {
    const [, findings] = validator.Errors(request)
    return explainFinding(findings[0], { schema: CreateCardCharge, value: request })
  }
  const { exp_month, exp_year } = request.payment_method.card
  const terms = readCardTerms(request, input.card)
  if (isRefusal(terms)) return terms
  const shopper = readShopper(request)
  if (!input.card.luhnOk) return refuse('card_number_invalid', { param: 'payment_method.card.number' })
  const { amount, currency, psp_account: asked } = request
  const wanted: Wanted = {
    merchantId: input.merchantId,
    id: idOfRequest('charge', input.use.requestId, deps.now()),
    flow: 'raw_card',
    amount,
    currency,
    brand: input.card.brand,
    needs: { threeDSecure: terms.threeDSecure !== null, merchantInitiated: terms.initiator === 'merchant' },
    asked: asked === undefined ? null : { account: asked, why: 'asked_for' },
  }
  const admitted = isRefusal(shopper)
    ? shopper
    : await deps.cardTesting.admit({
        merchantId: input.merchantId,
        flow: 'raw_card',
        address: shopper.address,
        bin: input.card.first6,
        amount: { amount: BigInt(amount), currency },
        isMerchantInitiated: terms.initiator === 'merchant',
      })
  using held = new DisposableStack()
  if (!isRefusal(admitted)) held.use(admitted)
  const chosen = isPast(exp_year, exp_month, deps.now())
    ? refuse('card_expired', { param: 'payment_method.card.exp_year' })
    : isRefusal(admitted)
      ? admitted
      : await choosePspAccount(deps, wanted)
  const card: CardShown = {
    brand: input.card.brand,
    first6: input.card.first6,
    last4: input.card.last4,
    exp_month,
    exp_year,
  }
  const begun = await beginCharge(deps, {
    merchantId: input.merchantId,
    chargeId: wanted.id,
    request,
    flow: 'raw_card',
    chosen,
    idempotencyKey: key.key,
    card,
    use: input.use,
    place,
  })
  if (isRefusal(begun)) return begun
  if ('answer' in begun) return begun.answer
  if (isRefusal(chosen) || isRefusal(admitted) || isRefusal(shopper))
    throw new Error('A charge was begun without an account')
  // From here on until the PSP has answered.
  held.move()
  return { begun, request, terms, shopper, wanted, chosen, place, tried: admitted, pspMs: 0, firstClock: begun.clock }
}

/**
 * What the PSP answered to the relay, or how the call failed: the second write, or another PSP on proof. The relay may
 * report the same more than once; the first time counts.
 */
export async function continueCardCharge(
  deps: Deps,
  attemptId: string,
  report: SendReport,
  pspMs?: number,
): Promise<CardStep> {
  const sending = { report, pspMs, endedAt: performance.now() }
  const sent = sentByAttempt.get(attemptId)
  sentByAttempt.delete(attemptId)
  if (sent === undefined) return takeReport(deps, attemptId, sending, null)
  clearTimeout(sent.overdue)
  sent.place.end()
  deps.pspHealth.relayed.report(sent.chosen.account.id, report)
  try {
    return await takeReport(deps, attemptId, sending, sent)
  } catch (error) {
    // Nothing waits for this try any more.
    sent.tried[Symbol.dispose]()
    throw error
  }
}

/**
 * What the relay says of a send: how it went, how long this one and those before it took, where it tells that, and when it
 * was said, by `performance.now()`.
 */
type Sending = { report: SendReport; pspMs: number | undefined; endedAt: number }

async function takeReport(deps: Deps, attemptId: string, sending: Sending, sent: Sent | null): Promise<CardStep> {
  const begun = sent?.begun ?? (await reloadBegun(deps, attemptId))
  if (begun === null) return refuse('resource_not_found')
  if ('status' in begun) return begun
  const { payments } = deps.psps[begun.charge.psp]
  const outcome = payments.readReply('authorize', sending.report, authorizeInput(deps, begun.charge, attemptId))
  tellSpan(deps, begun, sending, sent?.pspMs ?? 0, outcome)
  const neverActed = outcome.outcome === 'rejected' && outcome.code === 'not_executed'
  if (neverActed && sent !== null && timeLeftMs(deps, sent.firstClock) > 0) {
    const place = deps.pspPlaces.relayed.open()
    const next = await switchAccount(deps, sent.begun, sent.wanted, place)
    if (next !== null) return instructToSend(deps, { ...sent, ...next, place, pspMs: sending.pspMs ?? 0 })
  }
  if (sent !== null) sent.tried.learn(begun.charge, outcome)
  else await deps.cardTesting.learn({ charge: begun.charge, outcome })
  return finishCharge(deps, begun, outcome)
}

/** The relay's request to the PSP, which is under the merchant's own. */
function tellSpan(
  { tracing }: Deps,
  { charge, attemptId }: Begun,
  sending: Sending,
  earlierMs: number,
  outcome: Outcome,
): void {
  const { report, pspMs, endedAt } = sending
  if (pspMs === undefined) return
  const call = describeCall(charge.psp, charge.psp_account_id, 'authorize')
  const told = { ...call, ...describeReply(report), 'fincore.attempt': attemptId, 'fincore.outcome': outcome.outcome }
  tracing.tellRelayed(charge.id, 'send the card', { endedAt, lastedMs: pspMs - earlierMs }, told)
}

async function instructToSend(deps: Deps, sent: Sent): Promise<CardStep> {
  const { charge, attemptId, clock } = sent.begun
  const { account, psp } = sent.chosen
  const { rawCards } = psp
  if (rawCards === undefined) throw new Error('A PSP without raw cards was chosen for one')
  const { exp_month, exp_year, holder_name } = sent.request.payment_method.card
  const asked = rawCards.authorizeCard(account, {
    ...authorizeInput(deps, charge, attemptId, sent.terms),
    shopper: sent.shopper,
    expMonth: exp_month,
    expYear: exp_year,
    holderName: holder_name ?? null,
  })
  if (asked.body === null || asked.method !== 'POST') throw new Error('A card template must be a POST with a body')
  const timeoutMs = timeLeftMs(deps, clock)
  // Too late to send: then nothing was sent, and that is known for certain.
  if (timeoutMs === 0) {
    sent.place.end()
    sent.tried[Symbol.dispose]()
    sent.chosen.release()
    return finishCharge(deps, sent.begun, { outcome: 'rejected', code: 'not_executed', pspCode: null })
  }
  // A relay that has ended reports no more, and another process may get the report.
  sent.place.callBegins()
  const forget = () => {
    sent.place.end()
    sent.tried[Symbol.dispose]()
  }
  const overdue = setTimeout(forget, clock.leaseUntil.getTime() - deps.now().getTime()).unref()
  sentByAttempt.set(attemptId, { ...sent, overdue })
  return {
    do: 'send',
    attempt: attemptId,
    to: asked.url,
    method: 'POST',
    headers: asked.headers,
    body: asked.body,
    timeoutMs,
    replyFields: [...rawCards.replyFields],
  }
}

/** The charge of an attempt that this process does not remember; an attempt that is settled has its answer already. */
async function reloadBegun(deps: Deps, attemptId: string): Promise<Begun | Answer | null> {
  const attempt = await findAttempt(deps.pool, attemptId)
  if (attempt?.kind !== 'authorize' || attempt.charge_id === null) return null
  const charge = await findCharge(deps.pool, attempt.merchant_id, attempt.charge_id)
  const idempotencyKey = await findKeyOfObject(deps.pool, attempt.merchant_id, attempt.charge_id)
  if (charge === null || idempotencyKey === null) return null
  if (attempt.next_lookup_at === null) return { status: 201, body: renderCharge(charge), replayed: false }
  return { charge, attemptId, idempotencyKey }
}

function isPast(year: number, month: number, now: Date): boolean {
  return year < now.getUTCFullYear() || (year === now.getUTCFullYear() && month < now.getUTCMonth() + 1)
}
