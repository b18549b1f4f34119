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

export type RouteParts = {
  callerSource: CallerSource
  desk: AdmissionDesk
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
 * the headers say of the body, and only then the first byte of the body.
 */
export async function handleCharge(exchange: Exchange, parts: RouteParts): Promise<void> {
  const { request, response, requestId } = exchange
  const caller = identifyCaller(request, parts.callerSource)
  const explain = (refusal: Refusal) => parts.explain(refusal, requestId)
  const refuse = (reply: Reply) => answerAndClose(exchange, reply, parts.bodyCount)

  const admission = await parts.desk.admit(requestId, caller)
  if (admission === null) return refuse(explain({ code: 'service_unavailable' }))
  if (admission.decision === 'refuse') return refuse(admission.reply)
  const headerProblem = checkBodyHeaders(request)
  if (headerProblem !== null) return refuse(explain(headerProblem))

  if (exchange.expectsContinue) response.writeContinue()
  const result = await readBody(request, parts.memory, parts.bodyCount)
  if (result.kind === 'client_gone') return parts.log('client_gone', { requestId })
  if (result.kind === 'refused') return refuseBody(exchange, explain(result.refusal), parts)

  const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key'])
  answer(exchange, await chargeCard(result.body, { requestId, caller, idempotencyKey }, parts))
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

function refuseBody(exchange: Exchange, reply: Reply, parts: RouteParts): Promise<void> {
  return answerAndClose({ ...exchange, expectsContinue: false }, reply, parts.bodyCount)
}

/** As it was received, but for one that is far longer than the 255 characters allowed: it stays too long when cut. */
function readIdempotencyKey(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header.slice(0, 1_000) : null
}
