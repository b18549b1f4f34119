import type { Queryable } from '../store/pool.ts'
import { timeAsText } from './canonical.ts'

/** How many records wait for their seals, and the last seal. Index: the primary keys. */
export async function readSealState(
  db: Queryable,
): Promise<{ waiting: number; lastSeal: { number: string; hash: string; sealed_at: string } | null }> {
  const waiting = await db.query<{ count: bigint }>('select count(*) as count from audit_unsealed')
  const last = await db.query<{ number: string; hash: string; sealed_at: string }>(
    `select number::text, encode(hash, 'hex') as hash, ${timeAsText('sealed_at')} as sealed_at
     from audit_seals s order by s.number desc limit 1`,
  )
  return { waiting: Number(waiting.rows[0]?.count ?? 0n), lastSeal: last.rows[0] ?? null }
}
