import { setTimeout as sleep } from 'node:timers/promises'
import type { CardChargeRequest, Instruction, Reply, SendReport } from '@fincore/api-contract/card-door'
import type { Card } from './card-body.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'
import type { PaymentService } from './payment-service.ts'
import { notSent, type PspClient } from './psp-client.ts'

type Parts = { paymentService: PaymentService; psp: PspClient; log: Log }

/** The pauses before each further try to report: about 5 s in all, enough for a payment service that restarts. */
const reportPausesMs = [200, 500, 1_000, 1_500, 2_000] as const

/**
 * Carries one charge to its end: the payment service instructs, the relay sends and reports, until the instruction is
 * `reply`. Null when the payment service gives no instruction: nobody then knows more than that the same request with
 * the same idempotency key is safe to repeat, because what was sent is looked up and not sent again.
 */
export async function converse(request: CardChargeRequest, card: Card, parts: Parts): Promise<Reply | null> {
  let instruction: Instruction | null = await parts.paymentService.openCharge(request)
  // One round more than there are sends: the last one only tells the payment service that the bound was reached.
  for (let sends = 0; sends <= limits.sendsPerCharge && instruction !== null; sends++) {
    if (instruction.do === 'reply') return instruction.reply
    const report = sends < limits.sendsPerCharge ? await parts.psp.send(instruction, card) : notSent
    if (report === notSent) parts.log('not_sent_by_relay', { requestId: request.requestId })
    instruction = await reportUntilAnswered(instruction.attempt, report, parts.paymentService)
    if (instruction === null) parts.log('report_unanswered', { requestId: request.requestId })
  }
  return instruction?.do === 'reply' ? instruction.reply : null
}

/** The PSP may have acted, so the report is worth several tries. After them the attempt's lease and the look-up settle it. */
async function reportUntilAnswered(
  attempt: string,
  report: SendReport,
  paymentService: PaymentService,
): Promise<Instruction | null> {
  for (const pauseMs of [0, ...reportPausesMs]) {
    if (pauseMs > 0) await sleep(pauseMs)
    const answer = await paymentService.report(attempt, report)
    if (answer === 'gone') return null
    if (answer !== null) return answer
  }
  return null
}
