import type { Config } from '../config.ts'
import { describeError, type Log } from '../log.ts'
import type { PspAccount } from '../psp-gateway/port.ts'
import { type PspName, psps, testPsps } from '../psp-gateway/registry.ts'
import { isKeyInForce } from './api-keys.ts'
import type { Queryable } from './pool.ts'

/**
 * Whether an API key was made in production. A key's digest covers its whole text, so its environment cannot be changed
 * in what a caller sends; `hint` keeps the beginning of the text.
 */
export const isKeyOfLive = String.raw`(hint like '__\_live\_%')`

/**
 * Whether an account belongs to this environment: to production one that moves money, to the sandbox one that moves none.
 * A database that was copied, or an account that was made with the wrong keys, would take a payment for what it is not.
 */
export function belongsToEnvironment(environment: Config['environment'], account: PspAccount): boolean {
  return psps[account.psp].identify(account).mode.isLive === (environment === 'production')
}

/**
 * Whether this environment may use an account at the PSP, as far as the PSP's name tells: production uses none of a PSP
 * that moves no money. What the account's own keys tell, the directory asks `belongsToEnvironment`.
 */
export function isUsableAccount(environment: Config['environment'], psp: PspName): boolean {
  return environment !== 'production' || !testPsps.includes(psp)
}

/**
 * Says, one line each, how many keys and PSP accounts that are still in use by their rows belong to the other
 * environment, as in a copied database. They are refused wherever they come up; this tells the operator why.
 */
export async function reportMisplaced(db: Queryable, environment: Config['environment'], log: Log): Promise<void> {
  const isProduction = environment === 'production'
  try {
    const { rows } = await db.query<{ keys: number; accounts: number }>(
      `select
         (select count(*)::int from api_keys where ${isKeyInForce} and ${isKeyOfLive} <> $1) as keys,
         (select count(*)::int from psp_accounts where status = 'active' and $1 and psp = any ($2)) as accounts`,
      [isProduction, testPsps],
    )
    const { keys, accounts } = rows[0] ?? { keys: 0, accounts: 0 }
    if (keys > 0) {
      const wrong = isProduction ? 'test keys in production' : 'live keys in the sandbox'
      log.error(`${wrong}: they are refused; revoke them, see docs/operating.md`, { count: keys })
    }
    if (accounts > 0)
      log.error('accounts at a test PSP in production: they are not used; disable them, see docs/operating.md', {
        count: accounts,
      })
  } catch (error) {
    log.warn('whether keys and PSP accounts belong to this environment could not be read', {
      error: describeError(error),
    })
  }
}
