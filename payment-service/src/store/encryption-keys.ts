import type { Pool, Queryable } from './pool.ts'

export const encryptionKeyStates = ['seed', 'announced', 'active', 'retired', 'destroyed'] as const
export type EncryptionKeyState = (typeof encryptionKeyStates)[number]

export type EncryptionKeyRow = {
  /** 0 is the seed, from which link tokens and pseudonyms are derived; the others seal. */
  number: number
  state: EncryptionKeyState
  /** Null when it is destroyed. */
  wrapped: Buffer | null
  /** The `id` of the provider's key that wrapped it. */
  wrappedBy: string
  createdAt: Date
  retiredAt: Date | null
}

/** All of them, the destroyed ones too; a few rows. */
export async function readEncryptionKeys(db: Queryable): Promise<EncryptionKeyRow[]> {
  const { rows } = await db.query<EncryptionKeyRow>(
    `select number, state, wrapped, wrapped_by as "wrappedBy", created_at as "createdAt", retired_at as "retiredAt"
     from encryption_keys order by number`,
  )
  return rows
}

/** False when another process has just made one of the same number or state; that one is then the key to go on with. */
export async function insertEncryptionKey(
  db: Queryable,
  key: { number: number; state: EncryptionKeyState; wrapped: Buffer; wrappedBy: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into encryption_keys (number, state, wrapped, wrapped_by, activated_at)
     values ($1, $2, $3, $4, case when $2 = 'active' then now() end) on conflict do nothing`,
    [key.number, key.state, key.wrapped, key.wrappedBy],
  )
  return rowCount === 1
}

/** An announced key takes over from the active one, which goes on opening. Null when it is announced no more. */
export async function activateEncryptionKey(db: Queryable, number: number): Promise<{ retired: number | null } | null> {
  const { rows: before } = await db.query<{ number: number; state: EncryptionKeyState }>(
    `select number, state from encryption_keys where state in ('announced', 'active') order by number for update`,
  )
  if (!before.some((key) => key.number === number && key.state === 'announced')) return null
  await db.query(`update encryption_keys set state = 'retired', retired_at = now() where state = 'active'`)
  await db.query(`update encryption_keys set state = 'active', activated_at = now() where number = $1`, [number])
  return { retired: before.find(({ state }) => state === 'active')?.number ?? null }
}

/** The key stays the same; another wraps it from now on. False when somebody else has just wrapped it anew. */
export async function replaceWrapping(
  db: Queryable,
  was: EncryptionKeyRow,
  becomes: { wrapped: Buffer; wrappedBy: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update encryption_keys set wrapped = $3, wrapped_by = $4 where number = $1 and wrapped = $2',
    [was.number, was.wrapped, becomes.wrapped, becomes.wrappedBy],
  )
  return rowCount === 1
}

/** Nothing opens what it sealed any more. The row stays, as the record that there was such a key. */
export async function destroyEncryptionKey(db: Queryable, number: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update encryption_keys set state = 'destroyed', wrapped = null, destroyed_at = now()
     where number = $1 and state = 'retired'`,
    [number],
  )
  return rowCount === 1
}

/** What a running process can open, and what it seals with. */
export type KeyHolder = {
  id: string
  name: string
  numbers: number[]
  sealsWith: number | null
  unwraps: string[]
}

/** A process that was not seen for this long has ended, or is as good as ended: it reads the keys when it comes back. */
const holderLivesMs = 30_000

export async function reportKeyHolder(db: Queryable, holder: KeyHolder): Promise<void> {
  await db.query(
    `insert into encryption_key_holders (id, name, numbers, seals_with, unwraps) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set numbers = excluded.numbers, seals_with = excluded.seals_with,
       unwraps = excluded.unwraps, seen_at = now()`,
    [holder.id, holder.name, holder.numbers, holder.sealsWith, holder.unwraps],
  )
}

/** Also takes away what was left by processes that were killed. */
export async function forgetKeyHolder(db: Queryable, id: string): Promise<void> {
  await db.query(`delete from encryption_key_holders where id = $1 or seen_at < now() - interval '1 day'`, [id])
}

/** What the connection on which a process listens for changes is called. Before there were data keys it was another. */
export const listenerName = 'fincore listener of changes'
const listenerNameBefore = 'fincore listener'

/**
 * Every process that lives; and how many there are of a version before data keys, which say nothing, and are known by
 * how they listen. pg_stat_activity shows a login its own sessions, wherever they come from.
 */
export async function listKeyHolders(pool: Pool): Promise<{ holders: KeyHolder[]; silent: number }> {
  const { rows: holders } = await pool.query<KeyHolder>(
    `select id, name, numbers, seals_with as "sealsWith", unwraps from encryption_key_holders
     where seen_at > now() - $1 * interval '1 ms' order by name`,
    [holderLivesMs],
  )
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where application_name = $1 and datname = current_database()`,
    [listenerNameBefore],
  )
  return { holders, silent: rows[0]?.count ?? 0 }
}
