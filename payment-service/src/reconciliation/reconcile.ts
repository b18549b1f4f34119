import type { Deps } from '../deps.ts'
import { lookUpTimeoutMs } from '../flows/time-limits.ts'
import { describeError } from '../log.ts'
import type { PspAccount, Reconciliation } from '../psp-gateway/port.ts'
import { SettlementFileError } from '../psp-gateway/settlement-file-error.ts'
import { insertRun, type RunCounts, type RunKind, renewLease, updateRun } from '../store/reconciliation-runs.ts'
import { createPatientSend, PspSilentError } from './ask-psp.ts'
import { compareWithList, type Window } from './compare-list.ts'
import { compareWithSettlement } from './compare-settlement.ts'
import {
  bounds,
  closeWhatIsGone,
  ReconciliationStoppedError,
  type Run,
  type ShownDifference,
  type Totals,
} from './run.ts'

/** A process that goes on renews its lease this often; one that is gone loses it after the whole. */
export const leaseMs = 120_000
const renewEveryMs = 20_000
/** Beyond every call to a PSP and its consistency window: a webhook that is a minute late is no difference yet. */
const settleMs = 120_000

export type Order = {
  runId: string
  account: PspAccount
  /** False: reads only. Then nobody needs the account's lease. */
  applies: boolean
  onProgress?: (totals: Totals) => void
  signal?: AbortSignal
} & (
  | ({ kind: 'window' | 'day' | 'command' } & Window)
  | { kind: 'settlement_file'; openFile: () => AsyncIterable<Uint8Array> }
)

export type Report = {
  run: string
  account: PspAccount
  kind: RunKind
  applies: boolean
  /** Null when a settlement file was not read to its end. */
  window: Window | null
  totals: Totals
  differences: ShownDifference[]
  /** Why it ended before its end; null when all was compared. */
  stopped: string | null
}

/** What is younger is not compared yet: the reply, the webhook or the list may still be on their way. */
export function comparableUntil(deps: Deps, account: PspAccount): Date {
  const { consistencyWindowMs } = deps.psps[account.psp]
  const longestMs = settleMs + deps.config.pspTimeoutMs + lookUpTimeoutMs + consistencyWindowMs
  return new Date(deps.now().getTime() - longestMs)
}

export function reconciliationOf(deps: Pick<Deps, 'psps'>, account: PspAccount): Reconciliation | undefined {
  return deps.psps[account.psp].reconciliation
}

/**
 * Compares one account's books with its PSP's, repairs what has one truthful answer, and raises the rest. Whoever calls
 * it with `applies` holds the account's lease under `runId`. Never throws for what the PSP or a file does: `stopped`
 * says it.
 */
export async function reconcile(deps: Deps, order: Order): Promise<Report> {
  const { account, applies, runId, kind } = order
  const reconciliation = reconciliationOf(deps, account)
  if (reconciliation === undefined) throw new Error('A PSP without a list was to be compared')
  const totals: Totals = {
    movements: 0,
    records: 0,
    questions: 0,
    open: 0,
    repaired: 0,
    repairable: 0,
    accepted: 0,
    closed: 0,
    atTheEdge: 0,
  }
  const run: Run = {
    deps: { ...deps, send: createPatientSend(deps.send, order.signal) },
    account,
    id: runId,
    books: kind === 'settlement_file' ? 'settlement_file' : 'list',
    applies,
    totals,
    differences: [],
    told: 0,
    masked: new Map(),
    beat: createBeat(deps, order, totals),
  }
  const name = { merchantId: account.merchantId, id: runId }
  let window: Window | null = kind === 'settlement_file' ? null : { from: order.from, to: order.to }
  if (applies) {
    const { from, to } = window ?? { from: null, to: null }
    await insertRun(deps.pool, { ...name, pspAccountId: account.id, kind, from, to })
  }
  let stopped: string | null = null
  try {
    if (order.kind !== 'settlement_file') await compareWithList(run, reconciliation, order)
    else {
      const { readSettlementFile } = reconciliation
      if (readSettlementFile === undefined)
        throw new ReconciliationStoppedError('FinCore cannot read settlement files of this PSP.')
      window = await compareWithSettlement(run, { ...reconciliation, readSettlementFile }, order.openFile)
    }
    if (applies && window !== null) await closeWhatIsGone(run, window)
  } catch (error) {
    stopped = explain(error)
    if (stopped === null) {
      const { name: kindOf, code, at } = describeError(error)
      const fault = `A fault of FinCore or its database (${[kindOf, code, at].filter(Boolean).join(', ')}).`
      if (applies) await updateRun(deps.pool, name, { ...countsOf(totals), state: 'failed', error: fault })
      throw error
    }
  }
  if (applies) {
    await updateRun(deps.pool, name, {
      ...countsOf(totals),
      ...(stopped === null ? { state: 'finished' as const } : { state: 'failed' as const, error: stopped }),
      ...(window ?? {}),
    })
  }
  return { run: runId, account, kind, applies, window, totals, differences: run.differences, stopped }
}

/** In words for operators; null for a bug or the database, which are not for this place. */
function explain(error: unknown): string | null {
  const isOurs = [ReconciliationStoppedError, PspSilentError, SettlementFileError].some((kind) => error instanceof kind)
  return isOurs && error instanceof Error ? error.message : null
}

function countsOf({ movements, records, repaired, open }: Totals): RunCounts {
  return { movements, records, repaired, leftOpen: open }
}

function createBeat(deps: Deps, order: Order, totals: Totals): Run['beat'] {
  const { account, runId, applies, onProgress, signal } = order
  const name = { merchantId: account.merchantId, pspAccountId: account.id }
  const begunAt = performance.now()
  let renewedAt = begunAt
  return async () => {
    onProgress?.(totals)
    if (signal?.aborted) throw new ReconciliationStoppedError('The process was told to end. It is compared again.')
    if (performance.now() - begunAt > bounds.runMs)
      throw new ReconciliationStoppedError(
        `It took more than ${bounds.runMs / 60_000} minutes. What was found so far is kept; compare a shorter time, and look at what the PSP’s list does.`,
      )
    if (!applies || performance.now() - renewedAt < renewEveryMs) return
    if (!(await renewLease(deps.pool, name, runId, deps.now(), leaseMs)))
      throw new ReconciliationStoppedError('Another process has taken this account over.')
    await updateRun(deps.pool, { merchantId: account.merchantId, id: runId }, { ...countsOf(totals), state: 'running' })
    renewedAt = performance.now()
  }
}
