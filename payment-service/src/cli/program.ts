import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { type Run, withExamples } from './action.ts'
import { addAudit } from './commands/audit.ts'
import { addCharges } from './commands/charges.ts'
import { addCompletion } from './commands/completion.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEncryption } from './commands/encryption.ts'
import { addEvents } from './commands/events.ts'
import { addKeys } from './commands/keys.ts'
import { addLogin } from './commands/login.ts'
import { addMerchants } from './commands/merchants.ts'
import { addMigrate } from './commands/migrate.ts'
import { addNotices } from './commands/notices.ts'
import { addOperators } from './commands/operators.ts'
import { addProfile } from './commands/profile.ts'
import { addPsp } from './commands/psp.ts'
import { addRawCard } from './commands/raw-card.ts'
import { addReconcile } from './commands/reconcile.ts'
import { addRefunds } from './commands/refunds.ts'
import { addWebhooks } from './commands/webhooks.ts'

/** In the order in which they are shown; each group adds its commands, and loads what they need when they run. */
const groups = {
  'Connect:': [addLogin, addProfile],
  'Bring a merchant on board:': [addMerchants, addPsp, addKeys, addRawCard],
  'Develop and look:': [addWebhooks, addEvents, addCharges, addRefunds],
  'Operate:': [addMigrate, addDoctor, addNotices, addReconcile, addAudit, addOperators, addEncryption, addCompletion],
} as const

/** The tree of commands: what `fincore` can do. `--help`, the completion scripts and docs/cli.md are made from it. */
export function createProgram(run: Run): Command {
  const { stdout, stderr } = run.io
  const program = new Command('fincore')
    .description('FinCore on the command line: bring merchants on board, develop against it, operate it.')
    .version(readVersion(), '--version', 'show the version')
    .exitOverride()
    .showHelpAfterError('(--help shows how it is used)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    })
    .configureHelp({ showGlobalOptions: true })
    .option('--profile <name>', 'the profile to use, in place of the one in use')
    .addOption(new Option('--as <operator>', 'which operator of the development FinCore acts'))
    .option('--json', 'for programs: an object, or one in each line, in place of a table')
  withExamples(program, 'fincore login --admin-url https://admin.pay.example.com', 'fincore doctor')
  for (const [heading, adders] of Object.entries(groups)) {
    program.commandsGroup(heading)
    for (const add of adders) add(program, run)
  }
  return program
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
