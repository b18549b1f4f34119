import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCommandActor } from '../audit/command-actor.ts'
import { recordAudit } from '../store/audit.ts'
import {
  activateEncryptionKey,
  destroyEncryptionKey,
  type EncryptionKeyRow,
  insertEncryptionKey,
  type KeyHolder,
  listKeyHolders,
  readEncryptionKeys,
} from '../store/encryption-keys.ts'
import { inTransaction, type Pool } from '../store/pool.ts'
import { countByKey, type Place, resealNext, sealedTables } from '../store/stored-secrets.ts'
import type { KeyProvider } from './key-provider.ts'
import { type KeyRing, keyRoundMs } from './key-ring.ts'
import { type EncryptionSettings, providersOf } from './providers.ts'

export type RotationDeps = {
  pool: Pool
  settings: EncryptionSettings
  ring: KeyRing
  /** One line of progress. */
  tell: (line: string) => void
  /** Ends the command between two steps; what is done stays done. */
  signal?: AbortSignal
  /** How long it waits for processes that lag behind, and rows of one transaction; tests have less of both. */
  patienceMs?: number
  rowsAtOnce?: number
}

const command = 'fincore encryption rotate'
/** A few rounds of a process, and then as long again as one that was killed is still counted. */
const patienceMs = 12 * keyRoundMs
/** So many secrets are sealed anew in a few tens of milliseconds, for which their rows are locked. */
const rowsAtOnce = 100
/** A retired key is kept so long, although nothing is sealed with it: a transaction may still be under way that was. */
export const keptRetiredMs = 86_400_000

/**
 * Makes a new data key and seals every stored secret with it, while everything runs: the key is announced, every process
 * says that it can open what the key seals, then it takes over. A run that was cut off is taken up where it was. The
 * first run moves a deployment from sealing by ENCRYPTION_KEY itself to data keys.
 *
 * @returns the new key's number, and how many secrets were sealed anew.
 * @throws Error with one line of ours, when it cannot go on; then nothing that runs is any worse.
 */
export async function rotateEncryption(deps: RotationDeps): Promise<{ number: number; resealed: number }> {
  const number = (await findUnfinished(deps)) ?? (await announceKey(deps))
  await deps.ring.reload()
  await waitForAll(deps, 'know the new key', (holder) => holder.numbers.includes(number))
  await activate(deps, number)
  await deps.ring.reload()
  await waitForAll(deps, 'seal with it', (holder) => holder.sealsWith === number)
  const resealed = await resealAll(deps, number)
  await destroyOld(deps)
  return { number, resealed }
}

/** A key that was announced and not taken into use, or with which not everything is sealed yet. */
async function findUnfinished({ pool, tell }: RotationDeps): Promise<number | null> {
  const rows = await readEncryptionKeys(pool)
  const announced = rows.find(({ state }) => state === 'announced')
  const active = rows.find(({ state }) => state === 'active')
  const counts = await countByKey(pool)
  const isBehind = active !== undefined && [...counts.keys()].some((number) => number !== active.number)
  const unfinished = announced ?? (isBehind ? active : undefined)
  if (unfinished === undefined) return null
  tell(`Going on with key ${unfinished.number}, made at ${unfinished.createdAt.toISOString()}.`)
  return unfinished.number
}

async function announceKey({ pool, settings, ring, tell }: RotationDeps): Promise<number> {
  const rows = await readEncryptionKeys(pool)
  const provider = chooseProvider(settings, rows)
  const number = Math.max(0, ...rows.map((row) => row.number)) + 1
  const made = { number, state: 'announced', wrapped: await provider.wrap(randomBytes(32), number) } as const
  // Until now ENCRYPTION_KEY sealed by itself: it becomes the seed, so that what it sealed opens, and links stay good.
  const seed = rows.length === 0 ? await ring.wrapSeed(provider) : null
  const by = await readCommandActor(pool, command)
  await inTransaction(pool, async (tx) => {
    const keys = [...(seed === null ? [] : [{ number: 0, state: 'seed', wrapped: seed } as const]), made]
    for (const key of keys) {
      if (!(await insertEncryptionKey(tx, { ...key, wrappedBy: provider.id }))) continue
      const resource = `key ${key.number}`
      await recordAudit(tx, { ...by, type: 'encryption_key.create', resource, details: { wrapped_by: provider.id } })
    }
  })
  // Another rotation may have announced one in the same moment; then that one is gone on with.
  const announced = (await readEncryptionKeys(pool)).find(({ state }) => state === 'announced')
  if (announced === undefined) throw new Error('Another rotation has just ended. Run this again if you want one more.')
  tell(`Key ${announced.number} is made, wrapped by ${provider.id}.`)
  return announced.number
}

/** New keys are wrapped as the others are; of the first, the settings decide. */
function chooseProvider(settings: EncryptionSettings, rows: readonly EncryptionKeyRow[]): KeyProvider {
  const providers = providersOf({ ...settings, previousEncryptionKey: null })
  const wanted = rows.find((row) => row.number === 0)?.wrappedBy
  const provider = providers.find((one) => wanted === undefined || one.id === wanted)
  if (provider === undefined)
    throw new Error('The keys are wrapped by a key that is being replaced. Run `fincore encryption rewrap` first.')
  return provider
}

/** Waits until each process that runs says so. */
async function waitForAll(
  { pool, ring, tell, signal, ...deps }: RotationDeps,
  what: string,
  does: (holder: KeyHolder) => boolean,
): Promise<void> {
  const until = performance.now() + (deps.patienceMs ?? patienceMs)
  let told = ''
  for (;;) {
    signal?.throwIfAborted()
    const { holders, silent } = await listKeyHolders(pool)
    const behind = holders.filter((holder) => !does(holder))
    const line = `${holders.length - behind.length} of ${holders.length + silent} processes ${what}.`
    if (line !== told) tell(line)
    told = line
    if (behind.length === 0 && silent === 0) return
    if (performance.now() > until) {
      const names = behind.map(({ name }) => name).join(', ')
      throw new Error(
        behind.length > 0
          ? `Not every process can go on: ${names}. Its log says which key it cannot unwrap; see that it has the same settings as this command. Then run this again.`
          : `${silent} of the processes with this database say nothing of keys: they are of a version before data keys. Replace them. Then run this again.`,
      )
    }
    await sleep(100)
    await ring.reload()
  }
}

async function activate({ pool, tell }: RotationDeps, number: number): Promise<void> {
  const by = await readCommandActor(pool, command)
  const done = await inTransaction(pool, async (tx) => {
    const activated = await activateEncryptionKey(tx, number)
    if (activated !== null)
      await recordAudit(tx, {
        ...by,
        type: 'encryption_key.activate',
        resource: `key ${number}`,
        details: { retired: `key ${activated.retired ?? 0}` },
      })
    return activated
  })
  if (done !== null) tell(`Key ${number} seals from now on; key ${done.retired ?? 0} only opens.`)
}

/** Again and again, until a whole pass finds nothing: a transaction that began before may end during the first. */
async function resealAll(deps: RotationDeps, number: number): Promise<number> {
  const { pool, ring, tell } = deps
  const by = await readCommandActor(pool, command)
  let total = 0
  for (let pass = -1; pass !== 0; ) {
    pass = 0
    for (const table of sealedTables) {
      let after: Place | null = null
      do {
        deps.signal?.throwIfAborted()
        const range: { after: Place | null; limit: number } = { after, limit: deps.rowsAtOnce ?? rowsAtOnce }
        const done = await inTransaction(pool, (tx) => resealNext(tx, ring.vault, number, table, range))
        pass += done.resealed
        after = done.last
        if (done.resealed > 0) tell(`${total + pass} secrets are sealed with key ${number}.`)
      } while (after !== null)
    }
    total += pass
  }
  if (total > 0)
    await recordAudit(pool, {
      ...by,
      type: 'encryption_key.reseal',
      resource: `key ${number}`,
      details: { secrets: total },
    })
  return total
}

/** Retired long ago, and nothing is sealed with it. */
async function destroyOld({ pool, tell }: RotationDeps): Promise<void> {
  const counts = await countByKey(pool)
  const by = await readCommandActor(pool, command)
  const longAgo = Date.now() - keptRetiredMs
  for (const { number, state, retiredAt } of await readEncryptionKeys(pool)) {
    if (state !== 'retired' || counts.has(number) || retiredAt === null || retiredAt.getTime() > longAgo) continue
    await inTransaction(pool, async (tx) => {
      if (!(await destroyEncryptionKey(tx, number))) return
      await recordAudit(tx, { ...by, type: 'encryption_key.destroy', resource: `key ${number}` })
    })
    tell(`Key ${number}, which nothing is sealed with any more, is destroyed.`)
  }
}
