import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import pg from 'pg'
import type { Config } from '../config.ts'
import { describeError, type Log } from '../log.ts'
import type { RoutableAccount } from '../payments/route.ts'
import type { PspAccount, PspName } from '../psp-gateway/port.ts'
import { pspNames, psps } from '../psp-gateway/registry.ts'
import type { Vault } from '../secrets.ts'
import { isKeyInForce } from './api-keys.ts'
import { createCached, maxEntries } from './cached.ts'
import { type Connection, type DatabaseSettings, listeningConnectionOf } from './connection.ts'
import { listenerName } from './encryption-keys.ts'
import { belongsToEnvironment, isKeyOfLive, isUsableAccount } from './environment.ts'
import type { Pool } from './pool.ts'

export type ApiKey = {
  merchantId: string
  id: string
  kind: 'secret' | 'publishable'
  scopes: ReadonlySet<string>
  /** Keys of the merchant's metadata that the tripwire leaves alone; here, because every request has its key at hand. */
  tripwireExemptions: ReadonlySet<string>
}

/**
 * What every request needs to know of merchants, from a bounded cache: no query on the path of a charge. A change is
 * announced by NOTIFY and seen at once; should the announcement be lost, an entry lives five seconds at most, which is
 * also how soon a revocation must hold (the card relay remembers an admit no longer either).
 *
 * What belongs to the other environment is not found here, whoever asks: in production no test key and no account that
 * moves no money, in the sandbox no live key and no account that moves some (PCI DSS 6.5.6). Nothing else reads a key's
 * rights, or an account's credentials to call its PSP with; an operator who changes them goes through the same gate
 * (admin/psp-settings.ts).
 */
export type Directory = {
  findApiKey(digest: Buffer): Promise<ApiKey | null>
  /** The same, past the cache. */
  readApiKey(digest: Buffer): Promise<ApiKey | null>
  /** All active accounts of a merchant, by their priority, of equals the oldest first. */
  listPspAccounts(merchantId: string): Promise<PspAccount[]>
  /** All accounts of a merchant, disabled ones too, as far as routing looks at them. */
  listRoutableAccounts(merchantId: string): Promise<(RoutableAccount & { psp: PspName })[]>
  /**
   * Active or not: an event or a look-up about an old payment must still be read. For an id from the database, null
   * means that this environment does not use the account.
   */
  findPspAccount(id: string): Promise<PspAccount | null>
  findOperator(tokenDigest: Buffer): Promise<{ name: string } | null>
  /** Called when keys, exemptions, grants, accounts or operators changed, in any process. */
  onChange(listener: () => void): void
  /**
   * The same of card testing, which is announced in the midst of an attack: charges of other merchants then need not
   * read their keys and accounts again.
   */
  onCardTestingChange(listener: () => void): void
  /** Whether changes are heard at once; otherwise they are seen when what is remembered has grown old. */
  isListening(): boolean
  close(): Promise<void>
}

/** What an account of the other environment is called in the log, once in each process. */
const misplaced = {
  production: 'an account with test keys in production: it is not used; disable it, see docs/operating.md',
  sandbox: 'an account that moves money in the sandbox: it is not used; disable it, see docs/operating.md',
} as const

export async function openDirectory(
  settings: Pick<Config, 'environment' | 'listenDatabaseUrl'> & DatabaseSettings,
  pool: Pool,
  vault: Vault,
  log: Log,
): Promise<Directory> {
  const { environment } = settings
  const listeners: (() => void)[] = []
  const cardTestingListeners: (() => void)[] = []
  const cached = <T extends object>(load: (key: string) => Promise<T>) => {
    const cache = createCached(load)
    listeners.push(cache.dropAll)
    return cache.read
  }
  const apiKeys = cached(async (hex) => ({ key: await readApiKey(pool, environment, Buffer.from(hex, 'hex')) }))
  const told = new LRUCache<string, true>({ max: maxEntries })
  const tellOnce = ({ id, merchantId }: PspAccount) => {
    if (told.has(id)) return
    told.set(id, true)
    log.error(misplaced[environment], { psp_account: id, merchant: merchantId })
  }
  const readAccounts = async (condition: string, value: string) => {
    const read = await readPspAccounts(pool, environment, vault, condition, value)
    const ours = read.filter((account) => belongsToEnvironment(environment, account))
    for (const account of read) if (!ours.includes(account)) tellOnce(account)
    return ours
  }
  const accounts = cached(async (id) => ({ account: (await readAccounts('id = $1', id))[0] ?? null }))
  const merchantAccounts = cached(async (merchantId) =>
    readAccounts(`merchant_id = $1 and status = 'active'`, merchantId),
  )
  /** One that cannot be opened is kept: whoever is to use it is told so. */
  const isOfEnvironment = async ({ id, psp, isActive }: { id: string; psp: PspName; isActive: boolean }) => {
    if (!isActive || psps[psp].isTest) return true
    return accounts(id).then(
      ({ account }) => account !== null,
      () => true,
    )
  }
  const routes = cached(async (merchantId) => {
    const rows = await readRoutableAccounts(pool, environment, merchantId)
    const fits = await Promise.all(rows.map(isOfEnvironment))
    return rows.filter((_, index) => fits[index])
  })
  const operators = cached(async (hex) => {
    const { rows } = await pool.query<{ name: string }>('select name from operators where token_digest = $1', [
      Buffer.from(hex, 'hex'),
    ])
    return { operator: rows[0] ?? null }
  })
  const tell = (table: string | null) => {
    const isOfCardTesting = table?.startsWith('card_testing_') ?? false
    if (table === null || isOfCardTesting) for (const drop of cardTestingListeners) drop()
    if (!isOfCardTesting) for (const drop of listeners) drop()
  }
  const changes = await listen(listeningConnectionOf(settings), tell, log)
  return {
    findApiKey: async (digest) => (await apiKeys(digest.toString('hex'))).key,
    readApiKey: (digest) => readApiKey(pool, environment, digest),
    listPspAccounts: (merchantId) => merchantAccounts(merchantId),
    listRoutableAccounts: (merchantId) => routes(merchantId),
    findPspAccount: async (id) => (await accounts(id)).account,
    findOperator: async (digest) => (await operators(digest.toString('hex'))).operator,
    onChange: (listener) => void listeners.push(listener),
    onCardTestingChange: (listener) => void cardTestingListeners.push(listener),
    isListening: changes.isHeard,
    close: changes.close,
  }
}

/** Null for a key that was revoked, or has ended, too. Index: api_keys_by_digest, and the exemptions' primary key. */
async function readApiKey(pool: Pool, environment: Config['environment'], digest: Buffer): Promise<ApiKey | null> {
  const { rows } = await pool.query<{
    merchant_id: string
    id: string
    kind: 'secret' | 'publishable'
    scopes: string[]
    exemptions: string[]
  }>(
    `select merchant_id, id, kind, scopes,
       array(select metadata_key from tripwire_exemptions where merchant_id = api_keys.merchant_id) as exemptions
     from api_keys where digest = $1 and ${isKeyInForce} and ${isKeyOfLive} = $2`,
    [digest, environment === 'production'],
  )
  const row = rows[0]
  return row === undefined
    ? null
    : {
        merchantId: row.merchant_id,
        id: row.id,
        kind: row.kind,
        scopes: new Set(row.scopes),
        tripwireExemptions: new Set(row.exemptions),
      }
}

async function readPspAccounts(
  pool: Pool,
  environment: Config['environment'],
  vault: Vault,
  condition: string,
  value: string,
): Promise<PspAccount[]> {
  const { rows } = await pool.query<{
    merchant_id: string
    id: string
    psp: string
    name: string
    config: Record<string, unknown>
    credentials: Buffer
  }>(
    `select merchant_id, id, psp, name, config, credentials from psp_accounts where ${condition} order by priority, id`,
    [value],
  )
  await vault.learnKeysOf(...rows.map(({ credentials }) => credentials))
  return rows.flatMap((row) => {
    const psp = pspNames.find((name) => name === row.psp)
    // Before its credentials are opened: a copied database may hold them under another encryption key.
    if (psp === undefined || !isUsableAccount(environment, psp)) return []
    const credentials: Record<string, string> = JSON.parse(vault.open(row.credentials, row.id))
    const { id, merchant_id: merchantId, name, config } = row
    return [{ id, merchantId, psp, name, config, credentials }]
  })
}

/** Primary key. */
async function readRoutableAccounts(
  pool: Pool,
  environment: Config['environment'],
  merchantId: string,
): Promise<(RoutableAccount & { psp: PspName })[]> {
  const { rows } = await pool.query<RoutableAccount & { psp: string }>(
    `select id, psp, status = 'active' as "isActive", priority, share, currencies, card_brands as "cardBrands",
       raw_cards_confirmed_at is not null as "takesRawCards"
     from psp_accounts where merchant_id = $1`,
    [merchantId],
  )
  return rows.flatMap((row) => {
    const psp = pspNames.find((name) => name === row.psp)
    return psp === undefined || !isUsableAccount(environment, psp) ? [] : [{ ...row, psp }]
  })
}

/** The pause before the first try to listen again; it doubles with each that fails, up to the longest. */
const retryPauseMs = { first: 1_000, longest: 15_000 }

/** Told of a table that changed; null when any may have changed while nobody listened. */
type OnChange = (table: string | null) => void

/** Listens for changes on a connection of its own; while it is broken, every entry's short life is the guard. */
async function listen(
  connection: Connection,
  onChange: OnChange,
  log: Log,
): Promise<{ isHeard(): boolean; close(): Promise<void> }> {
  const closing = new AbortController()
  let isHeard = true
  let listener = await openListener(connection, onChange)
  const reopen = async (): Promise<void> => {
    for (let pauseMs = retryPauseMs.first; ; pauseMs = Math.min(2 * pauseMs, retryPauseMs.longest)) {
      await sleep(pauseMs, undefined, { signal: closing.signal })
      try {
        listener = await openListener(connection, onChange)
        isHeard = true
        return
      } catch (error) {
        log.warn('the listener for changes could not connect', { error: describeError(error) })
      }
    }
  }
  const keepOpen = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await listener.ended
      isHeard = false
      // Rejects when it is cut short by closing, and then there is nothing more to do.
      await reopen().catch(() => {})
    }
    await listener.close()
  }
  void keepOpen()
  return {
    isHeard: () => isHeard,
    async close() {
      closing.abort()
      await listener.close()
    },
  }
}

type Listener = { ended: Promise<void>; close(): Promise<void> }

async function openListener(connection: Connection, onChange: OnChange): Promise<Listener> {
  const client = new pg.Client({
    ...connection,
    application_name: listenerName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  })
  // A break is told by `end` as well, whatever its kind; unheard, an `error` would end the process.
  client.on('error', () => {})
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
  client.on('notification', ({ payload = '' }) => onChange(payload))
  try {
    await client.connect()
    await client.query('listen fincore_changed')
  } catch (error) {
    void client.end()
    throw error
  }
  // What changed while nobody listened is not announced again.
  onChange(null)
  return { ended, close: () => client.end() }
}
