import { Option } from 'commander'
import type { Connection } from '../store/connection.ts'
import { CommandFailure } from './failures.ts'
import type { Surroundings } from './surroundings.ts'

/** The database of the commands that ask it themselves, in place of the admin API. */
export function databaseOption(login: string): Option {
  return new Option('--database-url <url>', `the database, as ${login}`).env('DATABASE_URL')
}

/** How that address is connected to: with its own password, or by the service's settings of AWS where it has none. */
export async function connectionTo({ env }: Surroundings, databaseUrl: string): Promise<Connection> {
  const [{ loadAccessSettings }, { connectionOfLogin }, { StartError }] = await Promise.all([
    import('../database-settings.ts'),
    import('../store/connection.ts'),
    import('../start-error.ts'),
  ])
  try {
    return connectionOfLogin(loadAccessSettings(env), databaseUrl)
  } catch (error) {
    if (error instanceof StartError) throw new CommandFailure(error.reason)
    // Node's own words would quote the address.
    throw new CommandFailure('The database’s address is written as postgres://user:password@host:5432/database.')
  }
}
