import type { Said } from '../payments/look-up-words.ts'
import type { AttemptRow } from './attempts.ts'
import type { Queryable } from './pool.ts'

/** One look-up: when it began, who wanted it, what the PSP said, and how long it took. */
export type LookUp = Said & { at: string; by: string; ms: number }

/** Kept of each attempt: enough to see how it began and how it stands, and no more. */
const kept = { first: 10, last: 10 }

/**
 * After a look-up: writes down what came of it and, for its claimer, sets the next one, unless the attempt was settled
 * or rescheduled meanwhile. One statement, so a look-up costs one write.
 *
 * @param next null when another than the resolver asked: the schedule stays as it is.
 */
export async function recordLookUp(
  db: Queryable,
  attempt: Pick<AttemptRow, 'merchant_id' | 'id' | 'next_lookup_at'>,
  lookUp: LookUp,
  next: Date | null,
): Promise<void> {
  await db.query(
    `update attempts set lookups = lookups + 1,
       look_up_log = case when jsonb_array_length(look_up_log) >= $4::int + $5::int then look_up_log - $4::int else coalesce(look_up_log, '[]') end || $3::jsonb,
       look_up_asked_by = case when next_lookup_at = $7 and $6::timestamptz is not null then null else look_up_asked_by end,
       next_lookup_at = case when next_lookup_at = $7 then coalesce($6, next_lookup_at) else next_lookup_at end
     where merchant_id = $1 and id = $2`,
    [attempt.merchant_id, attempt.id, lookUp, kept.first, kept.last, next, attempt.next_lookup_at],
  )
}
