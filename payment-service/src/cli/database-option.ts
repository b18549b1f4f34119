import { Option } from 'commander'
import type { Connection } from '../store/connection.ts'
import type { Surroundings } from './surroundings.ts'

/** The database of the commands that ask it themselves, in place of the admin API. */
export function databaseOption(login: string): Option {
  return new Option('--database-url <url>', `the database, as ${login}`).env('DATABASE_URL')
}

/** How that address is connected to: with its own password, or by the service's settings of AWS where it has none. */
export async function connectionTo({ env }: Surroundings, databaseUrl: string): Promise<Connection> {
  const [{ loadAccessSettings }, { connectionOfLogin }] = await Promise.all([
    import('../config.ts'),
    import('../store/connection.ts'),
  ])
  return connectionOfLogin(loadAccessSettings(env), databaseUrl)
}
