import type { Config } from '../config.ts'
import { type KeyProvider, KeyProviderError } from './key-provider.ts'
import { createKmsProvider } from './kms-provider.ts'
import { createLocalProvider } from './local-provider.ts'

export type EncryptionSettings = Pick<
  Config,
  'encryptionKey' | 'previousEncryptionKey' | 'encryptionKmsKeyId' | 'awsRegion' | 'kmsEndpoint'
>

/** What the settings name, the one that wraps new keys first. Read anew each time, because files may have changed. */
export function providersOf(settings: EncryptionSettings): KeyProvider[] {
  const { encryptionKey, previousEncryptionKey, encryptionKmsKeyId: keyId } = settings
  return [
    ...(keyId === null ? [] : [createKmsProvider({ ...settings, keyId })]),
    ...(encryptionKey === null ? [] : [createLocalProvider(encryptionKey)]),
    ...(previousEncryptionKey === null ? [] : [createLocalProvider(previousEncryptionKey)]),
  ]
}

/** Unwraps with whichever provider can. Throws KeyProviderError that names the key that is missing. */
export async function unwrapKey(
  providers: readonly KeyProvider[],
  { wrapped, wrappedBy, number }: { wrapped: Buffer; wrappedBy: string; number: number },
): Promise<Buffer> {
  const provider = providers.find((one) => one.canUnwrap(wrappedBy))
  if (provider === undefined) throw new KeyProviderError(explainMissing(wrappedBy))
  return provider.unwrap(wrapped, wrappedBy, number)
}

function explainMissing(wrappedBy: string): string {
  const name = /^[\w .:/-]{1,200}$/.test(wrappedBy) ? wrappedBy : 'a key with an unusual name'
  return wrappedBy.startsWith('aws-kms ')
    ? `the database’s keys are wrapped by ${name}. Set ENCRYPTION_KMS_KEY_ID, and AWS_REGION`
    : `ENCRYPTION_KEY does not open what the database holds: its keys are wrapped by another one (${name}). Give that key as ENCRYPTION_KEY or, while it is being replaced, as PREVIOUS_ENCRYPTION_KEY`
}
