import type { Connection } from '../../store/connection.ts'
import { openPool } from '../../store/pool.ts'
import { findMisfit } from '../../store/schema-version.ts'
import { type Finding, find } from './findings.ts'

/** Whether the database answers, and its schema is the one that this version knows. Only looks. */
export async function checkDatabase(database: Connection): Promise<Finding[]> {
  const pool = openPool(database, 1)
  try {
    const misfit = await findMisfit(pool)
    if (misfit === null) return [find('database_fits')]
    if (misfit.is === 'none') return [find('database_empty')]
    if (misfit.is === 'ahead') return [find('database_ahead', misfit.unknown.join(', '))]
    return [find('database_behind', misfit.missing?.join(', ') ?? null)]
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer in time'
    return [find('database_not_reached', code)]
  } finally {
    await pool.end()
  }
}
