import { loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { printable } from '../printable.ts'
import { StartError } from '../start-error.ts'
import { connectionOf } from '../store/connection.ts'
import { listKeyHolders, readEncryptionKeys } from '../store/encryption-keys.ts'
import { openPool, type Pool } from '../store/pool.ts'
import { countByKey } from '../store/stored-secrets.ts'
import type { KeyProvider } from './key-provider.ts'
import { openKeyRing } from './key-ring.ts'
import { rewrapKeys } from './rewrap.ts'
import { rotateEncryption } from './rotate.ts'

type Environment = Readonly<Record<string, string | undefined>>
export type EncryptionOptions = { json: boolean; databaseUrl?: string }
/** What a command prints at its end, for people and for programs. */
type Result = { text: string; json: object }

/** `fincore encryption status`: the keys, what they seal, and the processes that have them. */
export async function printKeyStatus(env: Environment, options: EncryptionOptions): Promise<'done' | 'failed'> {
  return run(env, options, async ({ pool }) => {
    const counts = await countByKey(pool)
    const { holders, silent } = await listKeyHolders(pool)
    const rows = await readEncryptionKeys(pool)
    const keys = rows.map(({ number, state, wrappedBy, createdAt }) => ({
      number,
      state,
      seals: counts.get(number) ?? 0,
      wrapped_by: wrappedBy,
      created_at: createdAt.toISOString(),
    }))
    const processes = holders.map(({ name, numbers, sealsWith, unwraps }) => ({
      name,
      knows: numbers,
      seals_with: sealsWith,
      unwraps,
    }))
    const bySeed = counts.get(0) ?? 0
    const lines = [
      ...(keys.length === 0 ? [`ENCRYPTION_KEY itself seals (${bySeed} secrets): there are no data keys yet.`] : []),
      ...keys.map(
        (key) =>
          `key ${key.number}: ${key.state}, ${key.seals} secrets, wrapped by ${key.wrapped_by}, of ${key.created_at}`,
      ),
      ...processes.map(
        ({ name, knows, seals_with }) =>
          `process ${name}: knows ${knows.join(', ') || 'none'}, seals with ${seals_with ?? 'ENCRYPTION_KEY'}`,
      ),
      ...(silent === 0 ? [] : [`${silent} processes of a version before data keys`]),
    ]
    return { text: lines.join('\n'), json: { object: 'encryption_status', keys, processes, older_processes: silent } }
  })
}

/** `fincore encryption rotate`: a new data key, and everything sealed with it. */
export async function printRotation(env: Environment, options: EncryptionOptions): Promise<'done' | 'failed'> {
  return run(env, options, async ({ pool, settings, tell, signal }) => {
    const ring = await openKeyRing(pool, settings, createLog('silent'))
    const { number, resealed } = await rotateEncryption({ pool, settings, ring, tell, signal })
    const text = `Everything is sealed with key ${number}; ${resealed} secrets were sealed anew.`
    return { text, json: { object: 'encryption_rotation', key: number, resealed } }
  })
}

/** `fincore encryption rewrap`: the same keys, wrapped by another. */
export async function printRewrapping(
  env: Environment,
  options: EncryptionOptions & { with?: KeyProvider['kind'] },
): Promise<'done' | 'failed'> {
  return run(env, options, async ({ pool, settings, tell }) => {
    const rewrapped = await rewrapKeys({ pool, settings, tell }, options.with ?? null)
    const text = rewrapped === 0 ? 'Every key is wrapped so already.' : `${rewrapped} keys are wrapped anew.`
    return { text, json: { object: 'encryption_rewrapping', rewrapped } }
  })
}

type Tools = { pool: Pool; settings: ReturnType<typeof loadConfig>; tell: (line: string) => void; signal: AbortSignal }

/** Progress goes to the standard error, the result to the standard output. */
async function run(
  env: Environment,
  { json, databaseUrl }: EncryptionOptions,
  work: (tools: Tools) => Promise<Result>,
): Promise<'done' | 'failed'> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort(new Error('It was interrupted. Run it again, and it goes on where it was.'))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  let pool: Pool | undefined
  try {
    const settings = loadConfig({ ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) })
    pool = openPool(connectionOf(settings), 2)
    const result = await work({ pool, settings, tell: (line) => console.error(line), signal: interrupted.signal })
    console.log(json ? JSON.stringify(result.json) : result.text)
    return 'done'
  } catch (error) {
    const why = error instanceof StartError ? error.reason : error instanceof Error ? error.message : 'unknown fault'
    console.error(`It could not be done: ${printable(why)}`)
    return 'failed'
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await pool?.end()
  }
}
