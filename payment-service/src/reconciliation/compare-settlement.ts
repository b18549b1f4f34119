import { timeOfId } from '../ids.ts'
import type { PspMovement, Reconciliation, SettlementLine } from '../psp-gateway/port.ts'
import { findOwnRecords, type OwnAttempt } from '../store/reconciliation-records.ts'
import { type Expected, isCapturedAtOnce, marginMs, readMovements, readOwnSide, type Window } from './compare-list.ts'
import { judgeLine, type Verdict } from './judge.ts'
import { createLatelySeen } from './lately-seen.ts'
import { createOnceNames } from './once-names.ts'
import { keepDifference, ReconciliationStoppedError, type Run } from './run.ts'

const pageSize = 500
const dayMs = 24 * 3_600_000

type ReadFile = NonNullable<Reconciliation['readSettlementFile']>

/**
 * Compares a day's settlement file with what is held here: gross amounts by reference and currency, what was settled
 * and is unknown, and what is held as captured or refunded on that day and was not settled. Repairs nothing: a file
 * says what was paid out, not what a payment's state is.
 *
 * The file is read more than once: what it lacks is no difference before its trailer has said that nothing of it is
 * lost, nor before all of it was searched.
 *
 * @returns the day that the file is of.
 */
export async function compareWithSettlement(
  run: Run,
  reconciliation: Reconciliation & { readSettlementFile: ReadFile },
  openFile: () => AsyncIterable<Uint8Array>,
): Promise<Window> {
  const readFile = reconciliation.readSettlementFile
  const from = new Date(`${await checkFile(run, readFile(openFile()))}T00:00:00.000Z`)
  const day: Window = { from, to: new Date(from.getTime() + dayMs) }
  const seen = createLatelySeen()
  const once = createOnceNames()
  const unseen = new Map<string, OwnAttempt>()
  const own = readOwnSide(run, day, seen, async (attempt) => keepUnseen(unseen, attempt), expectInFile)
  for await (const lines of inPages(readFile(openFile()))) {
    const names = lines.map(({ reference, payment }) => ({ reference, payment, paymentReference: reference }))
    const records = await findOwnRecords(run.deps.pool, run.account, names)
    for (const [n, line] of lines.entries()) {
      const record = records[n]
      if (record === undefined) throw new Error('A line has lost its record')
      const verdict = judgeLine(line, record, once.isRepeat(onceNameOf(line)))
      seen.add({ kind: line.kind, names: namesOf(line), pspReference: line.payment, at: line.at })
      if (verdict.kind === 'raise') await raiseLine(run, line, verdict, record.charge_id)
    }
    run.totals.movements += lines.length
    const last = lines.at(-1)
    if (last !== undefined) await own.catchUp(new Date(last.at.getTime() - marginMs))
    await run.beat()
  }
  await own.catchUp(day.to)
  // A line may stand far from the time at which FinCore asked, or heard of it: the whole file is searched for these few.
  if (unseen.size > 0) await forgetFound(run, unseen, readFile(openFile()))
  const left = [...new Set(unseen.values())]
  const booked = left.some((attempt) => isCloseToMidnight(attempt, day))
    ? await readMidnights(run, reconciliation, day)
    : new Map<string, boolean>()
  for (const attempt of left) await judgeUnsettled(run, attempt, day, booked)
  return day
}

/** So many of ours may have no line near their time before the file is taken for one of another account. */
const mostUnseen = 20_000

function keepUnseen(unseen: Map<string, OwnAttempt>, attempt: OwnAttempt): void {
  for (const name of namesOfAttempt(attempt)) unseen.set(name, attempt)
  if (unseen.size > 2 * mostUnseen)
    throw new ReconciliationStoppedError(
      `More than ${mostUnseen} captures and refunds have no line near their time. Is it the file of this account?`,
    )
}

async function forgetFound(run: Run, unseen: Map<string, OwnAttempt>, lines: ReturnType<ReadFile>): Promise<void> {
  for await (const page of inPages(lines)) {
    for (const line of page) {
      const found = namesOf(line).map((name) => unseen.get(`${line.kind} ${name}`))
      for (const attempt of found)
        if (attempt !== undefined) for (const name of namesOfAttempt(attempt)) unseen.delete(name)
    }
    await run.beat()
  }
}

/** What an attempt's line may be found by, with its kind before it. */
function namesOfAttempt(attempt: OwnAttempt): string[] {
  const kind = attempt.kind === 'refund' ? 'refund' : 'capture'
  const payment = kind === 'capture' && !attempt.settled_by_hand ? attempt.charge_psp_reference : null
  return [attempt.id, payment].flatMap((name) => (name === null ? [] : [`${kind} ${name}`]))
}

/** What a file has once: a payment is captured once, and a reference gives back once. */
function onceNameOf({ kind, payment, reference }: SettlementLine): string {
  return `${kind} ${kind === 'capture' ? payment : reference}`
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
function namesOf({ kind, reference, payment }: Pick<PspMovement, 'kind' | 'reference' | 'payment'>): string[] {
  return kind === 'capture' ? [reference, payment] : [reference]
}

/** What must have a line in some day's file. */
function expectInFile(attempt: OwnAttempt): Expected {
  if (attempt.state !== 'approved') return 'nothing'
  if (isCapturedAtOnce(attempt)) return ['capture']
  return attempt.kind === 'capture' || attempt.kind === 'refund' ? [attempt.kind] : 'nothing'
}

/** Whether it did not certainly happen within the day, by every clock and from being asked for to being known. */
function isCloseToMidnight(attempt: OwnAttempt, day: Window): boolean {
  const begun = Math.min(timeOfId(attempt.id).getTime(), attempt.sent_at.getTime())
  const known = (attempt.settled_at ?? attempt.sent_at).getTime()
  return begun < day.from.getTime() + marginMs || known >= day.to.getTime() - marginMs
}

/** What the PSP lists around both midnights, by name, and whether it is of this day: only its own clock decides that. */
async function readMidnights(run: Run, reconciliation: Reconciliation, day: Window): Promise<Map<string, boolean>> {
  const isOfDay = new Map<string, boolean>()
  for (const midnight of [day.from, day.to]) {
    const [from, to] = [new Date(midnight.getTime() - marginMs), new Date(midnight.getTime() + marginMs)]
    for await (const page of readMovements(run, reconciliation, { from, to, neededUntil: midnight })) {
      for (const movement of page)
        for (const name of namesOf(movement))
          isOfDay.set(`${movement.kind} ${name}`, movement.at >= day.from && movement.at < day.to)
      await run.beat()
    }
  }
  return isOfDay
}

/** One of ours without a line. Close to midnight another day's file may have it, unless the PSP's list says otherwise. */
async function judgeUnsettled(
  run: Run,
  attempt: OwnAttempt,
  day: Window,
  booked: ReadonlyMap<string, boolean>,
): Promise<void> {
  if (isCloseToMidnight(attempt, day)) {
    const isOfDay = namesOfAttempt(attempt)
      .map((name) => booked.get(name))
      .find((known) => known !== undefined)
    if (isOfDay === undefined) run.totals.atTheEdge++
    if (isOfDay !== true) return
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
