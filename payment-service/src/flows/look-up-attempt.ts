import type { Deps } from '../deps.ts'
import { describeCall, describeReply } from '../observability/describe-call.ts'
import { describeLookUp, noWayToAsk, type Said } from '../payments/look-up-words.ts'
import { askPsp } from '../psp-gateway/ask-psp.ts'
import type { LookUpAnswer, PspReply, Question } from '../psp-gateway/port.ts'
import type { AttemptRow } from '../store/attempts.ts'
import { type ChargeRow, findCharge } from '../store/charges.ts'

export type MoneyAttempt = AttemptRow & { kind: 'authorize' | 'capture' | 'cancel' | 'refund' }

export function movesMoney(attempt: AttemptRow): attempt is MoneyAttempt {
  return attempt.kind !== 'create_session' && attempt.kind !== 'expire_session'
}

/**
 * Asks the PSP what became of our reference, without applying it. The account may be disabled: a payment that was made
 * there is asked for all the same, with the credentials that the account has now.
 */
export async function lookUpAttempt(
  deps: Deps,
  attempt: MoneyAttempt,
  timeoutMs: number,
): Promise<Said & { answer: Exclude<LookUpAnswer, { found: 'next' }>; consistencyWindowMs: number }> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  if (account === null) throw new Error('An attempt has lost its PSP account')
  const { payments, consistencyWindowMs } = deps.psps[account.psp]
  const charge = await findChargeOf(deps, attempt)
  const question: Question = {
    kind: attempt.kind,
    reference: attempt.id,
    payment: charge.psp_reference,
    sentAt: attempt.sent_at,
    askedAt: deps.now(),
    ...(attempt.amount === null ? {} : { amount: { amount: attempt.amount, currency: charge.currency } }),
    ...(attempt.expected_by === null ? {} : { isAccepted: true }),
  }
  const request = payments.lookUp(account, question)
  if (request === null) {
    const answer = { found: 'unknown', why: 'the PSP has no look-up for it' } as const
    return { ...noWayToAsk, answer, consistencyWindowMs }
  }
  const read = (reply: PspReply) => payments.readLookUp(account, question, reply)
  return deps.tracing.part('call the PSP', describeCall(account.psp, account.id, 'look_up'), async (tell) => {
    const { reply, answer } = await askPsp(deps, request, read, timeoutMs)
    const said = describeLookUp(reply, answer)
    tell({ ...describeReply(reply), 'fincore.outcome': said.said })
    return { ...said, answer, consistencyWindowMs }
  })
}

export async function findChargeOf(deps: Deps, attempt: AttemptRow): Promise<ChargeRow> {
  const charge = attempt.charge_id === null ? null : await findCharge(deps.pool, attempt.merchant_id, attempt.charge_id)
  if (charge === null) throw new Error('An attempt has lost its charge')
  return charge
}
