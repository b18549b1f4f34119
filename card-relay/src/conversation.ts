import { setTimeout as sleep } from 'node:timers/promises'
import type { CardChargeRequest, Instruction, Reply, SendReport } from '@fincore/api-contract/card-door'
import type { Card } from './card-body.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'
import type { PaymentService } from './payment-service.ts'
import { notSent, type PspClient, type SendInstruction } from './psp-client.ts'

type Parts = { paymentService: PaymentService; psp: PspClient; log: Log }

/** The pauses before each further try to report: about 5 s in all, enough for a payment service that restarts. */
const reportPausesMs = [200, 500, 1_000, 1_500, 2_000] as const

/** An instruction, and when the question that it answers was asked, by `performance.now()`. */
type Instructed = { instruction: Instruction; askedAt: number }

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
  const askedAt = performance.now()
  const first = await parts.paymentService.openCharge(request)
  let next: Instructed | null = first === null ? null : { instruction: first, askedAt }
  // One round more than there are sends: the last one only tells the payment service that the bound was reached.
  for (let sends = 0; sends <= limits.sendsPerCharge && next !== null; sends++) {
    const { instruction } = next
    if (instruction.do === 'reply') return instruction.reply
    const report =
      sends < limits.sendsPerCharge ? await sendInTime(instruction, next.askedAt, card, parts.psp) : notSent
    if (report === notSent) parts.log('not_sent_by_relay', { requestId: request.requestId })
    next = await reportUntilAnswered(instruction.attempt, report, parts.paymentService)
    if (next === null) parts.log('report_unanswered', { requestId: request.requestId })
  }
  return next?.instruction.do === 'reply' ? next.instruction.reply : null
}

async function sendInTime(
  instruction: SendInstruction,
  askedAt: number,
  card: Card,
  psp: PspClient,
): Promise<SendReport> {
  const timeoutMs = instruction.timeoutMs - (performance.now() - askedAt)
  return timeoutMs <= 0 ? notSent : psp.send({ ...instruction, timeoutMs }, card)
}

/** The PSP may have acted, so the report is worth several tries. After them the attempt's lease and the look-up settle it. */
async function reportUntilAnswered(
  attempt: string,
  report: SendReport,
  paymentService: PaymentService,
): Promise<Instructed | null> {
  for (const pauseMs of [0, ...reportPausesMs]) {
    if (pauseMs > 0) await sleep(pauseMs)
    const askedAt = performance.now()
    const answer = await paymentService.report(attempt, report)
    if (answer === 'gone') return null
    if (answer !== null) return { instruction: answer, askedAt }
  }
  return null
}
