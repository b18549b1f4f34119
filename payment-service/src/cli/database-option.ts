import { Option } from 'commander'

/** The database of the commands that ask it themselves, in place of the admin API. */
export function databaseOption(login: string): Option {
  return new Option('--database-url <url>', `the database, as ${login}`).env('DATABASE_URL')
}
