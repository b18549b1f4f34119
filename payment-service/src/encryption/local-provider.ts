import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { type KeyProvider, KeyProviderError } from './key-provider.ts'

/** AES-256-GCM under ENCRYPTION_KEY: nonce, tag, wrapped key. */
export function createLocalProvider(encryptionKey: Buffer): KeyProvider {
  // Only to tell keys apart: 64 bits of a keyed digest say nothing of 256 random ones.
  const fingerprint = createHmac('sha256', encryptionKey).update('fincore encryption key').digest('hex').slice(0, 16)
  const id = `local ${fingerprint}`
  const boundTo = (number: number) => Buffer.from(`fincore encryption key ${number}`)
  return {
    kind: 'local',
    id,
    canUnwrap: (wrappedBy) => wrappedBy === id,
    async wrap(key, number) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce).setAAD(boundTo(number))
      const wrapped = Buffer.concat([cipher.update(key), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), wrapped])
    },
    async unwrap(wrapped, _wrappedBy, number) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', encryptionKey, wrapped.subarray(0, 12), { authTagLength: 16 })
        decipher.setAAD(boundTo(number)).setAuthTag(wrapped.subarray(12, 28))
        return Buffer.concat([decipher.update(wrapped.subarray(28)), decipher.final()])
      } catch {
        throw new KeyProviderError(`the stored key ${number} was changed: ENCRYPTION_KEY does not unwrap it`)
      }
    },
  }
}
