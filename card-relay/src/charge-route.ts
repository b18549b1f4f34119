import type { Caller, Reply } from '@fincore/api-contract/card-door'
import type { AdmissionDesk } from './admission.ts'
import { answer, answerAndClose, type Exchange } from './answer.ts'
import { type CallerSource, identifyCaller } from './caller.ts'
import { takeCard, wipeCard } from './card-body.ts'
import type { CardMemory } from './card-memory.ts'
import { holdsCardNumber } from './card-search.ts'
import { converse } from './conversation.ts'
import type { Log } from './log.ts'
import type { PaymentService } from './payment-service.ts'
import type { Refusal } from './problems.ts'
import type { PspClient } from './psp-client.ts'
import { type BodyCount, checkBodyHeaders, readBody } from './request-body.ts'

/** The bound on admitted charges under way. */
export type ChargePlaces = {
  /** Does the work when there is a place for it, and holds the place until it is done. */
  within<Result>(work: () => Promise<Result>): Promise<Result | 'full'>
}

export type RouteParts = {
  callerSource: CallerSource
  desk: AdmissionDesk
  places: ChargePlaces
  paymentService: PaymentService
  psp: PspClient
  memory: CardMemory
  bodyCount: BodyCount
  /** Makes the answer to a refusal of the relay's own, and logs its code. */
  explain(refusal: Refusal, requestId: string): Reply
  log: Log
}

/**
 * `POST /v1/charges`, from the first look at the caller to the answer. The order is the point: who calls, then what
 * the headers say of the body, and only then the first byte of the body. A place among the charges is taken by nobody
 * who was not admitted, and given back before the rest of a refused body is thrown away.
 */
export async function handleCharge(exchange: Exchange, parts: RouteParts): Promise<void> {
  const { request, requestId } = exchange
  const caller = identifyCaller(request, parts.callerSource)
  const refuse = (refusal: Refusal) => answerAndClose(exchange, parts.explain(refusal, requestId), parts.bodyCount)

  const admission = await parts.desk.admit(requestId, caller)
  if (admission === null) return refuse({ code: 'service_unavailable' })
  if (admission.decision === 'refuse') return answerAndClose(exchange, admission.reply, parts.bodyCount)
  const headerProblem = checkBodyHeaders(request)
  if (headerProblem !== null) return refuse(headerProblem)

  const outcome = await parts.places.within(() => readAndCharge(exchange, caller, parts))
  if (outcome === 'full') return refuse({ code: 'service_unavailable' })
  if (outcome === 'client_gone') return parts.log('client_gone', { requestId })
  if (outcome.isBodyRead) return answer(exchange, outcome.reply)
  // It was told to go on by now, so what it sends is thrown away.
  return answerAndClose({ ...exchange, expectsContinue: false }, outcome.reply, parts.bodyCount)
}

type ChargeOutcome = 'client_gone' | { isBodyRead: boolean; reply: Reply }

async function readAndCharge(exchange: Exchange, caller: Caller, parts: RouteParts): Promise<ChargeOutcome> {
  const { request, response, requestId } = exchange
  if (exchange.expectsContinue) response.writeContinue()
  const result = await readBody(request, parts.memory, parts.bodyCount)
  if (result.kind === 'client_gone') return 'client_gone'
  if (result.kind === 'refused') return { isBodyRead: false, reply: parts.explain(result.refusal, requestId) }
  const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key'])
  return { isBodyRead: true, reply: await chargeCard(result.body, { requestId, caller, idempotencyKey }, parts) }
}

type ChargeContext = { requestId: string; caller: Caller; idempotencyKey: string | null }

/** Takes the card out of the body and carries the charge to its end. Card and body are wiped on every way out. */
async function chargeCard(body: Buffer, context: ChargeContext, parts: RouteParts): Promise<Reply> {
  const explain = (refusal: Refusal) => parts.explain(refusal, context.requestId)
  const taken = takeCardAndWipe(body, parts.memory)
  if (!taken.ok) return explain(taken.refusal)
  const { card, blankedBody } = taken
  try {
    if (context.idempotencyKey !== null && holdsCardNumber(Buffer.from(context.idempotencyKey), card.number)) {
      const detail = 'The `Idempotency-Key` holds the card number. Make the key from random data.'
      return explain({ code: 'card_field_ambiguous', detail })
    }
    const reply = await converse({ ...context, blankedBody, card: card.facts }, card, parts)
    return reply ?? explain({ code: 'service_unavailable' })
  } finally {
    wipeCard(card, parts.memory)
  }
}

/** The body itself is not needed once it is decoded, so it is wiped before the first call. */
function takeCardAndWipe(body: Buffer, memory: CardMemory): ReturnType<typeof takeCard> {
  try {
    return takeCard(body, memory)
  } finally {
    memory.wipe(body)
  }
}

export function makeChargePlaces(most: number): ChargePlaces {
  let taken = 0
  return {
    async within(work) {
      if (taken >= most) return 'full'
      taken += 1
      try {
        return await work()
      } finally {
        taken -= 1
      }
    },
  }
}

/** As it was received, but for one that is far longer than the 255 characters allowed: it stays too long when cut. */
function readIdempotencyKey(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header.slice(0, 1_000) : null
}
