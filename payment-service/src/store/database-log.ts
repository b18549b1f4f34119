import { describeError, type Log } from '../log.ts'
import type { Queryable } from './pool.ts'

/**
 * What keeps values out of PostgreSQL's own log, which else quotes what a row or a statement held when one fails. The
 * first value of each is what FinCore's own PostgreSQL gets; docs/operating.md tells operators of another one.
 */
export const databaseLogSettings = {
  /** Errors of statements are the client's, who logs their SQLSTATE: `invalid input syntax for type …: "…"`. */
  log_min_messages: ['log', 'fatal', 'panic'],
  log_min_error_statement: ['panic', 'fatal', 'log'],
  /** Without `DETAIL: Failing row contains (…)` and `CONTEXT`. */
  log_error_verbosity: ['terse'],
  /** Of statements that are logged for their duration, the values. */
  log_parameter_max_length: ['0'],
  log_parameter_max_length_on_error: ['0'],
} as const satisfies Record<string, readonly string[]>

/** Warns when the database's log may hold what requests held. The application's login can only look. */
export async function checkDatabaseLog(db: Queryable, log: Log): Promise<void> {
  try {
    const { rows } = await db.query<{ name: string; setting: string }>(
      'select name, setting from pg_settings where name = any ($1)',
      [Object.keys(databaseLogSettings)],
    )
    const found = new Map(rows.map(({ name, setting }) => [name, setting]))
    const unfit = Object.entries(databaseLogSettings).filter(
      ([name, allowed]) => !allowed.some((value) => value === found.get(name)),
    )
    if (unfit.length === 0) return
    log.warn("the database's own log may quote what requests hold; see docs/operating.md", {
      reason: unfit.map(([name]) => name).join(', '),
    })
  } catch (error) {
    log.warn("the settings of the database's own log could not be read", { error: describeError(error) })
  }
}
