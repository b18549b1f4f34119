import type { Vault } from '../secrets.ts'
import type { Queryable } from './pool.ts'

type Sealed = { id: string; sealed: Buffer }

/**
 * Tries the encryption key on what was sealed last: an account's credentials, or else a webhook endpoint's secret.
 *
 * @param psps whose accounts this environment uses: a copied database may hold others' credentials under another key.
 * @returns the row that does not open; null when it does, or when nothing is sealed yet.
 */
export async function findUnreadableSecret(
  db: Queryable,
  vault: Vault,
  psps: readonly string[],
): Promise<string | null> {
  const accounts = await db.query<Sealed>(
    'select id, credentials as sealed from psp_accounts where psp = any ($1) order by id desc limit 1',
    [psps],
  )
  const [newest] =
    accounts.rows.length > 0
      ? accounts.rows
      : (await db.query<Sealed>('select id, secret as sealed from webhook_endpoints order by id desc limit 1')).rows
  if (newest === undefined) return null
  try {
    vault.open(newest.sealed, newest.id)
    return null
  } catch {
    return newest.id
  }
}

/** PSPs of accounts that are in use, or have a payment in doubt, and that are none of `known`. */
export async function findUnknownPsps(db: Queryable, known: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ psp: string }>(
    `select distinct psp from psp_accounts
     where psp <> all ($1) and (status = 'active' or exists (
       select from attempts where attempts.merchant_id = psp_accounts.merchant_id
         and attempts.psp_account_id = psp_accounts.id and next_lookup_at is not null))
     order by psp`,
    [known],
  )
  return rows.map(({ psp }) => psp)
}
