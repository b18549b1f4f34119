import { timeOfId } from '../ids.ts'
import type { Reconciliation, SettlementLine } from '../psp-gateway/port.ts'
import { SettlementFileError } from '../psp-gateway/settlement-file-error.ts'
import { findOwnRecords, type OwnAttempt } from '../store/reconciliation-records.ts'
import { isCapturedAtOnce, marginMs, readOwnSide, type Window } from './compare-list.ts'
import { judgeLine } from './judge.ts'
import { createLatelySeen } from './lately-seen.ts'
import { keepDifference, type Run } from './run.ts'

const pageSize = 500
const dayMs = 24 * 3_600_000

/**
 * Compares a day's settlement file with what is held here: gross amounts by reference and currency, what was settled
 * and is unknown, and what is held as captured or refunded on that day and was not settled. Repairs nothing: a file
 * says what was paid out, not what a payment's state is.
 *
 * @returns the day that the file is of.
 */
export async function compareWithSettlement(
  run: Run,
  readFile: NonNullable<Reconciliation['readSettlementFile']>,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Window> {
  const seen = createLatelySeen()
  let day: Window | null = null
  let own: ReturnType<typeof readOwnSide> | null = null
  const begin = (name: string): ReturnType<typeof readOwnSide> => {
    const from = new Date(`${name}T00:00:00.000Z`)
    day = { from, to: new Date(from.getTime() + dayMs) }
    const window = day
    return readOwnSide(run, window, seen, (attempt) => judgeUnsettled(run, attempt, window), isSettled)
  }
  const judge = async (lines: SettlementLine[]) => {
    const names = lines.map(({ reference, payment }) => ({ reference, payment, paymentReference: reference }))
    const records = await findOwnRecords(run.deps.pool, run.account, names)
    for (const [n, line] of lines.entries()) {
      const record = records[n]
      if (record === undefined) throw new Error('A line has lost its record')
      const verdict = judgeLine(line, record)
      seen.add({ kind: line.kind, names: namesOf(line), pspReference: line.payment, at: line.at })
      if (verdict.kind !== 'raise') continue
      await keepDifference(run, {
        class: verdict.class,
        kind: line.kind,
        subject: `${line.reference} ${line.payment}`,
        state: 'open',
        reference: line.reference,
        pspPayment: line.payment,
        chargeId: record.charge_id,
        psp: line.amount,
        own: verdict.own,
        detail: null,
        movedAt: line.at,
      })
    }
    run.totals.movements += lines.length
    const last = lines.at(-1)
    if (last === undefined) return
    own ??= begin(last.at.toISOString().slice(0, 10))
    await own.catchUp(new Date(last.at.getTime() - marginMs))
    await run.beat()
  }

  const reader = readFile(bytes)
  let page: SettlementLine[] = []
  for (;;) {
    const next = await reader.next()
    if (next.done) {
      await judge(page)
      own ??= begin(next.value.day)
      await own.catchUp(new Date(8.64e15))
      if (day === null) throw new SettlementFileError(1, 'has no day')
      return day
    }
    page.push(next.value)
    if (page.length < pageSize) continue
    await judge(page)
    page = []
  }
}

/** A capture is found by its own reference or by its payment, of which a PSP captures once; a refund by its own. */
function namesOf({ kind, reference, payment }: SettlementLine): string[] {
  return kind === 'capture' ? [reference, payment] : [reference]
}

/** Attempts that must have a line in some day's file. */
function isSettled(attempt: OwnAttempt): boolean {
  if (attempt.state !== 'approved') return false
  return attempt.kind === 'capture' || attempt.kind === 'refund' || isCapturedAtOnce(attempt)
}

/** One of ours without a line: only when it happened within the day by every clock is the file without it wrong. */
async function judgeUnsettled(run: Run, attempt: OwnAttempt, day: Window): Promise<void> {
  const begun = Math.min(timeOfId(attempt.id).getTime(), attempt.sent_at.getTime())
  const known = (attempt.settled_at ?? attempt.sent_at).getTime()
  if (begun < day.from.getTime() + marginMs || known >= day.to.getTime() - marginMs) {
    run.totals.atTheEdge++
    return
  }
  await keepDifference(run, {
    class: 'not_settled',
    kind: attempt.kind === 'authorize' ? 'capture' : attempt.kind,
    subject: attempt.id,
    state: 'open',
    reference: attempt.id,
    pspPayment: attempt.charge_psp_reference,
    chargeId: attempt.charge_id,
    psp: null,
    own: {
      amount: attempt.kind === 'authorize' ? attempt.captured : (attempt.amount ?? 0n),
      currency: attempt.charge_currency,
    },
    detail: null,
    movedAt: timeOfId(attempt.id),
  })
}
