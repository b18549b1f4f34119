import { lookUpTimeoutMs } from '../flows/time-limits.ts'
import { lowestIdAt, timeOfId } from '../ids.ts'
import type { DifferenceClass } from '../payments/difference-classes.ts'
import { askPsp } from '../psp-gateway/ask-psp.ts'
import type { Money, MoneyKind, PspMovement, PspReply, Reconciliation } from '../psp-gateway/port.ts'
import { findAuthorizeAttempt } from '../store/attempts.ts'
import { findOwnRecords, listOwnAttempts, type OwnAttempt, type OwnRecord } from '../store/reconciliation-records.ts'
import { askAboutAttempt, PspSilentError, type Said } from './ask-psp.ts'
import { judgeMovement, type Verdict } from './judge.ts'
import { createLatelySeen, type LatelySeen } from './lately-seen.ts'
import { bounds, countQuestion, type Difference, keepDifference, ReconciliationStoppedError, type Run } from './run.ts'

/**
 * So far the clocks of the PSP, of this service and of the database may be apart, and so long may a webhook take,
 * before the two sides of one movement are looked for one by one.
 */
export const marginMs = 5 * 60_000
/** The PSP is asked for at most so much time at once. */
const listWindowMs = 24 * 3_600_000
const ownPageSize = 500

export type Window = { from: Date; to: Date }

/**
 * Compares a window of time, page by page and in both directions: each movement that the PSP lists with what is held
 * here, and each of our attempts that is held as done with what the PSP has listed. Whatever does not meet is asked for
 * at the PSP by its reference before it is called a difference.
 */
export async function compareWithList(run: Run, reconciliation: Reconciliation, window: Window): Promise<void> {
  const seen = createLatelySeen()
  /** Attempts that a run which only reads has foreseen a repair of: a payment's capture needs none of its own. */
  const foreseen = new Set<string>()
  const own = readOwnSide(run, window, seen, async (attempt) => {
    if (!foreseen.has(attempt.id)) await judgeUnseen(run, attempt)
  })
  for await (const page of readMovements(run, reconciliation, {
    from: new Date(window.from.getTime() - marginMs),
    to: new Date(window.to.getTime() + marginMs),
    neededUntil: window.to,
  })) {
    const judged = page
      .map((movement) => ({ movement, isRepeat: isRepeat(seen, movement) }))
      .filter(({ movement: { at } }) => at >= window.from && at < window.to)
    const records = await findOwnRecords(
      run.deps.pool,
      run.account,
      judged.map(({ movement }) => movement),
    )
    for (const [n, { movement, isRepeat }] of judged.entries()) {
      const record = records[n]
      if (record === undefined) throw new Error('A movement has lost its record')
      if (judgeMovement(movement, record, isRepeat).kind !== 'same') await settle(run, movement, isRepeat, foreseen)
    }
    run.totals.movements += judged.length
    const last = page.at(-1)
    if (last !== undefined) await own.catchUp(new Date(last.at.getTime() - marginMs))
    await run.beat()
  }
  await own.catchUp(window.to)
}

/** Whether the list had another movement of this kind under the same reference; notes this one. */
function isRepeat(seen: LatelySeen, { kind, reference, pspReference, at }: PspMovement): boolean {
  const earlier = seen.find(kind, reference)
  seen.add({ kind, names: [reference, pspReference], pspReference, at })
  return earlier !== undefined && earlier !== pspReference
}

/** The PSP's list, a page at a time. What it does not keep to (its order, its window, its cursor) ends the run. */
export async function* readMovements(
  run: Run,
  { list, readList }: Reconciliation,
  window: Window & { neededUntil: Date },
): AsyncGenerator<PspMovement[]> {
  for (let from = window.from; from < window.to; ) {
    const to = new Date(Math.min(from.getTime() + listWindowMs, window.to.getTime()))
    let cursor: string | null = null
    const cursors = new Set<string>()
    let lastAt = from.getTime()
    for (let pages = 1; ; pages++) {
      if (pages > bounds.pages)
        throw new ReconciliationStoppedError(
          `The PSP’s list has more than ${bounds.pages} pages for a day at most. Its end is not waited for; compare a shorter time.`,
        )
      const reply = await run.deps.send(list(run.account, { from, to, cursor }), run.deps.config.pspTimeoutMs)
      const page = readList(reply)
      if (page.found === 'unknown')
        throw new ReconciliationStoppedError(`The PSP’s list could not be read: ${page.why}.`)
      for (const { at } of page.movements) {
        if (at.getTime() < lastAt || at >= to)
          throw new ReconciliationStoppedError('The PSP’s list is not in the order of time, or leaves its window.')
        lastAt = at.getTime()
      }
      if (page.next !== null && (cursors.has(page.next) || page.movements.length === 0))
        throw new ReconciliationStoppedError(
          'The PSP’s list does not go on: its cursor comes again, or its page is empty.',
        )
      const needed = new Date(Math.min(to.getTime(), window.neededUntil.getTime()))
      if (page.next === null && page.completeUntil < needed)
        throw new ReconciliationStoppedError(
          `The PSP’s list is complete until ${page.completeUntil.toISOString()} only. Compare again later.`,
        )
      yield page.movements
      if (page.next === null) break
      cursor = page.next
      cursors.add(cursor)
    }
    from = to
  }
}

/** FinCore's side in the order of time, as far behind the PSP's as the margin. */
export function readOwnSide(
  run: Run,
  window: Window,
  seen: LatelySeen,
  onUnseen: (attempt: OwnAttempt) => Promise<void>,
  expects: (attempt: OwnAttempt) => Expected = expectInList,
): { catchUp(until: Date): Promise<void> } {
  let after = lowestIdAt('attempt', window.from)
  return {
    async catchUp(until) {
      const end = until < window.to ? until : window.to
      const before = lowestIdAt('attempt', end)
      let rows: OwnAttempt[]
      do {
        if (after >= before) break
        rows = await listOwnAttempts(run.deps.pool, run.account, { after, before, limit: ownPageSize })
        for (const attempt of rows) {
          const expected = expects(attempt)
          if (expected === 'nothing') continue
          run.totals.records++
          if (!isSeen(seen, attempt, expected)) await onUnseen(attempt)
        }
        after = rows.at(-1)?.id ?? before
        await run.beat()
      } while (rows.length === ownPageSize)
      seen.forgetBefore(new Date(end.getTime() - marginMs))
    },
  }
}

/** What the other side must show of an attempt; `unknown` when nobody is sure, so that it is always asked for. */
export type Expected = readonly MoneyKind[] | 'unknown' | 'nothing'

function expectInList(attempt: OwnAttempt): Expected {
  // What people have typed may name another's movement: only our own reference tells.
  if (attempt.state !== 'approved' || attempt.settled_by_hand) return 'unknown'
  return isCapturedAtOnce(attempt) ? ['authorize', 'capture'] : [attempt.kind]
}

function isSeen(seen: LatelySeen, attempt: OwnAttempt, expected: Exclude<Expected, 'nothing'>): boolean {
  if (expected === 'unknown') return false
  const names = [attempt.id]
  if (!attempt.settled_by_hand) {
    names.push(attempt.psp_reference ?? attempt.id)
    if (attempt.kind === 'authorize') names.push(attempt.charge_psp_reference ?? attempt.id)
  }
  return expected.every((kind) => names.some((name) => seen.find(kind, name) !== undefined))
}

export function isCapturedAtOnce(attempt: OwnAttempt): boolean {
  return attempt.kind === 'authorize' && attempt.capture_method === 'automatic' && attempt.charge_status === 'captured'
}

/**
 * A movement that does not fit: judged anew, since a page is older than its last line; then the PSP is asked by our
 * reference, its answer applied, and what is still not the same is raised.
 */
async function settle(run: Run, movement: PspMovement, isRepeat: boolean, foreseen: Set<string>): Promise<void> {
  const { deps, account, applies } = run
  const judge = async (): Promise<{ record: OwnRecord; verdict: Verdict }> => {
    const [record] = await findOwnRecords(deps.pool, account, [movement])
    if (record === undefined) throw new Error('A movement has lost its record')
    return { record, verdict: judgeMovement(movement, record, isRepeat) }
  }
  const { record, verdict } = await judge()
  const keep = (found: DifferenceClass, state: Difference['state'], own: Money | null, detail: string | null) =>
    keepDifference(run, {
      class: found,
      kind: movement.kind,
      subject: movement.pspReference,
      state,
      reference: movement.reference,
      pspPayment: movement.payment,
      chargeId: record.charge_id,
      psp: movement.amount,
      own,
      detail,
      movedAt: movement.at,
    })
  if (verdict.kind === 'same') return
  if (verdict.kind === 'raise') {
    const isOrphan = verdict.class === 'unknown_here' || verdict.class === 'refund_unknown'
    const isDenied = isOrphan && (await deniesReference(run, movement))
    return isDenied
      ? keep('unconfirmed', 'open', null, 'The PSP lists it, and asked by its reference knows nothing.')
      : keep(verdict.class, 'open', verdict.own, verdict.detail)
  }
  const attemptId = await findAttemptToAsk(run, record)
  if (foreseen.has(attemptId)) return
  await countQuestion(run)
  const said = await askAboutAttempt(deps, attemptId, movement.payment, applies)
  const again = await judge()
  if (again.verdict.kind === 'same') return keep('missed_event', 'repaired', movement.amount, null)
  if (!applies && said.said === 'fits' && said.changed) {
    foreseen.add(attemptId)
    return keep('missed_event', 'repairable', null, null)
  }
  const own = again.verdict.kind === 'raise' ? again.verdict.own : null
  return keep(classOf(said, again.verdict), 'open', own, said.why)
}

function classOf(said: Said, verdict: Verdict): DifferenceClass {
  if (said.said === 'unknown' || said.said === 'absent') return 'unconfirmed'
  return verdict.kind === 'raise' ? verdict.class : 'state_differs'
}

/** An orphan is one by two answers of the PSP: its list, and a look-up of that very reference. */
async function deniesReference(run: Run, movement: PspMovement): Promise<boolean> {
  await countQuestion(run)
  const { deps, account } = run
  const { payments } = deps.psps[account.psp]
  const { kind, reference, payment, at: sentAt } = movement
  const question = { kind, reference, payment, sentAt, askedAt: deps.now() }
  const request = payments.lookUp(account, question)
  // A repeat of the request would move money that nobody here asked for.
  if (request === null || request.method !== 'GET') return false
  const read = (reply: PspReply) => payments.readLookUp(account, question, reply)
  return (await askPsp(deps, request, read, lookUpTimeoutMs)).answer.found === false
}

/** The attempt by whose reference the PSP is asked: the movement's own, or the one that made its payment. */
async function findAttemptToAsk(run: Run, record: OwnRecord): Promise<string> {
  const known = record.attempt_id ?? record.payment_attempt_id
  if (known !== null) return known
  const made =
    record.charge_id === null
      ? null
      : await findAuthorizeAttempt(run.deps.pool, run.account.merchantId, record.charge_id)
  if (made === null) throw new Error('A charge has lost its attempt')
  return made.id
}

/**
 * What operators settled they settled because the PSP says nothing of it. That may be so for ever, so its silence about
 * this one does not end the comparison of all others; a PSP that is away ends it at its next page.
 */
async function ask(run: Run, attempt: OwnAttempt): Promise<Said> {
  try {
    return await askAboutAttempt(run.deps, attempt.id, attempt.charge_psp_reference, run.applies)
  } catch (error) {
    if (!(error instanceof PspSilentError && attempt.settled_by_hand)) throw error
    return { said: 'unknown', why: `Operators settled it. ${error.message}`, changed: false }
  }
}

/** One of ours that the PSP did not list around its time: asked for by reference, which is the only proof. */
async function judgeUnseen(run: Run, attempt: OwnAttempt): Promise<void> {
  await countQuestion(run)
  const said = await ask(run, attempt)
  const keep = (found: DifferenceClass, state: Difference['state']) =>
    keepDifference(run, {
      class: found,
      kind: attempt.kind,
      subject: attempt.id,
      state,
      reference: attempt.id,
      pspPayment: attempt.charge_psp_reference,
      chargeId: attempt.charge_id,
      psp: null,
      own: attempt.amount === null ? null : { amount: attempt.amount, currency: attempt.charge_currency },
      detail: said.why,
      movedAt: timeOfId(attempt.id),
    })
  if (said.said === 'fits') {
    if (said.changed) await keep('missed_event', run.applies ? 'repaired' : 'repairable')
    return
  }
  // What is not settled is settled by the resolver alone, which knows when “not found” is proof, and alerts.
  if (said.said === 'contradicts') return keep('state_differs', 'open')
  if (attempt.state !== 'approved') return
  return keep(said.said === 'absent' ? 'missing_at_psp' : 'unconfirmed', 'open')
}
