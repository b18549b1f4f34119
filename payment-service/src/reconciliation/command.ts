import { createReadStream } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { readCommandActor } from '../audit/command-actor.ts'
import { loadConfig } from '../config.ts'
import type { Deps } from '../deps.ts'
import { isId, newId } from '../ids.ts'
import { openDeps } from '../open-deps.ts'
import { printable } from '../printable.ts'
import type { PspAccount } from '../psp-gateway/port.ts'
import { StartError } from '../start-error.ts'
import { recordAudit } from '../store/audit.ts'
import { claimAccount, releaseAccount } from '../store/reconciliation-runs.ts'
import { comparableUntil, leaseMs, type Order, type Report, reconcile, reconciliationOf } from './reconcile.ts'
import { describeAsJson, describeAsTable, describeProgress } from './report.ts'

export type ReconcileOptions = {
  pspAccount: string
  from?: string
  to?: string
  settlementFile?: string
  dryRun: boolean
  json: boolean
  databaseUrl?: string
}

const longestMs = 366 * 86_400_000

/**
 * `fincore reconcile`. Says everything itself.
 *
 * @param env the settings of a worker.
 * @returns whether nothing differs (any more), differences are left, or it could not be done to its end.
 */
export async function printReconciliation(
  env: Readonly<Record<string, string | undefined>>,
  options: ReconcileOptions,
): Promise<'done' | 'found' | 'failed'> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const { databaseUrl, ...rest } = options
    const config = loadConfig({ ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) })
    const { deps, close } = await openDeps(config)
    try {
      const progress = describeProgress(process.stderr)
      const watched = { signal: interrupted.signal, onProgress: progress.show }
      const report = await runCommand(deps, rest, watched).finally(progress.end)
      console.log(options.json ? describeAsJson(report) : describeAsTable(report))
      if (report.stopped !== null) {
        console.error(`It was not compared to the end: ${printable(report.stopped)}`)
        return 'failed'
      }
      return report.totals.open + report.totals.repairable === 0 ? 'done' : 'found'
    } finally {
      await close()
    }
  } catch (error) {
    const { reason } = error instanceof StartError ? error : { reason: null }
    const why = reason ?? (error instanceof Error ? error.message || error.name : 'unknown fault')
    console.error(`It could not be done: ${printable(why)}`)
    return 'failed'
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/** Compares what the options name. Throws one line that says why it cannot be done. */
export async function runCommand(
  deps: Deps,
  options: Omit<ReconcileOptions, 'databaseUrl' | 'json'>,
  watched: Pick<Order, 'signal' | 'onProgress'> = {},
): Promise<Report> {
  const account = isId('pspAccount', options.pspAccount)
    ? await deps.directory.findPspAccount(options.pspAccount)
    : null
  if (account === null)
    throw new Error(
      `There is no PSP account ${options.pspAccount} that this environment uses. Its id begins with pspa_.`,
    )
  if (reconciliationOf(deps, account) === undefined)
    throw new Error(`FinCore cannot list the movements of ${account.psp}, so there is nothing to compare with.`)
  const runId = newId('reconciliationRun')
  const order: Order = {
    runId,
    account,
    applies: !options.dryRun,
    ...watched,
    ...(await readBooks(deps, account, options)),
  }
  if (!order.applies) return reconcile(deps, order)
  const name = { merchantId: account.merchantId, pspAccountId: account.id }
  if ((await claimAccount(deps.pool, name, runId, deps.now(), leaseMs)) === null)
    throw new Error(
      'This account is being compared by another process. Wait for it (a minute or two), or only read with --dry-run.',
    )
  try {
    await recordCommand(deps, order)
    return await reconcile(deps, order)
  } finally {
    await releaseAccount(deps.pool, name, runId, { comparedUntil: null, dayCompared: null, runAt: null })
  }
}

type Books =
  | { kind: 'command'; from: Date; to: Date }
  | { kind: 'settlement_file'; openFile: () => AsyncIterable<Uint8Array> }

async function readBooks(
  deps: Deps,
  account: PspAccount,
  { from, to, settlementFile }: Pick<ReconcileOptions, 'from' | 'to' | 'settlementFile'>,
): Promise<Books> {
  if (settlementFile !== undefined) {
    await access(settlementFile, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`The settlement file cannot be read (${error.code ?? error.name}).`)
    })
    return { kind: 'settlement_file', openFile: () => createReadStream(settlementFile) }
  }
  if (from === undefined || to === undefined)
    throw new Error('Say what to compare: --from and --to, or --settlement-file.')
  const until = comparableUntil(deps, account)
  const begin = new Date(from)
  // What is younger would show differences that are none: replies and webhooks on their way.
  const end = new Date(Math.min(Date.parse(to), until.getTime()))
  if (!(begin < end))
    throw new Error(`The time ends before it begins. The latest that can be compared now is ${until.toISOString()}.`)
  if (end.getTime() - begin.getTime() > longestMs) throw new Error('At most 366 days can be compared at once.')
  return { kind: 'command', from: begin, to: end }
}

/** Who had it compared and repaired is in the audit log before it happens. */
async function recordCommand(deps: Deps, order: Order): Promise<void> {
  await recordAudit(deps.pool, {
    ...(await readCommandActor(deps.pool, 'fincore reconcile')),
    type: 'reconciliation.run',
    merchantId: order.account.merchantId,
    resource: order.account.id,
    details: {
      run: order.runId,
      books: order.kind === 'settlement_file' ? 'settlement_file' : 'list',
      ...(order.kind === 'settlement_file' ? {} : { from: order.from.toISOString(), to: order.to.toISOString() }),
    },
  })
}
