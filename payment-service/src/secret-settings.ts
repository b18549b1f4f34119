import { readFileSync, statSync } from 'node:fs'
import type { Environment } from './read-settings.ts'

/** Settings that hold secrets. Each may stand in a file in place of the environment, and the file is read again. */
export type SecretSettings = {
  /** 32 bytes: wraps the data keys, or seals by itself while there are none. Null when AWS KMS alone wraps. */
  encryptionKey: Buffer | null
  /** The one that is being replaced. */
  previousEncryptionKey: Buffer | null
  /** Shared with the relay; two while it is rotated, and either is taken. */
  internalTokens: readonly string[]
  bootstrapOperators: readonly { name: string; token: string }[]
  databaseUrl: string
  /** Where changes are listened for, past a pooler behind which nobody can listen; null: where `databaseUrl` leads. */
  listenDatabaseUrl: string | null
  /** In place of the one in DATABASE_URL. */
  databasePassword: string | null
  /** The owner's login; null when this process runs no migrations. */
  migrationsDatabaseUrl: string | null
}

type Reader<Value> = {
  setting: string
  /** Throws what is wrong with the text: a rule, never the text. */
  read(text: string): Value
  /** What holds when the setting is not given. */
  none: Value
}

const readEncryptionKey = (text: string): Buffer => {
  // Node reads what is no base64 as the part that is, which would be another key.
  if (!/^[\w+/-]{43}=?$/.test(text)) throw new Error('must be 32 bytes in base64, as of `openssl rand -base64 32`')
  return Buffer.from(text, 'base64')
}
const readDatabaseUrl = (text: string): string => {
  if (!/^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new Error('must be written as postgres://user:password@host:5432/database')
  return text
}

/** The table of them: how each is called and read. */
export const secretReaders: { readonly [Field in keyof SecretSettings]: Reader<SecretSettings[Field]> } = {
  encryptionKey: { setting: 'ENCRYPTION_KEY', read: readEncryptionKey, none: null },
  previousEncryptionKey: { setting: 'PREVIOUS_ENCRYPTION_KEY', read: readEncryptionKey, none: null },
  internalTokens: { setting: 'INTERNAL_TOKEN', read: readTokens, none: [] },
  bootstrapOperators: { setting: 'BOOTSTRAP_OPERATORS', read: readOperators, none: [] },
  databaseUrl: { setting: 'DATABASE_URL', read: readDatabaseUrl, none: '' },
  listenDatabaseUrl: { setting: 'LISTEN_DATABASE_URL', read: readDatabaseUrl, none: null },
  databasePassword: { setting: 'DATABASE_PASSWORD', read: (text) => text, none: null },
  migrationsDatabaseUrl: { setting: 'MIGRATIONS_DATABASE_URL', read: readDatabaseUrl, none: null },
}
export type SecretField = keyof SecretSettings
export const secretFields = Object.keys(secretReaders) as SecretField[]

/** The files that the environment names, by the setting that each holds. */
export function listSecretFiles(env: Environment): Map<SecretField, string> {
  const files = secretFields.map((field) => [field, env[`${secretReaders[field].setting}_FILE`] ?? ''] as const)
  return new Map(files.filter(([, path]) => path !== ''))
}

/** Reads all of them. What is wrong or lacks is added to `problems`, without a value. */
export function readSecretSettings(env: Environment, problems: string[]): SecretSettings {
  const needed: SecretField[] = ['internalTokens', 'databaseUrl']
  if (!env.ENCRYPTION_KMS_KEY_ID) needed.push('encryptionKey')
  const read = <Field extends SecretField>(field: Field) =>
    readSecretSetting(env, field, problems, needed.includes(field))
  return {
    encryptionKey: read('encryptionKey'),
    previousEncryptionKey: read('previousEncryptionKey'),
    internalTokens: read('internalTokens'),
    bootstrapOperators: read('bootstrapOperators'),
    databaseUrl: read('databaseUrl'),
    listenDatabaseUrl: read('listenDatabaseUrl'),
    databasePassword: read('databasePassword'),
    migrationsDatabaseUrl: read('migrationsDatabaseUrl'),
  }
}

/** One of them, in the environment or in a file. What is wrong with it is added to `problems`, without a value. */
export function readSecretSetting<Field extends SecretField>(
  env: Environment,
  field: Field,
  problems: string[],
  isNeeded: boolean,
): SecretSettings[Field] {
  const { setting, none } = secretReaders[field] as Reader<SecretSettings[Field]>
  const path = env[`${setting}_FILE`] ?? ''
  const given = env[setting] ?? ''
  if (path !== '' && given !== '') problems.push(`${setting} and ${setting}_FILE are both set; take one away`)
  if (path === '' && given === '') {
    if (isNeeded) problems.push(`${setting} is missing`)
    return none
  }
  const result = path === '' ? readSecret(field, given) : readSecretFile(field, path)
  if ('value' in result) return result.value
  problems.push(result.problem)
  return none
}

type Result<Value> = { value: Value } | { problem: string }

function readSecret<Field extends SecretField>(
  field: Field,
  text: string,
  name?: string,
): Result<SecretSettings[Field]> {
  const { setting, read } = secretReaders[field] as Reader<SecretSettings[Field]>
  try {
    return { value: read(text) }
  } catch (error) {
    return { problem: `${name ?? setting} ${error instanceof Error ? error.message : 'is wrong'}` }
  }
}

/** Far above the longest secret. */
const maxFileBytes = 65_536

/** As the setting itself; the line end that editors leave is none of it. A pipe is no file: it is read once, and later waited for. */
export function readSecretFile<Field extends SecretField>(field: Field, path: string): Result<SecretSettings[Field]> {
  const name = `${secretReaders[field].setting}_FILE`
  let text: string
  try {
    const found = statSync(path)
    if (!found.isFile() || found.size > maxFileBytes) return { problem: `${name} must name a file, of 64 KiB at most` }
    text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    return {
      problem: `${name} must name a file that this process may read${code === 'ENOENT' ? ': there is no such file' : ''}`,
    }
  }
  return text === '' ? { problem: `${name} names a file that is empty` } : readSecret(field, text, name)
}

function readTokens(text: string): string[] {
  const tokens = text.split(',').map((token) => token.trim())
  if (tokens.some((token) => token.length < 32)) throw new Error('must have at least 32 characters')
  if (tokens.length > 2) throw new Error('may be two, separated by a comma, and no more')
  return tokens
}

function readOperators(text: string): { name: string; token: string }[] {
  const complaint = 'must be a JSON list of {"name", "token"} with tokens of at least 32 characters'
  try {
    const list: unknown = JSON.parse(text)
    if (!Array.isArray(list)) throw new Error(complaint)
    return list.map((entry: { name?: unknown; token?: unknown }) => {
      if (typeof entry.name !== 'string' || typeof entry.token !== 'string' || entry.token.length < 32)
        throw new Error(complaint)
      return { name: entry.name, token: entry.token }
    })
  } catch {
    // A parser's own message quotes what it read.
    throw new Error(complaint)
  }
}
