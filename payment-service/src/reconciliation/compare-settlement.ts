import { timeOfId } from '../ids.ts'
import type { Reconciliation, SettlementLine } from '../psp-gateway/port.ts'
import { findOwnRecords, type OwnAttempt } from '../store/reconciliation-records.ts'
import { type Expected, isCapturedAtOnce, marginMs, readOwnSide, type Window } from './compare-list.ts'
import { judgeLine, type Verdict } from './judge.ts'
import { createLatelySeen } from './lately-seen.ts'
import { keepDifference, type Run } from './run.ts'

const pageSize = 500
const dayMs = 24 * 3_600_000

type ReadFile = NonNullable<Reconciliation['readSettlementFile']>

/**
 * Compares a day's settlement file with what is held here: gross amounts by reference and currency, what was settled
 * and is unknown, and what is held as captured or refunded on that day and was not settled. Repairs nothing: a file
 * says what was paid out, not what a payment's state is.
 *
 * The file is read twice: what it lacks is no difference before its trailer has said that nothing of it is lost.
 *
 * @returns the day that the file is of.
 */
export async function compareWithSettlement(
  run: Run,
  readFile: ReadFile,
  openFile: () => AsyncIterable<Uint8Array>,
): Promise<Window> {
  const from = new Date(`${await checkFile(run, readFile(openFile()))}T00:00:00.000Z`)
  const day: Window = { from, to: new Date(from.getTime() + dayMs) }
  const seen = createLatelySeen()
  const own = readOwnSide(run, day, seen, (attempt) => judgeUnsettled(run, attempt, day), expectInFile)
  for await (const lines of inPages(readFile(openFile()))) {
    const names = lines.map(({ reference, payment }) => ({ reference, payment, paymentReference: reference }))
    const records = await findOwnRecords(run.deps.pool, run.account, names)
    for (const [n, line] of lines.entries()) {
      const record = records[n]
      if (record === undefined) throw new Error('A line has lost its record')
      seen.add({ kind: line.kind, names: namesOf(line), pspReference: line.payment, at: line.at })
      const verdict = judgeLine(line, record)
      if (verdict.kind === 'raise') await raiseLine(run, line, verdict, record.charge_id)
    }
    run.totals.movements += lines.length
    const last = lines.at(-1)
    if (last !== undefined) await own.catchUp(new Date(last.at.getTime() - marginMs))
    await run.beat()
  }
  await own.catchUp(day.to)
  return day
}

/** Reads the file to its end, for all that it says of itself, and answers with its day. */
async function checkFile(run: Run, lines: ReturnType<ReadFile>): Promise<string> {
  for (let count = 1; ; count++) {
    const next = await lines.next()
    if (next.done) return next.value.day
    if (count % pageSize === 0) await run.beat()
  }
}

async function* inPages(lines: AsyncIterable<SettlementLine>): AsyncGenerator<SettlementLine[]> {
  let page: SettlementLine[] = []
  for await (const line of lines) {
    page.push(line)
    if (page.length < pageSize) continue
    yield page
    page = []
  }
  yield page
}

function raiseLine(
  run: Run,
  line: SettlementLine,
  verdict: Extract<Verdict, { kind: 'raise' }>,
  chargeId: string | null,
): Promise<void> {
  return keepDifference(run, {
    class: verdict.class,
    kind: line.kind,
    subject: `${line.reference} ${line.payment}`,
    state: 'open',
    reference: line.reference,
    pspPayment: line.payment,
    chargeId,
    psp: line.amount,
    own: verdict.own,
    detail: null,
    movedAt: line.at,
  })
}

/** A capture is found by its own reference or by its payment, of which a PSP captures once; a refund by its own. */
function namesOf({ kind, reference, payment }: SettlementLine): string[] {
  return kind === 'capture' ? [reference, payment] : [reference]
}

/** What must have a line in some day's file. */
function expectInFile(attempt: OwnAttempt): Expected {
  if (attempt.state !== 'approved') return 'nothing'
  if (isCapturedAtOnce(attempt)) return ['capture']
  return attempt.kind === 'capture' || attempt.kind === 'refund' ? [attempt.kind] : 'nothing'
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
