import { blankCardNumbersIn } from '../card-door/tripwire.ts'
import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import type { DifferenceClass } from '../payments/difference-classes.ts'
import type { Money, MoneyKind, PspAccount } from '../psp-gateway/port.ts'
import { recordAudits } from '../store/audit.ts'
import { inTransaction } from '../store/pool.ts'
import { closeVanished, type Finding, findFinding, keepFinding } from '../store/reconciliation-findings.ts'

/** Bounds of one run. Beyond them something is wrong as a whole, and a person should look before more is written. */
export const bounds = {
  open: 1_000,
  questions: 10_000,
  shown: 2_000,
  logged: 20,
  /** Of one window of the PSP's list, which is a day at most. */
  pages: 20_000,
  /** Of the whole run. */
  runMs: 2 * 3_600_000,
}

/** Why a run ended before its end, in words for operators. */
export class ReconciliationStoppedError extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'ReconciliationStoppedError'
  }
}

/** A difference as it is found. `repairable`: it would be repaired, and this run only reads. */
export type Difference = {
  class: DifferenceClass
  kind: MoneyKind
  /** What makes it the same when it is found again. */
  subject: string
  state: 'open' | 'repaired' | 'repairable'
  reference: string | null
  pspPayment: string | null
  chargeId: string | null
  psp: Money | null
  own: Money | null
  detail: string | null
  movedAt: Date
}
export type ShownDifference = Omit<Difference, 'state'> & { state: Difference['state'] | 'accepted'; id: string | null }

export type Totals = {
  /** The PSP's movements, or lines of its file, and FinCore's attempts that were compared. */
  movements: number
  records: number
  /** How often the PSP was asked for one by one. */
  questions: number
  open: number
  repaired: number
  repairable: number
  accepted: number
  /** Open ones of earlier runs that are gone. */
  closed: number
  /** Of a settlement file: so close to midnight that another day's file may have them. */
  atTheEdge: number
}

/** One comparison of one account, while it goes on. */
export type Run = {
  /** `send` of these repeats what only reads, and ends the run when the PSP is away. */
  deps: Deps
  account: PspAccount
  id: string
  books: Finding['books']
  /** False: nothing is written, here or at the PSP. */
  applies: boolean
  totals: Totals
  differences: ShownDifference[]
  /** Of how many new ones the log has told. */
  told: number
  /** How often a subject came up that had a card number, by what is left of it. */
  masked: Map<string, number>
  /** Called between pages and before each question: keeps the lease, tells how far it is, and throws when the run must end. */
  beat(): Promise<void>
}

const actor = { actorType: 'system', actor: 'reconciliation', outcome: 'success', origin: 'reconciliation' } as const
/** How long a record waits for a log that somebody holds locked. */
const lockTimeoutMs = 2_000

/** Before each question to the PSP about one reference: a page of them may take longer than the lease lasts. */
export async function countQuestion(run: Run): Promise<void> {
  await run.beat()
  run.totals.questions++
  if (run.totals.questions > bounds.questions)
    throw new ReconciliationStoppedError(
      `More than ${bounds.questions} requests had to be asked for one by one. What was found so far is kept; compare a shorter time, or run it again for the rest.`,
    )
}

/** Keeps a difference with its audit record, tells operators of a new one that is left to them, and counts it. */
export async function keepDifference(run: Run, found: Difference): Promise<void> {
  const difference = maskTexts(run, found)
  const { state } = difference
  const amounts = {
    pspAmount: difference.psp?.amount ?? null,
    pspCurrency: difference.psp?.currency ?? null,
    ownAmount: difference.own?.amount ?? null,
    ownCurrency: difference.own?.currency ?? null,
  }
  if (!run.applies || state === 'repairable') {
    const known = await findFinding(run.deps.pool, run.account, { ...difference, ...amounts })
    const shown = known?.isAccepted ? 'accepted' : state
    count(run, shown)
    show(run, { ...difference, state: shown, id: known?.id ?? null })
    return
  }
  const { finding, isNews } = await inTransaction(run.deps.pool, async (tx) => {
    await tx.query(`set local lock_timeout = ${lockTimeoutMs}`)
    const kept = await keepFinding(tx, {
      merchantId: run.account.merchantId,
      id: newId('finding'),
      pspAccountId: run.account.id,
      class: difference.class,
      kind: difference.kind,
      subject: difference.subject,
      state,
      reference: difference.reference,
      pspPayment: difference.pspPayment,
      chargeId: difference.chargeId,
      ...amounts,
      detail: difference.detail,
      books: run.books,
      movedAt: difference.movedAt,
      runId: run.id,
    })
    if (kept.isNews) await recordAudits(tx, [describeFinding(kept.finding)])
    return kept
  })
  count(run, finding.state)
  show(run, { ...difference, state: finding.state, id: finding.id })
  // Old ones are not counted, or the new one after twenty of them would never be told of.
  if (isNews && finding.state === 'open' && run.told < bounds.logged) {
    run.told++
    run.deps.log.error('FinCore and a PSP differ; an operator must look', {
      object: finding.id,
      merchant: finding.merchantId,
      psp_account: finding.pspAccountId,
      reason: finding.class,
    })
  }
}

/** After a whole comparison: what was open in this time and did not come up again is closed. */
export async function closeWhatIsGone(run: Run, window: { from: Date; to: Date }): Promise<void> {
  const { account, id, books } = run
  run.totals.closed = await inTransaction(run.deps.pool, async (tx) => {
    const closed = await closeVanished(tx, {
      merchantId: account.merchantId,
      pspAccountId: account.id,
      id,
      books,
      ...window,
    })
    await recordAudits(tx, closed.map(describeFinding))
    return closed.length
  })
}

/**
 * What a PSP lists has texts of whoever made it: a reference may be a card number, which is kept and shown nowhere (PCI
 * DSS 3.4.1).
 */
function maskTexts(run: Run, difference: Difference): Difference {
  const mask = (text: string): string => {
    const bytes = Buffer.from(text)
    return blankCardNumbersIn(bytes) ? bytes.toString('utf8') : text
  }
  const { subject, reference, pspPayment, detail } = difference
  return {
    ...difference,
    subject: mask(subject) === subject ? subject : tellApart(run, { ...difference, subject: mask(subject) }),
    reference: reference && mask(reference),
    pspPayment: pspPayment && mask(pspPayment),
    detail: detail && mask(detail),
  }
}

/**
 * Without its digits a subject may be another's too. What tells them apart must not be made from the number, and be the
 * same when it is found again: the time, and the place among those of that time, which a PSP lists in one order.
 */
function tellApart(run: Run, { class: differenceClass, kind, subject, movedAt }: Difference): string {
  const key = [differenceClass, kind, subject, movedAt.toISOString()].join(' ')
  const place = (run.masked.get(key) ?? 0) + 1
  run.masked.set(key, place)
  return `${subject} (${movedAt.toISOString()}, ${place})`
}

function describeFinding(finding: Finding) {
  return {
    ...actor,
    type: finding.state === 'open' ? ('reconciliation.difference' as const) : ('reconciliation.repair' as const),
    merchantId: finding.merchantId,
    resource: finding.id,
    details: {
      class: finding.class,
      psp_account: finding.pspAccountId,
      charge: finding.chargeId,
      run: finding.runId,
    },
  }
}

function count(run: Run, state: ShownDifference['state']): void {
  run.totals[state]++
  if (run.totals.open > bounds.open)
    throw new ReconciliationStoppedError(
      `More than ${bounds.open} differences are open. Is it the right PSP account, and the right database? Those found so far are kept.`,
    )
}

/** What is shown of a run is bounded; what is kept of it is in the database. */
function show(run: Run, difference: ShownDifference): void {
  if (run.differences.length < bounds.shown) run.differences.push(difference)
}
