import { numberOf, type Vault } from '../secrets.ts'
import type { Queryable, Transaction } from './pool.ts'

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

/** Whether anything is sealed. */
export async function hasSealedSecrets(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ sealed: boolean }>(
    'select exists (select from psp_accounts) or exists (select from webhook_endpoints) as sealed',
  )
  return rows[0]?.sealed === true
}

/** Where sealed secrets stand. A new column of them comes here, or a rotation would leave it behind. */
const sealedColumns = { psp_accounts: ['credentials'], webhook_endpoints: ['secret', 'previous_secret'] } as const
export type SealedTable = keyof typeof sealedColumns
export const sealedTables: readonly SealedTable[] = ['psp_accounts', 'webhook_endpoints']
/** Where a row stands in its table. */
export type Place = { merchantId: string; id: string }

/** Rows by the key that sealed their secrets; 0 for the seed. Reads both tables, which have a row or two a merchant. */
export async function countByKey(db: Queryable): Promise<Map<number, number>> {
  const sealed = sealedTables.flatMap((table) =>
    sealedColumns[table].map((column) => `select ${column} as sealed from ${table}`),
  )
  const { rows } = await db.query<{ beginning: Buffer; count: number }>(
    `select substring(sealed from 1 for case get_byte(sealed, 0) when 1 then 1 else 5 end) as beginning, count(*)::integer as count
     from (${sealed.join(' union all ')}) as secrets where sealed is not null group by 1`,
  )
  const counts = new Map<number, number>()
  for (const { beginning, count } of rows) {
    const number = numberOf(beginning)
    counts.set(number, (counts.get(number) ?? 0) + count)
  }
  return counts
}

/**
 * Seals the secrets of the next rows anew, where another key than the vault's own sealed them. The rows are locked only
 * against each other's changes: charges write events for the endpoints, and accounts are used, meanwhile. Primary key.
 *
 * @returns where to go on, null at the end of the table; and how many secrets were sealed anew.
 */
export async function resealNext(
  tx: Transaction,
  vault: Vault,
  number: number,
  table: SealedTable,
  { after, limit }: { after: Place | null; limit: number },
): Promise<{ last: Place | null; resealed: number }> {
  const columns = sealedColumns[table]
  const { rows } = await tx.query<Place & Record<string, Buffer | null>>(
    `select merchant_id as "merchantId", id, ${columns.join(', ')} from ${table}
     where $1::text is null or (merchant_id, id) > ($1, $2) order by merchant_id, id limit $3 for no key update`,
    [after?.merchantId ?? null, after?.id ?? null, limit],
  )
  let resealed = 0
  for (const row of rows) {
    for (const column of columns) {
      const sealed = row[column] as Buffer | null
      if (sealed === null || numberOf(sealed) === number) continue
      const anew = vault.seal(vault.open(sealed, row.id), row.id)
      await tx.query(`update ${table} set ${column} = $3 where merchant_id = $1 and id = $2`, [
        row.merchantId,
        row.id,
        anew,
      ])
      resealed += 1
    }
  }
  const last = rows.at(-1)
  return {
    last: rows.length < limit || last === undefined ? null : { merchantId: last.merchantId, id: last.id },
    resealed,
  }
}
