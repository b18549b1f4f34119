#!/usr/bin/env node
import { createReadStream } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { AuditReport, KnownSeal } from './audit/check-chain.ts'
import { exportAudit, type TimeRange } from './audit/export.ts'
import { splitLines } from './audit/split-lines.ts'
import { verifyAudit } from './audit/verify.ts'
import { verifyExport } from './audit/verify-export.ts'
import { printPspCheck } from './psp-check/command.ts'
import { printReconciliation } from './reconciliation/command.ts'
import { recordAudit } from './store/audit.ts'
import { openPool, type Pool, withoutLimits } from './store/pool.ts'

/**
 * `fincore`: what operators do on a terminal. `audit` needs the database's address alone; `reconcile` and `psp check`,
 * which call a PSP, the settings of a worker.
 */
const program = new Command('fincore').description('FinCore on the command line').showHelpAfterError()
const audit = program.command('audit').description('the audit log')

const databaseUrl = (login = 'a login that may read the audit log') =>
  new Option('--database-url <url>', `the database, as ${login}`).env('DATABASE_URL')
const time = (flags: string, meaning: string) => new Option(flags, meaning).argParser(readTime).makeOptionMandatory()

audit
  .command('verify')
  .description('Checks every byte of the audit log against its seals. Exits with 0 when it is whole, else with 1.')
  .addOption(databaseUrl())
  .addOption(new Option('--file <path>', 'check an export instead, without the database'))
  .addOption(new Option('--known-seal <number:hash>', 'a seal that an earlier run printed').argParser(readKnownSeal))
  .action((options: { databaseUrl?: string; file?: string; knownSeal?: KnownSeal }) =>
    explainFailure(() =>
      options.file === undefined
        ? withPool(options.databaseUrl, async (pool) =>
            printReport('audit log', await verifyAudit(pool, options.knownSeal)),
          )
        : printExportReport(options.file, options.knownSeal),
    ),
  )

audit
  .command('export')
  .description('Writes the sealed records of some days, with their seals, as JSON lines to the standard output.')
  .addOption(databaseUrl())
  .addOption(time('--from <day>', 'the first day, 2026-01-01, or a time of RFC 3339'))
  .addOption(time('--to <day>', 'the day after the last'))
  .action((options: TimeRange & { databaseUrl?: string }) =>
    explainFailure(() =>
      withPool(options.databaseUrl, async (pool) => {
        await recordExport(pool, options)
        await pipeline(exportAudit(pool, { from: options.from, to: options.to }), process.stdout, { end: false })
        return true
      }),
    ),
  )

program
  .command('reconcile')
  .description(
    'Compares a PSP account with the PSP’s own list, or with a settlement file, and repairs what has one truthful answer. Needs the settings of a worker in its environment. Exits with 0 when nothing differs any more, with 1 when differences are left, with 2 when it could not be done.',
  )
  .requiredOption('--psp-account <id>', 'the account, pspa_…')
  .addOption(new Option('--from <time>', 'the first day, 2026-01-01, or a time of RFC 3339').argParser(readTime))
  .addOption(new Option('--to <time>', 'the day after the last, or a time').argParser(readTime))
  .addOption(
    new Option('--settlement-file <path>', 'compare a day’s settlement file instead').conflicts(['from', 'to']),
  )
  .option('--dry-run', 'only read: say what would be repaired and raised', false)
  .option('--json', 'one JSON object in place of a table', false)
  .addOption(databaseUrl('the service’s login'))
  // Commander's own 1 would say that differences are left.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: Parameters<typeof printReconciliation>[1]) => {
    process.exitCode = await printReconciliation(process.env, options)
  })

program
  .command('psp')
  .description('accounts at PSPs')
  .command('check')
  .description(
    'Asks a PSP how an account is set up there: credentials, mode, webhooks, raw cards, 3-D Secure, hosted page. Changes nothing. Needs the settings of a worker in its environment. Exits with 0 when nothing is wrong (warnings are allowed), with 1 when something is, with 2 when it could not be done.',
  )
  .option('--psp-account <id>', 'the account, pspa_…; without it, every account in use')
  .option('--json', 'one JSON object per account and line in place of a table', false)
  .addOption(databaseUrl('the service’s login'))
  // Commander's own 1 would say that something is wrong with an account.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: Parameters<typeof printPspCheck>[1]) => {
    process.exitCode = await printPspCheck(process.env, options)
  })

function readKnownSeal(text: string): KnownSeal {
  const [, number, hash] = text.match(/^([1-9]\d{0,17}):([0-9a-f]{64})$/) ?? []
  if (number === undefined || hash === undefined)
    throw new InvalidArgumentError('A seal is its number, a colon, and 64 hexadecimal digits.')
  return { number: BigInt(number), hash }
}

/** A day is its first moment in UTC. */
function readTime(text: string): string {
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/.test(text)
  const moment = new Date(text)
  // Days that a month does not have are moved to the next one by some parsers.
  if (!isTime || Number.isNaN(moment.getTime()) || (text.length === 10 && moment.toISOString().slice(0, 10) !== text))
    throw new InvalidArgumentError('A time is a day such as 2026-01-31, or 2026-01-31T08:00:00Z.')
  return moment.toISOString()
}

/** Who reads the log is recorded in it before it is read (PCI DSS 10.2.1.3); a login that cannot write it reads nothing. */
async function recordExport(pool: Pool, { from, to }: TimeRange): Promise<void> {
  const { rows } = await pool.query<{ login: string }>('select session_user::text as login')
  await recordAudit(pool, {
    actorType: 'system',
    actor: `database login ${rows[0]?.login}`,
    type: 'audit_log.export',
    outcome: 'success',
    origin: `fincore audit export, ${userInfo().username} at ${hostname()}`,
    resource: 'audit_log',
    details: { from, to },
  })
}

async function withPool(url: string | undefined, work: (pool: Pool) => Promise<boolean>): Promise<boolean> {
  if (url === undefined) throw new Error('--database-url or DATABASE_URL is missing')
  const pool = openPool(url, 1, withoutLimits)
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

function printReport(name: string, { records, seals, waiting, problems, lastSeal }: AuditReport): boolean {
  for (const problem of problems) console.log(`PROBLEM  ${problem}`)
  console.log(`${records} sealed records under ${seals} seals, ${waiting} waiting for the next seal.`)
  if (lastSeal !== null) console.log(`Last seal, to keep elsewhere: --known-seal ${lastSeal.number}:${lastSeal.hash}`)
  console.log(
    problems.length === 0 ? `The ${name} is whole.` : `The ${name} is NOT whole: ${problems.length} problems.`,
  )
  return problems.length === 0
}

async function printExportReport(file: string, known?: KnownSeal): Promise<boolean> {
  const { follows, ...report } = await verifyExport(splitLines(createReadStream(file)), known)
  if (follows !== null && follows.number !== '0')
    console.log(`Begins after seal ${follows.number}:${follows.hash}, the last one of the time before.`)
  return printReport('export', report)
}

/** Says in one line what did not work. Messages of the database tell no record's content. */
async function explainFailure(work: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await work()) ? 0 : 1
  } catch (error) {
    const why = error instanceof Error ? error.message || error.name : 'unknown fault'
    console.error(`It could not be done: ${why}`)
    process.exitCode = 1
  }
}

await program.parseAsync()
