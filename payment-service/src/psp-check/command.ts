import { readCommandActor } from '../audit/command-actor.ts'
import { loadConfig } from '../config.ts'
import type { Deps } from '../deps.ts'
import { type CheckedPspAccount, checkPspAccount } from '../flows/check-psp-account.ts'
import { isId } from '../ids.ts'
import { openDeps } from '../open-deps.ts'
import { printable, toJson } from '../printable.ts'
import type { PspAccount } from '../psp-gateway/port.ts'
import { recordAudit } from '../store/audit.ts'
import { listActivePspAccountIds } from '../store/psp-account-standing.ts'
import { describeCheck, resultOf, showCheck } from './report.ts'

export type CheckOptions = { pspAccount?: string; json: boolean; databaseUrl?: string }

/**
 * `fincore psp check`. Says everything itself, an account as soon as it is checked.
 *
 * @param env the settings of a worker.
 * @returns whether nothing is wrong (a warning is not), something is, or it could not be done.
 */
export async function printPspCheck(
  env: Readonly<Record<string, string | undefined>>,
  { databaseUrl, ...options }: CheckOptions,
): Promise<'done' | 'found' | 'failed'> {
  try {
    const config = loadConfig({ ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) })
    const { deps, close } = await openDeps(config)
    try {
      let isRight = true
      for await (const checked of checkAccounts(deps, options.pspAccount)) {
        console.log(options.json ? toJson(showCheck(checked)) : `${describeCheck(checked)}\n`)
        isRight &&= resultOf(checked) !== 'error'
      }
      return isRight ? 'done' : 'found'
    } finally {
      await close()
    }
  } catch (error) {
    const why = error instanceof Error ? error.message || error.name : 'unknown fault'
    console.error(`It could not be done: ${printable(why)}`)
    return 'failed'
  }
}

/** Checks one account, or all that are in use, one after the other. Throws one line that says why it cannot be done. */
export async function* checkAccounts(deps: Deps, id: string | undefined): AsyncGenerator<CheckedPspAccount> {
  let count = 0
  for await (const account of id === undefined ? listAccounts(deps) : [await findAccount(deps, id)]) {
    count += 1
    await recordCommand(deps, account)
    yield await checkPspAccount(deps, account)
  }
  if (count === 0) throw new Error('This environment uses no PSP account.')
}

/** One after the other, so that no more credentials are open than are needed. */
async function* listAccounts(deps: Deps): AsyncGenerator<PspAccount> {
  for (const id of await listActivePspAccountIds(deps.pool)) {
    const account = await deps.directory.findPspAccount(id)
    // Of the other environment.
    if (account !== null) yield account
  }
}

async function findAccount(deps: Deps, id: string): Promise<PspAccount> {
  const account = isId('pspAccount', id) ? await deps.directory.findPspAccount(id) : null
  if (account === null)
    throw new Error(`There is no PSP account ${id} that this environment uses. Its id begins with pspa_.`)
  return account
}

/** Who had the credentials used is in the audit log before they are. */
async function recordCommand(deps: Deps, account: PspAccount): Promise<void> {
  await recordAudit(deps.pool, {
    ...(await readCommandActor(deps.pool, 'fincore psp check')),
    type: 'psp_account.check',
    merchantId: account.merchantId,
    resource: account.id,
  })
}
