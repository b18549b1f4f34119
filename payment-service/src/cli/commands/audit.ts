import { type Command, InvalidArgumentError, Option } from 'commander'
import type { KnownSeal } from '../../audit/check-chain.ts'
import { action, type Run, withExamples } from '../action.ts'
import { openAdmin } from '../connection.ts'
import { connectionTo, databaseOption } from '../database-option.ts'
import { CommandFailure } from '../failures.ts'
import { download } from '../http-client.ts'
import { timeOption } from '../read-time.ts'
import { type Surroundings, say } from '../surroundings.ts'

type VerifyOptions = { databaseUrl?: string; file?: string; knownSeal?: KnownSeal }
type ExportOptions = { databaseUrl?: string; from: string; to: string }
type UnpackOptions = { run?: string }

/** `fincore audit`: who did what, and that nobody changed the record of it. */
export function addAudit(program: Command, run: Run): void {
  const audit = program.command('audit').summary('the audit log').description('The audit log.')
  withExamples(
    audit.command('verify'),
    'fincore audit verify --database-url postgres://auditor@db.example.com/fincore',
    'fincore audit verify --file january.jsonl',
  )
    .description(
      'Checks every byte of the audit log against its seals. Exits with 0 when it is whole, with 1 when not.',
    )
    .addOption(databaseOption('a login that may read the audit log'))
    .addOption(new Option('--file <path>', 'check an export instead, without the database'))
    .addOption(new Option('--known-seal <number:hash>', 'a seal that an earlier run printed').argParser(readKnownSeal))
    .action(
      action<VerifyOptions>(run, async ({ databaseUrl, file, knownSeal, json }) => {
        const log = await import('../../audit/command.ts')
        const checked = await explained(async () => {
          if (file !== undefined) return log.verifyFile(file, knownSeal)
          if (databaseUrl === undefined) throw new Error('--database-url or DATABASE_URL is missing')
          return log.verifyDatabase(await connectionTo(run.io, databaseUrl), knownSeal)
        })
        say(run.io, json ? log.describeCheckedLogAsJson(checked) : log.describeCheckedLog(checked))
        return checked.problems.length === 0 ? 'done' : 'found'
      }),
    )
  withExamples(
    audit.command('export'),
    'fincore audit export --from 2026-01-01 --to 2026-02-01 > january.jsonl',
    'fincore audit export --from 2026-01-01 --to 2026-02-01 --database-url postgres://auditor@db.example.com/fincore > january.jsonl',
    'fincore audit export --from yesterday --to today > day.jsonl',
  )
    .description(
      'Writes the sealed records of some days, with their seals, as JSON lines to the standard output: from the database, where you name one, else from the admin API. The export is recorded in the log.',
    )
    .addOption(databaseOption('a login that may add a record to the audit log'))
    .addOption(
      timeOption('--from <day>', 'the first day, 2026-01-01, a time of RFC 3339, or `yesterday`').makeOptionMandatory(),
    )
    .addOption(timeOption('--to <day>', 'the day after the last; or `today`').makeOptionMandatory())
    .action(
      action<ExportOptions>(run, async ({ databaseUrl, from, to, ...options }) => {
        if (databaseUrl === undefined) {
          const door = openAdmin(run.io, options)
          return writeAll(run.io, await download(door, '/admin/v1/audit_log/export', { query: { from, to } }))
        }
        const { exportFromDatabase } = await import('../../audit/command.ts')
        await explained(async () => {
          const database = await connectionTo(run.io, databaseUrl)
          return exportFromDatabase(database, { from, to }, (lines) => writeAll(run.io, lines))
        })
      }),
    )
  withExamples(audit.command('unpack <file...>'), 'fincore audit unpack exports/2026/11/30/* > day.jsonl')
    .summary('put an export together from the files of a log archive')
    .description(
      'Puts an export together from the files of a log archive, where its lines lie packed, in any order, and some of them twice. Check it afterwards: fincore audit verify --file.',
    )
    .option('--run <stream>', 'the log stream of the run, where the files hold several')
    .action(
      action<UnpackOptions>(run, async ({ run: stream }, ...files) => {
        const { unpackFiles } = await import('../../audit/unpack-files.ts')
        for (const line of await explained(() => unpackFiles(files.flat(), stream))) say(run.io, line)
      }),
    )
}

/** Says in one line what did not work. Messages of the database tell no record's content. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new CommandFailure(error instanceof Error ? error.message || error.name : 'unknown fault')
  }
}

/** As fast as it is taken: an export can be larger than the memory. */
async function writeAll({ stdout }: Surroundings, chunks: AsyncIterable<Uint8Array | string>): Promise<void> {
  for await (const chunk of chunks) {
    const isTaken = stdout.write(chunk)
    if (isTaken === false && stdout.once !== undefined)
      await new Promise<void>((resolve) => stdout.once?.('drain', resolve))
  }
}

function readKnownSeal(text: string): KnownSeal {
  const [, number, hash] = text.match(/^([1-9]\d{0,17}):([0-9a-f]{64})$/) ?? []
  if (number === undefined || hash === undefined)
    throw new InvalidArgumentError('A seal is its number, a colon, and 64 hexadecimal digits.')
  return { number: BigInt(number), hash }
}
