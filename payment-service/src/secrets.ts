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
  /** The 256-bit token of a link, derived from what it opens, so that it need not be stored to be given again. */
  linkToken(purpose: 'session' | 'return', objectId: string): string
  /** Stands for a text of which there are so few that its plain digest would tell it; 60 bits, another in each context. */
  pseudonym(text: string, context: string): string
}

const formatVersion = 1

/** AES-256-GCM under a key from configuration; the other keys are derived from the same one (HKDF, RFC 5869). */
export function createVault(encryptionKey: Buffer): Vault {
  const derive = (purpose: string) => createSecretKey(Buffer.from(hkdfSync('sha256', encryptionKey, '', purpose, 32)))
  const linkKey = derive('fincore link tokens')
  const pseudonymKey = derive('fincore pseudonyms')
  return {
    seal(plaintext, context) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.from([formatVersion]), nonce, cipher.getAuthTag(), sealed])
    },
    open(sealed, context) {
      if (sealed[0] !== formatVersion) throw new Error('A stored secret has an unknown format')
      const decipher = createDecipheriv('aes-256-gcm', encryptionKey, sealed.subarray(1, 13), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(13, 29))
      return decipher.update(sealed.subarray(29), undefined, 'utf8') + decipher.final('utf8')
    },
    linkToken(purpose, objectId) {
      return createHmac('sha256', linkKey).update(`${purpose}:${objectId}`).digest('base64url')
    },
    pseudonym(text, context) {
      return createHmac('sha256', pseudonymKey).update(`${context}:${text}`).digest('base64url').slice(0, 10)
    },
  }
}
