import { type Command, Option } from 'commander'
import type { EncryptionOptions } from '../../encryption/command.ts'
import { action, type Run, withExamples } from '../action.ts'
import { databaseOption } from '../database-option.ts'

type Options = Omit<EncryptionOptions, 'json'>
const needs = 'Needs the settings of a worker in its environment.'

/** `fincore encryption`: the keys that seal what is stored. */
export function addEncryption(program: Command, run: Run): void {
  const { env } = run.io
  const encryption = program
    .command('encryption')
    .summary('the keys that seal stored secrets')
    .description('The keys that seal PSP credentials and webhook secrets in the database, and what wraps these keys.')

  withExamples(encryption.command('status'), 'fincore encryption status')
    .description(`Shows the data keys, how many secrets each seals, and which processes have them. ${needs}`)
    .addOption(databaseOption('the service’s login'))
    .action(
      action<Options>(run, async (options) => {
        const { printKeyStatus } = await import('../../encryption/command.ts')
        return printKeyStatus(env, { ...options, json: options.json ?? false })
      }),
    )

  withExamples(encryption.command('rotate'), 'fincore encryption rotate')
    .description(
      `Makes a new data key and seals every stored secret with it, while everything runs. Cut off, it goes on where it was when it is run again. ${needs} Every process must be of a version with data keys.`,
    )
    .addOption(databaseOption('the service’s login'))
    .action(
      action<Options>(run, async (options) => {
        const { printRotation } = await import('../../encryption/command.ts')
        return printRotation(env, { ...options, json: options.json ?? false })
      }),
    )

  withExamples(encryption.command('rewrap'), 'fincore encryption rewrap', 'fincore encryption rewrap --with aws-kms')
    .description(
      `Wraps the data keys anew: by a changed ENCRYPTION_KEY, or by AWS KMS, or back. Nothing is sealed anew, and no running process notices. ${needs} Every process must have the new key in its settings.`,
    )
    .addOption(
      new Option('--with <provider>', 'what wraps them; AWS KMS where it is set').choices(['local', 'aws-kms']),
    )
    .addOption(databaseOption('the service’s login'))
    .action(
      action<Options & { with?: 'local' | 'aws-kms' }>(run, async (options) => {
        const { printRewrapping } = await import('../../encryption/command.ts')
        return printRewrapping(env, { ...options, json: options.json ?? false })
      }),
    )
}
