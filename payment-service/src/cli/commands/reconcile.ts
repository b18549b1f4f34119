import { type Command, Option } from 'commander'
import type { ReconcileOptions } from '../../reconciliation/command.ts'
import { action, type Run, withExamples } from '../action.ts'
import { databaseOption } from '../database-option.ts'
import { timeOption } from '../read-time.ts'

/** `fincore reconcile`: FinCore's books against a PSP's. */
export function addReconcile(program: Command, run: Run): void {
  const command = program
    .command('reconcile')
    .summary('compare FinCore’s books with a PSP’s')
    .description(
      'Compares a PSP account with the PSP’s own list, or with a settlement file, and repairs what has one truthful answer. Needs the settings of a worker in its environment. Exits with 0 when nothing differs any more, with 1 when differences are left, with 2 when it could not be done.',
    )
    .requiredOption('--psp-account <id>', 'the account, pspa_…')
    .addOption(timeOption('--from <time>', 'the first day, 2026-01-01, or a time of RFC 3339'))
    .addOption(timeOption('--to <time>', 'the day after the last, or a time'))
    .addOption(
      new Option('--settlement-file <path>', 'compare a day’s settlement file instead').conflicts(['from', 'to']),
    )
    .option('--dry-run', 'only read: say what would be repaired and raised', false)
    .addOption(databaseOption('the service’s login'))
    .action(
      action<Omit<ReconcileOptions, 'json'>>(run, async (options) => {
        const { printReconciliation } = await import('../../reconciliation/command.ts')
        return printReconciliation(run.io.env, { ...options, json: options.json ?? false })
      }),
    )
  withExamples(
    command,
    'fincore reconcile --psp-account pspa_01kx7p2z3r8v9w0a1b2c3d4e5f --from 2026-01-01 --to 2026-01-08 --dry-run',
    'fincore reconcile --psp-account pspa_01kx7p2z3r8v9w0a1b2c3d4e5f --settlement-file january-7.csv',
  )
}
