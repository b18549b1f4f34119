import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Operator = { name: string; token: string }

/** What must stay the same from start to start. Written before anything is encrypted with it. */
export type Secrets = {
  operators: [Operator, Operator]
  encryption_key: string
  internal_token: string
  psp_admin_token: string
}

/** The keys of an account at a PSP, by the PSP's own names. */
export type PspKeys = Record<string, string>

/** What setting up the development merchant gave. */
export type Merchant = {
  merchant: string
  secret_key: string
  publishable_key: string
  webhook_secret: string
  /** The adapter's name: sandbox, stripe, adyen. */
  psp_name: string
  psp_account: string
  psp_secret_key: string
  psp_public_key: string
  /** All keys of the account at the PSP, by the PSP's names. */
  psp_keys: PspKeys
  raw_card_grant: { id: string; certificate_fingerprint: string; valid_until: string }
}

/** `.fincore/dev.json`: addresses as full URLs, certificates as absolute paths. Development secrets only. */
export type DevFile = Merchant & {
  api: string
  relay: string
  admin: string
  management: string
  psp: string
  psp_api: string
  shop: string
  ca: string
  client_cert: string
  client_key: string
  operators: Operator[]
  /** The owner's. */
  database_url: string
  app_database_url: string
  encryption_key: string
  internal_token: string
  psp_admin_token: string
}

/**
 * A development merchant and the addresses that stand in its set-up, in its PSP account and webhook endpoint. At other
 * addresses another one is set up; `.fincore/merchants.json` keeps both, so that moving back finds the first again.
 */
export type KnownMerchant = Merchant & Pick<DevFile, 'api' | 'psp' | 'psp_api' | 'shop'>

/** As many as one could want to come back to; the oldest are forgotten. */
const mostKnownMerchants = 50

export function loadOrCreateSecrets(dataDir: string): Secrets {
  const kept = readJson<Secrets>(join(dataDir, 'secrets.json'))
  if (kept) return kept
  const secrets: Secrets = {
    operators: [
      { name: 'alice', token: createToken('op') },
      { name: 'bob', token: createToken('op') },
    ],
    encryption_key: randomBytes(32).toString('base64'),
    internal_token: createToken('internal'),
    psp_admin_token: createToken('sandbox_admin'),
  }
  writeJson(join(dataDir, 'secrets.json'), secrets)
  return secrets
}

export function readDevFile(dataDir: string): DevFile | undefined {
  return readJson<DevFile>(join(dataDir, 'dev.json'))
}

/** The newest first. A data directory of an older version has only the one of its `dev.json`. */
export function readKnownMerchants(dataDir: string): KnownMerchant[] {
  const dev = readDevFile(dataDir)
  const known = readJson<KnownMerchant[]>(join(dataDir, 'merchants.json')) ?? (dev === undefined ? [] : [dev])
  return known.map(addPsp)
}

/** Older versions knew the sandbox alone, and kept two of its keys. */
function addPsp(known: KnownMerchant): KnownMerchant {
  if (known.psp_keys !== undefined) return known
  const { psp_secret_key: secret_key, psp_public_key: public_key } = known
  return { ...known, psp_name: 'sandbox', psp_keys: { secret_key, public_key } }
}

/** The PSP of the last start; undefined in a data directory that is new. */
export function readPspName(dataDir: string): string | undefined {
  const dev = readDevFile(dataDir)
  return dev === undefined ? undefined : addPsp(dev).psp_name
}

export function keepMerchant(dataDir: string, kept: KnownMerchant): void {
  const others = readKnownMerchants(dataDir).filter(({ merchant }) => merchant !== kept.merchant)
  writeJson(join(dataDir, 'merchants.json'), [kept, ...others].slice(0, mostKnownMerchants).map(pickKnown))
}

function pickKnown({ api, psp, psp_api, shop, ...rest }: KnownMerchant): KnownMerchant {
  return { api, psp, psp_api, shop, ...pickMerchant(rest) }
}

export function pickMerchant({
  merchant,
  secret_key,
  publishable_key,
  webhook_secret,
  psp_name,
  psp_account,
  psp_secret_key,
  psp_public_key,
  psp_keys,
  raw_card_grant,
}: Merchant): Merchant {
  return {
    merchant,
    secret_key,
    publishable_key,
    webhook_secret,
    psp_name,
    psp_account,
    psp_secret_key,
    psp_public_key,
    psp_keys,
    raw_card_grant,
  }
}

export function writeDevFile(dataDir: string, dev: DevFile): void {
  writeJson(join(dataDir, 'dev.json'), dev)
}

function createToken(prefix: string): string {
  return `${prefix}_${randomBytes(24).toString('base64url')}`
}

function readJson<T>(path: string): T | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined
}

/** Written aside and renamed, so that a reader never sees half a file. */
function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
