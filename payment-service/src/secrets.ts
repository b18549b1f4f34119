import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto'

/** SHA-256, for looking up secrets that have 256 random bits of their own (API keys, link tokens, operator tokens). */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** A new secret with 256 random bits, after a prefix that says what it is. */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(32).toString('base64url')
}

export type Vault = {
  /** Encrypts for the database. `context` names the row, so that a ciphertext moved to another row does not open. */
  seal(plaintext: string, context: string): Buffer
  open(sealed: Buffer, context: string): string
  /** Asks for the data keys of these when one is new to this process; null stands for what is not there. */
  learnKeysOf(...sealed: (Buffer | null)[]): Promise<void>
  /** The 256-bit token of a link, derived from what it opens, so that it need not be stored to be given again. */
  linkToken(purpose: 'session' | 'return', objectId: string): string
  /** Stands for a text of which there are so few that its plain digest would tell it; 60 bits, another in each context. */
  pseudonym(text: string, context: string): string
}

/** The data keys that a process knows, by their numbers. */
export type DataKeys = {
  find(number: number): Buffer | undefined
  /** The one that seals; null while the seed itself does. */
  active(): { number: number; key: Buffer } | null
  /** Reads them again, because one is asked for that is not known. */
  learn(): Promise<void>
}

const noDataKeys: DataKeys = { find: () => undefined, active: () => null, learn: async () => {} }

/** The first byte of what is sealed. By the seed: nonce, tag, ciphertext. By a data key: its number before them. */
const formats = { bySeed: 1, byDataKey: 2 } as const

/** How everything begins that this data key has sealed. */
export function sealedPrefix(number: number): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = formats.byDataKey
  prefix.writeUInt32BE(number, 1)
  return prefix
}

/** The data key that has sealed this; 0 for the seed. */
export function numberOf(sealed: Buffer): number {
  if (sealed[0] === formats.bySeed) return 0
  if (sealed[0] !== formats.byDataKey || sealed.length < 5) throw new Error('A stored secret has an unknown format')
  return sealed.readUInt32BE(1)
}

/**
 * AES-256-GCM under a data key, or under the seed as long as there is none. Link tokens and pseudonyms are derived from
 * the seed (HKDF, RFC 5869), which never changes: links that shoppers hold stay good whatever else is rotated.
 *
 * @param seed 32 bytes.
 */
export function createVault(seed: Buffer, dataKeys: DataKeys = noDataKeys): Vault {
  const derive = (purpose: string) => createSecretKey(Buffer.from(hkdfSync('sha256', seed, '', purpose, 32)))
  const linkKey = derive('fincore link tokens')
  const pseudonymKey = derive('fincore pseudonyms')
  const keyOf = (number: number): Buffer => {
    const key = number === 0 ? seed : dataKeys.find(number)
    if (key === undefined) throw new Error(`A stored secret is sealed with data key ${number}, which is not known`)
    return key
  }
  return {
    seal(plaintext, context) {
      const active = dataKeys.active()
      const prefix = active === null ? Buffer.from([formats.bySeed]) : sealedPrefix(active.number)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', active?.key ?? seed, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([prefix, nonce, cipher.getAuthTag(), sealed])
    },
    open(sealed, context) {
      const number = numberOf(sealed)
      const rest = sealed.subarray(number === 0 ? 1 : 5)
      const decipher = createDecipheriv('aes-256-gcm', keyOf(number), rest.subarray(0, 12), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(context)).setAuthTag(rest.subarray(12, 28))
      return decipher.update(rest.subarray(28), undefined, 'utf8') + decipher.final('utf8')
    },
    async learnKeysOf(...sealed) {
      const isNew = (one: Buffer | null) => one?.[0] === formats.byDataKey && dataKeys.find(numberOf(one)) === undefined
      if (sealed.some(isNew)) await dataKeys.learn()
    },
    linkToken(purpose, objectId) {
      return createHmac('sha256', linkKey).update(`${purpose}:${objectId}`).digest('base64url')
    },
    pseudonym(text, context) {
      return createHmac('sha256', pseudonymKey).update(`${context}:${text}`).digest('base64url').slice(0, 10)
    },
  }
}
