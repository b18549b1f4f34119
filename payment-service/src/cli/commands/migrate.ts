import type { Command } from 'commander'
import { printable, toJson } from '../../printable.ts'
import { action, type Run, withExamples } from '../action.ts'
import { CommandFailure } from '../failures.ts'
import { say } from '../surroundings.ts'

type MigrateCommandOptions = { databaseUrl?: string }

/** `fincore migrate`: the schema of this version, before its processes start. */
export function addMigrate(program: Command, run: Run): void {
  const command = program
    .command('migrate')
    .summary('bring the database up to date')
    .description(
      'Runs the migrations that the database has not seen, and ends. Processes of the version before work on meanwhile and afterwards; where a newer version has run here, there is nothing to do. Exits with 0 when the database is up to date, with 2 when it could not be done.',
    )
    .option(
      '--database-url <url>',
      'the database, as the login that owns its tables; by default MIGRATIONS_DATABASE_URL, or what the file MIGRATIONS_DATABASE_URL_FILE holds',
    )
    .action(
      action<MigrateCommandOptions>(run, async ({ databaseUrl, json }) => {
        const [{ migrateAtStart }, { loadAccessSettings, loadMigrationsUrl }, { StartError }] = await Promise.all([
          import('../../start-checks.ts'),
          import('../../database-settings.ts'),
          import('../../start-error.ts'),
        ])
        const { env } = run.io
        const doMigrate = async () => migrateAtStart(loadAccessSettings(env), databaseUrl ?? loadMigrationsUrl(env))
        const { applied, unknown } = await doMigrate().catch((error: unknown) => {
          throw error instanceof StartError ? new CommandFailure(error.reason) : error
        })
        if (json) return say(run.io, toJson({ object: 'migration', applied, unknown }))
        for (const name of applied) say(run.io, `Applied ${name}`)
        if (applied.length === 0) say(run.io, 'Nothing to do: the database is up to date.')
        for (const name of unknown) say(run.io, `Of a newer version, and no obstacle: ${printable(name)}`)
      }),
    )
  withExamples(command, 'fincore migrate', 'fincore migrate --database-url postgres://owner@db.example.com/fincore')
}
