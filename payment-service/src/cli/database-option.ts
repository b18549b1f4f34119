import { Option } from 'commander'
import type { Connection } from '../store/connection.ts'
import { CommandFailure } from './failures.ts'
import type { Surroundings } from './surroundings.ts'

/** The database of the commands that ask it themselves, in place of the admin API. */
export function databaseOption(login: string): Option {
  return new Option('--database-url <url>', `the database, as ${login}`).env('DATABASE_URL')
}

/** How a command connects there: over verified TLS and with a token of AWS where the environment says so. */
export async function connectionAt(env: Surroundings['env'], databaseUrl: string): Promise<Connection> {
  const [{ loadAccessSettings }, { connectionOfLogin }, { StartError }] = await Promise.all([
    import('../config.ts'),
    import('../store/connection.ts'),
    import('../start-error.ts'),
  ])
  try {
    return connectionOfLogin(loadAccessSettings(env), databaseUrl)
  } catch (error) {
    // A text that is no address is told by who connects.
    if (error instanceof StartError) throw new CommandFailure(error.reason)
    return { connectionString: databaseUrl }
  }
}
