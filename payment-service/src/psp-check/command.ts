import { hostname, userInfo } from 'node:os'
import { loadConfig } from '../config.ts'
import type { Deps } from '../deps.ts'
import { type CheckedPspAccount, checkPspAccount } from '../flows/check-psp-account.ts'
import { isId } from '../ids.ts'
import { openDeps } from '../open-deps.ts'
import type { PspAccount } from '../psp-gateway/port.ts'
import { recordAudit } from '../store/audit.ts'
import { listActivePspAccountIds } from '../store/psp-account-standing.ts'
import { describeCheck, resultOf, showCheck } from './report.ts'

export type CheckOptions = { pspAccount?: string; json: boolean; databaseUrl?: string }

/** Nothing is wrong (a warning is not); something is; it could not be done. */
const exitCodes = { right: 0, wrong: 1, failed: 2 } as const

/**
 * `fincore psp check`. Says everything itself, an account as soon as it is checked; answers with the exit code.
 *
 * @param env the settings of a worker.
 */
export async function printPspCheck(
  env: Readonly<Record<string, string | undefined>>,
  { databaseUrl, ...options }: CheckOptions,
): Promise<number> {
  try {
    const config = loadConfig({ ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) })
    const { deps, close } = await openDeps(config)
    try {
      let isRight = true
      for await (const checked of checkAccounts(deps, options.pspAccount)) {
        console.log(options.json ? JSON.stringify(showCheck(checked)) : `${describeCheck(checked)}\n`)
        isRight &&= resultOf(checked) !== 'error'
      }
      return isRight ? exitCodes.right : exitCodes.wrong
    } finally {
      await close()
    }
  } catch (error) {
    const why = error instanceof Error ? error.message || error.name : 'unknown fault'
    console.error(`It could not be done: ${why}`)
    return exitCodes.failed
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
  const { rows } = await deps.pool.query<{ login: string }>('select session_user::text as login')
  await recordAudit(deps.pool, {
    actorType: 'system',
    actor: `database login ${rows[0]?.login}`,
    type: 'psp_account.check',
    outcome: 'success',
    origin: `fincore psp check, ${userInfo().username} at ${hostname()}`,
    merchantId: account.merchantId,
    resource: account.id,
  })
}
