import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { type Job, runEvery } from '../jobs/run-every.ts'
import { describeError } from '../log.ts'
import { pspNames } from '../psp-gateway/registry.ts'
import {
  addReconciliationAccounts,
  claimDueAccount,
  type ReconciliationAccount,
  releaseAccount,
} from '../store/reconciliation-runs.ts'
import type { Window } from './compare-list.ts'
import { comparableUntil, leaseMs, reconcile } from './reconcile.ts'

const lookEveryMs = 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** An account that could not be compared comes again sooner; its PSP may be back. */
const retryMs = 10 * 60_000
/** After a longer pause the time is made up for in pieces of this size. */
const longestWindowMs = 6 * hourMs
/** Yesterday is compared once more when its last webhooks had time to come. */
const dayIsReadyMs = hourMs

/** Compares every account with its PSP, the last hour every hour and yesterday once a day, in any number of processes. */
export function startReconciliation(deps: Deps): Job {
  const stopping = new AbortController()
  const job = runEvery(lookEveryMs, 'reconciliation', () => reconcileDueAccounts(deps, stopping.signal), deps)
  return {
    wake: job.wake,
    stop(withinMs) {
      stopping.abort()
      return job.stop(withinMs)
    },
  }
}

/** One round: every account that is due, one after the other. What one PSP does holds up no other for long. */
export async function reconcileDueAccounts(deps: Deps, signal?: AbortSignal): Promise<void> {
  const psps = pspNames.filter((name) => deps.psps[name].reconciliation !== undefined)
  // Of a new account there is an hour to compare after an hour.
  await addReconciliationAccounts(deps.pool, psps, new Date(deps.now().getTime() + hourMs))
  while (signal?.aborted !== true) {
    const runId = newId('reconciliationRun')
    const claimed = await claimDueAccount(deps.pool, runId, deps.now(), leaseMs)
    if (claimed === null) return
    await reconcileClaimed(deps, claimed, runId, signal)
  }
}

async function reconcileClaimed(
  deps: Deps,
  claimed: ReconciliationAccount,
  runId: string,
  signal?: AbortSignal,
): Promise<void> {
  const later = (ms: number) => new Date(deps.now().getTime() + ms)
  const release = (runAt: Date, done: { comparedUntil?: Date; dayCompared?: string } = {}) =>
    releaseAccount(deps.pool, claimed, runId, { comparedUntil: null, dayCompared: null, ...done, runAt })
  try {
    const account = await deps.directory.findPspAccount(claimed.pspAccountId)
    // One that this environment does not use, such as an account at a test PSP in a copy of another database.
    if (account === null) return await release(later(dayMs))
    const until = comparableUntil(deps, account)
    const task = chooseTask(claimed, until, deps.now())
    if (task === null) return await release(nextRunAt(claimed, until, deps.now()))
    const report = await reconcile(deps, {
      runId,
      account,
      applies: true,
      kind: task.kind,
      ...task.window,
      ...(signal === undefined ? {} : { signal }),
    })
    const facts = { psp_account: account.id, merchant: account.merchantId, object: runId }
    if (report.stopped !== null) {
      if (signal?.aborted === true) return await release(later(0))
      deps.log.error('a PSP account could not be compared with its PSP; it is tried again', {
        ...facts,
        reason: report.stopped,
      })
      return await release(later(retryMs))
    }
    const { totals } = report
    if (totals.open > 0)
      deps.log.error('FinCore and a PSP differ; operators must look at the open findings', {
        ...facts,
        count: totals.open,
      })
    else deps.log.info('a PSP account was compared with its PSP', { ...facts, count: totals.movements })
    if (totals.repaired > 0)
      deps.log.warn('events of a PSP had been missed, and were made up for', { ...facts, count: totals.repaired })
    await release(nextRunAt({ ...claimed, ...task.done }, until, deps.now()), task.done)
  } catch (error) {
    deps.log.error('a PSP account could not be compared with its PSP; it is tried again', {
      psp_account: claimed.pspAccountId,
      merchant: claimed.merchantId,
      object: runId,
      error: describeError(error),
    })
    await release(later(retryMs))
  }
}

type Task = { kind: 'window' | 'day'; window: Window; done: { comparedUntil?: Date; dayCompared?: string } }
type Progress = Pick<ReconciliationAccount, 'comparedUntil' | 'dayCompared'>

/** The time since the last comparison when it is an hour or more; else yesterday, when it is ready and was not compared. */
export function chooseTask({ comparedUntil, dayCompared }: Progress, until: Date, now: Date): Task | null {
  const from = comparedUntil ?? new Date(until.getTime() - hourMs)
  if (until.getTime() - from.getTime() >= hourMs) {
    const to = new Date(Math.min(until.getTime(), from.getTime() + longestWindowMs))
    return { kind: 'window', window: { from, to }, done: { comparedUntil: to } }
  }
  const today = new Date(Math.floor(now.getTime() / dayMs) * dayMs)
  const yesterday = new Date(today.getTime() - dayMs)
  const name = yesterday.toISOString().slice(0, 10)
  const isDue = now.getTime() >= today.getTime() + dayIsReadyMs && (dayCompared === null || dayCompared < name)
  return isDue ? { kind: 'day', window: { from: yesterday, to: today }, done: { dayCompared: name } } : null
}

/** When an account is to be looked at again: at once while there is something to do, else when its next hour is full. */
function nextRunAt(progress: Progress, until: Date, now: Date): Date {
  if (progress.comparedUntil === null || chooseTask(progress, until, now) !== null) return now
  return new Date(now.getTime() + hourMs - (until.getTime() - progress.comparedUntil.getTime()))
}
