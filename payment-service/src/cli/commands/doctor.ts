import type { Command } from 'commander'
import { action, idOption, type Run, withExamples } from '../action.ts'
import { databaseOption } from '../database-option.ts'
import type { DoctorOptions } from '../doctor/examine.ts'

/** `fincore doctor`: what of a deployment must be mended. */
export function addDoctor(program: Command, run: Run): void {
  withExamples(
    program.command('doctor'),
    'fincore doctor',
    'fincore doctor --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f --json',
  )
    .summary('check a deployment, and say what to mend')
    .description(
      'Checks a deployment and says what to mend: whether the API, the admin API and the card relay answer, certificates, clocks, database, PSP accounts, grants, payments without an outcome, the audit log, webhooks. Changes nothing; a check of a PSP account is in the audit log. Exits with 0 when nothing is wrong (warnings are allowed), with 1 when something is.',
    )
    .addOption(idOption('--merchant <id>', 'merchant', 'look at this merchant alone, mer_…'))
    .option('--no-psp-checks', 'do not have PSPs asked about their accounts')
    .addOption(databaseOption('the service’s login: checks its schema too'))
    .action(
      action<DoctorOptions>(run, async (options) => {
        const { printExamination } = await import('../doctor/report.ts')
        return printExamination(run.io, options)
      }),
    )
}
