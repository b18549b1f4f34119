import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Log } from '../log.ts'
import { createVault, type Vault } from '../secrets.ts'
import { StartError } from '../start-error.ts'
import { recordAudit } from '../store/audit.ts'
import {
  type EncryptionKeyRow,
  forgetKeyHolder,
  insertEncryptionKey,
  readEncryptionKeys,
  reportKeyHolder,
} from '../store/encryption-keys.ts'
import { inTransaction, type Pool, type Queryable } from '../store/pool.ts'
import { hasSealedSecrets } from '../store/stored-secrets.ts'
import { type KeyProvider, KeyProviderError } from './key-provider.ts'
import { type EncryptionSettings, providersOf, unwrapKey } from './providers.ts'

/** How often a process reads the keys anew and says which it has; announcements make it sooner. */
export const keyRoundMs = 5_000
/** Secrets sealed with a key that cannot be had must not make every reading of them a question to KMS. */
const learnPauseMs = 1_000

/** The keys of this process, unwrapped: in its memory alone. */
export type KeyRing = {
  vault: Vault
  /** Reads the keys anew. */
  reload(): Promise<void>
  /** The same, and says which keys this process has: for one that goes on running. */
  refresh(): Promise<void>
  /** The seed, as the first key of a database that has none yet. */
  wrapSeed(provider: KeyProvider): Promise<Buffer>
  /** Takes back what it said. */
  close(): Promise<void>
}

/**
 * Unwraps the keys of the database, so that no later sealing or opening asks a provider; one that is new is unwrapped
 * when it is announced, or met. Without keys there, ENCRYPTION_KEY itself seals; where AWS KMS alone is set, the first
 * keys are made.
 *
 * @throws StartError when they cannot be unwrapped.
 */
export async function openKeyRing(pool: Pool, settings: EncryptionSettings, log: Log): Promise<KeyRing> {
  let read = await readKeys(pool, settings)
  if (read === null) {
    await makeFirstKeys(pool, settings)
    read = await readKeys(pool, settings)
  }
  if (read === null) throw new Error('The first encryption keys were made, and are not there')
  let held = read
  const id = randomUUID()
  const reload = async (): Promise<void> => {
    // A key that this process knows is never unwrapped again: the running service needs no provider.
    held = (await readKeys(pool, settings, held)) ?? held
  }
  let learning: Promise<void> | null = null
  let learnedAt = Number.NEGATIVE_INFINITY
  const learn = (): Promise<void> => {
    if (learning === null && performance.now() - learnedAt < learnPauseMs) return Promise.resolve()
    learning ??= reload().finally(() => {
      learning = null
      learnedAt = performance.now()
    })
    return learning
  }
  const vault = createVault(held.seed, {
    find: (number) => held.data.get(number),
    active: () => held.active,
    learn,
  })
  return {
    vault,
    reload,
    async refresh() {
      await reload()
      await reportKeyHolder(pool, {
        id,
        name: `${hostname()} ${process.pid}`,
        numbers: [...held.data.keys()],
        sealsWith: held.active?.number ?? null,
        unwraps: providersOf(settings).map((provider) => provider.id),
      })
      for (const { number, reason } of held.missing)
        log.error('an encryption key cannot be unwrapped by this process', { object: `key ${number}`, reason })
    },
    wrapSeed: (provider) => provider.wrap(held.seed, 0),
    close: () => forgetKeyHolder(pool, id),
  }
}

type HeldKeys = {
  seed: Buffer
  data: ReadonlyMap<number, Buffer>
  active: { number: number; key: Buffer } | null
  /** Only while running; at the start each must be had. */
  missing: { number: number; reason: string }[]
}

/**
 * @param before what is unwrapped already; without it every key must unwrap.
 * @returns null when there are no keys yet, and ENCRYPTION_KEY is not given.
 */
export async function readKeys(
  db: Queryable,
  settings: EncryptionSettings,
  before?: HeldKeys,
): Promise<HeldKeys | null> {
  const rows = await readEncryptionKeys(db)
  const direct = settings.previousEncryptionKey ?? settings.encryptionKey
  // While ENCRYPTION_KEY seals by itself, the one that is being replaced is still the one that did.
  if (rows.length === 0) return direct && { seed: before?.seed ?? direct, data: new Map(), active: null, missing: [] }
  const providers = providersOf(settings)
  const missing: HeldKeys['missing'] = []
  const unwrap = async (row: EncryptionKeyRow): Promise<[number, Buffer][]> => {
    const { number, wrapped, wrappedBy } = row
    if (wrapped === null) return []
    const known = before && (number === 0 ? before.seed : before.data.get(number))
    if (known !== undefined) return [[number, known]]
    try {
      return [[number, await unwrapKey(providers, { number, wrapped, wrappedBy })]]
    } catch (error) {
      if (!(error instanceof KeyProviderError)) throw error
      if (before === undefined) throw new StartError(`${error.message}.`)
      missing.push({ number, reason: error.message })
      return []
    }
  }
  const keys = new Map((await Promise.all(rows.map(unwrap))).flat())
  const seed = keys.get(0)
  if (seed === undefined) throw new StartError('the table encryption_keys has no key 0, the seed. Restore it.')
  keys.delete(0)
  const number = rows.find(({ state }) => state === 'active')?.number
  const key = number === undefined ? undefined : keys.get(number)
  // One that cannot be unwrapped here cannot seal here; what this process sealed with before is still opened by all.
  const active = number === undefined ? null : key === undefined ? (before?.active ?? null) : { number, key }
  return { seed, data: keys, active, missing }
}

/** Two of them at one time agree: the numbers are the same, and only one of each is stored. */
async function makeFirstKeys(pool: Pool, settings: EncryptionSettings): Promise<void> {
  await refuseSealedDatabase(pool)
  const [provider] = providersOf(settings)
  if (provider === undefined) throw new StartError('ENCRYPTION_KEY is missing. Set it, or ENCRYPTION_KMS_KEY_ID.')
  const wrap = async (number: number, state: 'seed' | 'active') => ({
    number,
    state,
    wrapped: await provider.wrap(randomBytes(32), number).catch((error) => {
      throw error instanceof KeyProviderError ? new StartError(`${error.message}.`) : error
    }),
    wrappedBy: provider.id,
  })
  const keys = await Promise.all([wrap(0, 'seed'), wrap(1, 'active')])
  await inTransaction(pool, async (tx) => {
    for (const key of keys) {
      if (!(await insertEncryptionKey(tx, key))) continue
      await recordAudit(tx, {
        actorType: 'system',
        actor: 'payment-service',
        origin: hostname(),
        type: 'encryption_key.create',
        outcome: 'success',
        resource: `key ${key.number}`,
        details: { wrapped_by: key.wrappedBy },
      })
    }
  })
}

/** Whether the first keys could be made, for a start that has none: tried, because later there is more to undo. */
export async function checkFirstKeys(db: Queryable, settings: EncryptionSettings): Promise<void> {
  await refuseSealedDatabase(db)
  await Promise.all(providersOf(settings).map((provider) => provider.wrap(randomBytes(32), 0))).catch((error) => {
    throw error instanceof KeyProviderError ? new StartError(`${error.message}.`) : error
  })
}

/** What ENCRYPTION_KEY sealed by itself needs it, to open it and to make data keys of it. */
async function refuseSealedDatabase(db: Queryable): Promise<void> {
  if (await hasSealedSecrets(db))
    throw new StartError(
      'the database holds secrets that ENCRYPTION_KEY sealed by itself. Give it beside ENCRYPTION_KMS_KEY_ID, and run `fincore encryption rotate` once.',
    )
}
