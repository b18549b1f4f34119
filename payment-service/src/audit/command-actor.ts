import { hostname, userInfo } from 'node:os'
import type { Queryable } from '../store/pool.ts'

/**
 * Who runs a command that asks the database itself, in place of the admin API: for its audit record, which is written
 * before the command does anything (PCI DSS 10.2.1.3). A login that cannot write the record does nothing.
 *
 * @param command such as `fincore reconcile`.
 */
export async function readCommandActor(db: Queryable, command: string) {
  const { rows } = await db.query<{ login: string }>('select session_user::text as login')
  return {
    actorType: 'system',
    actor: `database login ${rows[0]?.login}`,
    origin: `${command}, ${userInfo().username} at ${hostname()}`,
    outcome: 'success',
  } as const
}
