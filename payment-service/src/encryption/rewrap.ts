import { readCommandActor } from '../audit/command-actor.ts'
import { recordAudit } from '../store/audit.ts'
import { listKeyHolders, readEncryptionKeys, replaceWrapping } from '../store/encryption-keys.ts'
import { inTransaction, type Pool } from '../store/pool.ts'
import type { KeyProvider } from './key-provider.ts'
import { type EncryptionSettings, providersOf, unwrapKey } from './providers.ts'

export type RewrapDeps = { pool: Pool; settings: EncryptionSettings; tell: (line: string) => void }

/**
 * Wraps every key anew: by another ENCRYPTION_KEY, by AWS KMS in place of it, or the reverse. The keys stay, so nothing
 * is sealed anew, and no running process notices. A run that was cut off is taken up where it was.
 *
 * @param kind null for the provider that the settings put first.
 * @returns how many keys were wrapped anew.
 * @throws Error with one line of ours; and KeyProviderError.
 */
export async function rewrapKeys(
  { pool, settings, tell }: RewrapDeps,
  kind: KeyProvider['kind'] | null,
): Promise<number> {
  const providers = providersOf(settings)
  const target = providers.find((one) => kind === null || one.kind === kind)
  if (target === undefined)
    throw new Error(
      `There is no such key in the settings. Set ${kind === 'local' ? 'ENCRYPTION_KEY' : 'ENCRYPTION_KMS_KEY_ID'}.`,
    )
  const rows = (await readEncryptionKeys(pool)).filter(({ state }) => state !== 'destroyed')
  if (rows.length === 0)
    throw new Error(
      'There are no data keys yet: ENCRYPTION_KEY itself seals. Run `fincore encryption rotate` in place of this.',
    )
  await refuseUnready(pool, target)
  const by = await readCommandActor(pool, 'fincore encryption rewrap')
  let done = 0
  for (const row of rows) {
    const { number, wrapped, wrappedBy } = row
    if (wrappedBy === target.id || wrapped === null) continue
    const key = await unwrapKey(providers, { number, wrapped, wrappedBy })
    const anew = await target.wrap(key, number)
    // A wrapping that does not open would lose the key, and with it all that it sealed.
    if (!key.equals(await target.unwrap(anew, target.id, number)))
      throw new Error(`${target.id} does not give key ${number} back. Nothing was changed.`)
    await inTransaction(pool, async (tx) => {
      if (!(await replaceWrapping(tx, row, { wrapped: anew, wrappedBy: target.id }))) return
      const details = { from: wrappedBy, to: target.id }
      await recordAudit(tx, { ...by, type: 'encryption_key.rewrap', resource: `key ${number}`, details })
    })
    done += 1
    tell(`Key ${number} is wrapped by ${target.id}.`)
  }
  return done
}

/** A process that could not unwrap the keys would not start again. */
async function refuseUnready(pool: Pool, target: KeyProvider): Promise<void> {
  const { holders, silent } = await listKeyHolders(pool)
  const unready = holders.filter(({ unwraps }) => !unwraps.includes(target.id)).map(({ name }) => name)
  if (unready.length > 0)
    throw new Error(
      `These processes do not have ${target.id} in their settings: ${unready.join(', ')}. Give it to them first.`,
    )
  if (silent > 0)
    throw new Error(
      `${silent} of the processes with this database say nothing of keys: they are of a version before data keys. Replace them first.`,
    )
}
