import { digestOf } from '../secrets.ts'
import { recordAudit } from './audit.ts'
import { inTransaction, type Pool, type Queryable } from './pool.ts'

/**
 * Makes the operators of the settings known, or gives them their new tokens; only the tokens' digests are stored. What
 * the settings ever gave is no news, so a token that was rolled since stays rolled, and who was disabled stays out, until
 * the settings have a new token for the name; a process that starts with older settings gives nobody the old one back. An operator who is no longer listed stays. Throws when two
 * operators have one token, because then nobody could say who of them acted.
 */
export async function upsertOperators(
  pool: Pool,
  operators: readonly { name: string; token: string }[],
): Promise<void> {
  if (new Set(operators.map(({ token }) => token)).size !== operators.length)
    throw new Error('Two operators have the same token')
  await inTransaction(pool, async (tx) => {
    for (const { name, token } of operators) {
      const { rowCount } = await tx.query(
        `insert into operators (name, token_digest, settings_digests) values ($1, $2, array[$2::bytea])
         on conflict (name) do update set token_digest = excluded.token_digest,
           settings_digests = operators.settings_digests || excluded.settings_digests,
           asked_digest = null, disabled_at = null, disabled_by = null
         where excluded.token_digest <> all (operators.settings_digests)`,
        [name, digestOf(token)],
      )
      if (rowCount === 0) continue
      await recordAudit(tx, {
        actorType: 'system',
        actor: 'settings',
        type: 'operator.set_token',
        outcome: 'success',
        origin: 'start',
        resource: name,
      })
    }
  })
}

export type Operator = {
  name: string
  /** Whether there is a token that is good. */
  isActive: boolean
  /** SHA-256 of a token that was asked for and is not approved yet. */
  askedDigest: Buffer | null
  askedBy: string | null
  askedAt: Date | null
  approvedBy: string | null
  createdAt: Date
  disabledAt: Date | null
  disabledBy: string | null
}

const columns = `name, token_digest is not null as "isActive", asked_digest as "askedDigest", asked_by as "askedBy",
  asked_at as "askedAt", approved_by as "approvedBy", created_at as "createdAt", disabled_at as "disabledAt",
  disabled_by as "disabledBy"`

async function readOne(db: Queryable, text: string, values: unknown[]): Promise<Operator | null> {
  const { rows } = await db.query<Operator>(text, values)
  return rows[0] ?? null
}

/** By their names, from the last. Primary key. */
export async function listOperators(
  db: Queryable,
  page: { before: string | null; limit: number },
): Promise<Operator[]> {
  const { rows } = await db.query<Operator>(
    `select ${columns} from operators where $1::text is null or name < $1 order by name desc limit $2`,
    [page.before, page.limit],
  )
  return rows
}

/** Primary key. Null when there is no such operator. */
export async function lockOperator(db: Queryable, name: string): Promise<Operator | null> {
  return readOne(db, `select ${columns} from operators where name = $1 for update`, [name])
}

/**
 * Whether the token is still the operator's own, which it then stays until the transaction ends. Who signed in a moment ago
 * may have been disabled since, or have another token.
 */
export async function holdOperator(tx: Queryable, name: string, tokenDigest: Buffer): Promise<boolean> {
  const { rowCount } = await tx.query('select from operators where name = $1 and token_digest = $2 for key share', [
    name,
    tokenDigest,
  ])
  return rowCount === 1
}

/** Asks for a token, for a new name or one that there is; an older question for the name is forgotten. */
export async function askForToken(
  db: Queryable,
  asked: { name: string; digest: Buffer; by: string },
): Promise<Operator | null> {
  return readOne(
    db,
    `insert into operators (name, asked_digest, asked_by, asked_at) values ($1, $2, $3, now())
     on conflict (name) do update set asked_digest = excluded.asked_digest, asked_by = excluded.asked_by,
       asked_at = excluded.asked_at, approved_by = null
     returning ${columns}`,
    [asked.name, asked.digest, asked.by],
  )
}

/** The token that was asked for is good from now on, and the one before is not. */
export async function approveToken(db: Queryable, name: string, by: string): Promise<Operator | null> {
  return readOne(
    db,
    `update operators set token_digest = asked_digest, asked_digest = null, approved_by = $2, disabled_at = null,
       disabled_by = null
     where name = $1 and asked_digest is not null returning ${columns}`,
    [name, by],
  )
}

export async function replaceToken(db: Queryable, name: string, digest: Buffer): Promise<Operator | null> {
  return readOne(db, `update operators set token_digest = $2 where name = $1 returning ${columns}`, [name, digest])
}

/** No token of the name is good any more. What the operator had asked for, or somebody for the operator, is void. */
export async function disableOperator(db: Queryable, name: string, by: string): Promise<Operator | null> {
  await db.query('update operators set asked_digest = null where asked_by = $1 or name = $1', [name])
  return readOne(
    db,
    `update operators set token_digest = null, disabled_at = now(), disabled_by = $2 where name = $1 returning ${columns}`,
    [name, by],
  )
}
