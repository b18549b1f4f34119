import { createCipheriv, createDecipheriv, createECDH, randomBytes } from 'node:crypto'
import { AdyenError } from './adyen-error.ts'

/**
 * Card fields under this process's key, one by one, in the form of Adyen's client-side encryption: a version, a key, the text.
 * The browser makes the same with WebCrypto (`pages/browser/encrypt-field.ts`): ECDH on P-256 with a key of its own, whose
 * secret is the AES-GCM key; the initialization vector stands before the text.
 */
const prefix = 'adyenjs_0_1_18$'
/** Spaces fill up the text, so that what is sent is about as long as Adyen's, which nobody should find too long. */
const plainLength = 384
const ivBytes = 12
const tagBytes = 16
/** Adyen, “Client-side encryption”: encrypted data is good for 24 hours. */
const lifeMs = 24 * 60 * 60_000

export type CardFieldName = 'number' | 'expiryMonth' | 'expiryYear' | 'cvc'

export type FieldKey = {
  /** For browsers: an uncompressed point, base64. Public. */
  publicKey: string
  encrypt(field: CardFieldName, value: string): string
  /** @throws AdyenError for anything that was not encrypted under this key, for this field, in the last 24 hours. */
  decrypt(field: CardFieldName, text: string): string
}

export function createFieldKey(now: () => number): FieldKey {
  const own = createECDH('prime256v1')
  const publicKey = own.generateKeys('base64')
  return {
    publicKey,
    encrypt(field, value) {
      const once = createECDH('prime256v1')
      const oncePublic = once.generateKeys('base64')
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', once.computeSecret(publicKey, 'base64'), iv)
      const plain = JSON.stringify({ [field]: value, generationtime: new Date(now()).toISOString() }).padEnd(
        plainLength,
      )
      const sealed = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${prefix}${oncePublic}$${sealed.toString('base64')}`
    },
    decrypt(field, text) {
      // Adyen's test platform takes card details in clear with this prefix (“Test card numbers”, encrypted card details).
      if (text.startsWith('test_')) return text.slice('test_'.length)
      const { [field]: value, generationtime } = open(text)
      const age = now() - Date.parse(String(generationtime))
      if (!(age > -60_000 && age < lifeMs)) throw new AdyenError('stale_encryption')
      if (typeof value !== 'string') throw new AdyenError('undecryptable')
      return value
    },
  }

  function open(text: string): Record<string, unknown> {
    const [, oncePublic = '', sealedText = ''] = text.startsWith(prefix) ? text.split('$') : []
    try {
      const sealed = Buffer.from(sealedText, 'base64')
      const secret = own.computeSecret(oncePublic, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, ivBytes))
      decipher.setAuthTag(sealed.subarray(-tagBytes))
      const plain = Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()])
      return JSON.parse(plain.toString('utf8')) as Record<string, unknown>
    } catch {
      throw new AdyenError('undecryptable')
    }
  }
}
