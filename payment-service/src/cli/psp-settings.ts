import { readFileSync } from 'node:fs'
import type { PspAccount } from '../psp-gateway/port.ts'
import { askSecret } from './ask-secret.ts'
import { CommandFailure } from './failures.ts'
import type { Surroundings } from './surroundings.ts'

export type SettingOptions = { psp: string; config: string[]; credentialsFile?: string }
type Settings = { config: Record<string, string>; credentials: Record<string, string> }

/**
 * The settings of a new account at a PSP. What the adapter's table of settings misses among the credentials is asked for,
 * and what it finds wrong is told, before anything is sent.
 */
export async function readAccountSettings(io: Surroundings, options: SettingOptions): Promise<Settings> {
  const { psps, pspNames } = await import('../psp-gateway/registry.ts')
  const psp = pspNames.find((name) => name === options.psp)
  if (psp === undefined)
    throw new CommandFailure(`There is no PSP ${options.psp}. There are ${pspNames.join(', ')}.`, null, 'usage')
  const settings: Settings = {
    config: Object.fromEntries(options.config.map(readPair)),
    credentials: options.credentialsFile === undefined ? {} : readCredentials(options.credentialsFile),
  }
  const account: PspAccount = { id: '', merchantId: '', psp, name: psp, ...settings }
  const findFaults = () => psps[psp].preflight(account).filter(({ severity }) => severity === 'error')
  if (options.credentialsFile === undefined) {
    const instead = 'Give the credentials in a file, with --credentials-file.'
    for (const { field, message } of findFaults()) {
      const [group, name = ''] = field.split('.')
      // What is wrong among what was given on the command line is told below.
      if (group !== 'credentials' || findFaults().some((fault) => fault.field.startsWith('config.'))) continue
      settings.credentials[name] = await askSecret(io, `${name} (${message.replace(/^It must be |\.$/g, '')})`, instead)
    }
  }
  const [fault] = findFaults()
  if (fault === undefined) return settings
  throw new CommandFailure(`${fault.field} cannot be right. ${fault.message}`, `See docs/psps/ for ${psp}.`, 'usage')
}

function readPair(text: string): [string, string] {
  const [, name, value] = text.match(/^([a-z][a-z0-9_]*)=(.*)$/s) ?? []
  if (name === undefined || value === undefined)
    throw new CommandFailure('A setting is written as name=value.', null, 'usage')
  if (/secret|password|api_key|hmac/.test(name))
    throw new CommandFailure(
      `${name} is a secret: on the command line every user of this machine can read it.`,
      'Leave it out, and it is asked for; or give it with --credentials-file.',
      'usage',
    )
  return [name, value]
}

function readCredentials(path: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    throw new CommandFailure(`The file of the credentials cannot be read (${code}).`)
  }
  const complaint = new CommandFailure(
    'The file of the credentials must be one JSON object of texts, such as {"secret_key": "…"}.',
  )
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw complaint
    const entries = Object.entries(value)
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) throw complaint
    return Object.fromEntries(entries)
  } catch {
    throw complaint
  }
}
