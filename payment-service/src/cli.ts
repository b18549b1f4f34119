#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander'
import { type KnownSeal, verifyAudit } from './audit/verify.ts'
import { openPool } from './store/pool.ts'

/** `fincore`: what operators do on a terminal. It needs the database's address alone, not the service's settings. */
const program = new Command('fincore').description('FinCore on the command line').showHelpAfterError()

const databaseUrl = new Option('--database-url <url>', 'the database, as a login that may read the audit log')
  .env('DATABASE_URL')
  .makeOptionMandatory()
const knownSeal = new Option('--known-seal <number:hash>', 'a seal that an earlier run printed').argParser(
  readKnownSeal,
)

program
  .command('audit')
  .description('the audit log')
  .command('verify')
  .description('Checks every byte of the audit log against its seals. Exits with 0 when it is whole, else with 1.')
  .addOption(databaseUrl)
  .addOption(knownSeal)
  .action(async (options: { databaseUrl: string; knownSeal?: KnownSeal }) => {
    process.exitCode = (await printVerification(options.databaseUrl, options.knownSeal)) ? 0 : 1
  })

function readKnownSeal(text: string): KnownSeal {
  const [, number, hash] = text.match(/^([1-9]\d{0,17}):([0-9a-f]{64})$/) ?? []
  if (number === undefined || hash === undefined)
    throw new InvalidArgumentError('A seal is its number, a colon, and 64 hexadecimal digits.')
  return { number: BigInt(number), hash }
}

async function printVerification(url: string, known?: KnownSeal): Promise<boolean> {
  const pool = openPool(url, 1)
  try {
    // The whole log is read: the time limit of the service's own statements does not apply.
    pool.on('connect', (client) => client.query('set statement_timeout = 0'))
    const { records, seals, waiting, problems, lastSeal } = await verifyAudit(pool, known)
    for (const problem of problems) console.log(`PROBLEM  ${problem}`)
    console.log(`${records} sealed records under ${seals} seals, ${waiting} waiting for the next seal.`)
    if (lastSeal !== null) console.log(`Last seal, to keep elsewhere: --known-seal ${lastSeal.number}:${lastSeal.hash}`)
    console.log(
      problems.length === 0 ? 'The audit log is whole.' : `The audit log is NOT whole: ${problems.length} problems.`,
    )
    return problems.length === 0
  } catch (error) {
    console.error(
      `The audit log could not be read: ${error instanceof Error ? error.message || error.name : 'unknown fault'}`,
    )
    return false
  } finally {
    await pool.end()
  }
}

await program.parseAsync()
