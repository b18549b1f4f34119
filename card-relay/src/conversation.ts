import { setTimeout as sleep } from 'node:timers/promises'
import type { CardChargeReport, CardChargeRequest, Instruction, Reply } from '@fincore/api-contract/card-door'
import type { Card } from './card.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'
import type { PaymentService } from './payment-service.ts'
import { isWellFormed, notSent, type SendCard } from './psp-client.ts'

type Parts = { paymentService: PaymentService; sendCard: SendCard; log: Log; startedAt: number }
/** What the payment service answered, and when it was asked, by `performance.now()`. */
type Instructed = { askedAt: number; answer: Instruction | 'gone' | null }

/** Milliseconds, in tenths, since a moment of `performance.now()`. */
export const since = (moment: number) => Math.round((performance.now() - moment) * 10) / 10

/** The pauses before each try to report: about 5 s in all, enough for a payment service that restarts. */
const reportPausesMs = [0, 200, 500, 1_000, 1_500, 2_000] as const

/**
 * Carries one charge to its end: the payment service instructs, the relay sends and reports, until the instruction is
 * `reply`. Null when the payment service gives no instruction: nobody then knows more than that the same request with
 * the same idempotency key is safe to repeat, because what was sent is looked up and not sent again.
 *
 * A card is never sent later than the payment service counts on. Once an attempt's lease has ended, it takes a PSP's
 * “not found” as proof that the attempt did nothing, and the charge may be made again: a card that left after that
 * could be money taken twice. `timeoutMs` is the time that was left when the instruction was made, which is after its
 * question left here; so all the time since the question is taken off, and with nothing left the card is not sent.
 */
export async function converse(request: CardChargeRequest, card: Card, parts: Parts): Promise<Reply | null> {
  const { paymentService, sendCard, log, startedAt } = parts
  let pspMs = 0
  let next: Instructed = { askedAt: performance.now(), answer: await paymentService.openCharge(request) }
  for (let sends = 0; ; sends++) {
    const { askedAt, answer } = next
    if (answer === null || answer === 'gone') return null
    if (answer.do === 'reply') return answer.reply
    // A bug over there; the attempt's lease and the look-up settle it. There is one report more than there are sends, to
    // tell the payment service that the bound was reached.
    if (!isWellFormed(answer) || sends > limits.sendsPerCharge) return null
    const timeoutMs = answer.timeoutMs - (performance.now() - askedAt)
    const maySend = timeoutMs > 0 && sends < limits.sendsPerCharge
    const sentAt = performance.now()
    const report = maySend ? await sendCard({ ...answer, timeoutMs }, card) : notSent
    if (report === notSent) log('not_sent_by_relay', { requestId: request.requestId })
    pspMs += since(sentAt)
    const timed = { ...report, requestId: request.requestId, elapsedMs: since(startedAt), pspMs }
    next = await reportUntilAnswered(answer.attempt, timed, paymentService)
    if (next.answer === null || next.answer === 'gone') log('report_unanswered', { requestId: request.requestId })
  }
}

/** The PSP may have acted, so the report is worth several tries. After them the attempt's lease and the look-up settle it. */
async function reportUntilAnswered(attempt: string, report: CardChargeReport, to: PaymentService): Promise<Instructed> {
  for (const pauseMs of reportPausesMs) {
    if (pauseMs > 0) await sleep(pauseMs)
    const tried: Instructed = { askedAt: performance.now(), answer: await to.report(attempt, report) }
    if (tried.answer !== null) return tried
  }
  return { askedAt: 0, answer: null }
}
