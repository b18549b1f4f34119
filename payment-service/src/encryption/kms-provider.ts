import type { KMSClientConfig } from '@aws-sdk/client-kms'
import { describeError } from '../log.ts'
import { type KeyProvider, KeyProviderError } from './key-provider.ts'

/** All tries of one call, so that a start without KMS ends in time, and a running process hardly notices. */
const callLimitMs = 4_000
const prefix = 'aws-kms '

type KmsSettings = { keyId: string; awsRegion: string | null; kmsEndpoint: string | null }

/**
 * A symmetric key of AWS KMS, by Encrypt and Decrypt; the key never leaves KMS. The encryption context binds what is
 * wrapped to FinCore and its number, and stands in CloudTrail with each use. The SDK is read only when it is called.
 */
export function createKmsProvider(settings: KmsSettings): KeyProvider {
  const contextOf = (number: number) => ({ application: 'fincore', key: String(number) })
  return {
    kind: 'aws-kms',
    id: prefix + settings.keyId,
    canUnwrap: (wrappedBy) => wrappedBy.startsWith(prefix),
    async wrap(key, number) {
      const input = { KeyId: settings.keyId, Plaintext: key, EncryptionContext: contextOf(number) }
      const { encrypt } = await import('./kms-client.ts')
      const { CiphertextBlob } = await ask(settings, (config, signal) => encrypt(config, input, signal))
      if (CiphertextBlob === undefined) throw new KeyProviderError('AWS KMS answered without a wrapped key')
      return Buffer.from(CiphertextBlob)
    },
    async unwrap(wrapped, wrappedBy, number) {
      // Naming the key keeps a ciphertext of somebody else's key from being accepted.
      const input = {
        KeyId: wrappedBy.slice(prefix.length),
        CiphertextBlob: wrapped,
        EncryptionContext: contextOf(number),
      }
      const { decrypt } = await import('./kms-client.ts')
      const { Plaintext } = await ask(settings, (config, signal) => decrypt(config, input, signal))
      if (Plaintext?.length !== 32) throw new KeyProviderError(`AWS KMS unwrapped key ${number} to something else`)
      return Buffer.from(Plaintext)
    },
  }
}

async function ask<Answer>(
  { awsRegion, kmsEndpoint }: KmsSettings,
  call: (config: KMSClientConfig, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const config: KMSClientConfig = {
    ...(awsRegion === null ? {} : { region: awsRegion }),
    ...(kmsEndpoint === null ? {} : { endpoint: kmsEndpoint }),
    // Enough for a throttled call; a slow one is bounded by the signal.
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1_500, requestTimeout: callLimitMs },
  }
  const signal = AbortSignal.timeout(callLimitMs)
  try {
    return await call(config, signal)
  } catch (error) {
    throw new KeyProviderError(`AWS KMS did not do it: ${explain(error, signal.aborted)}`)
  }
}

const reasons: Readonly<Record<string, string>> = {
  AccessDeniedException: 'the role may not use the key; allow it kms:Encrypt and kms:Decrypt',
  NotFoundException: 'there is no such key; mend ENCRYPTION_KMS_KEY_ID or AWS_REGION',
  DisabledException: 'the key is disabled; enable it',
  KMSInvalidStateException: 'the key is disabled or will be deleted; cancel its deletion and enable it',
  InvalidCiphertextException: 'the key did not wrap what the database holds, or it was changed',
  IncorrectKeyException: 'the key did not wrap what the database holds',
  ThrottlingException: 'it was asked too often; try again',
  CredentialsProviderError: 'this process has no credentials for AWS; give the task a role',
  UnrecognizedClientException: 'the credentials for AWS are wrong',
  InvalidSignatureException: 'the credentials for AWS are wrong, or this machine’s clock is',
  ExpiredTokenException: 'the credentials for AWS have expired',
  ECONNREFUSED: 'nothing listens there; is the VPC endpoint of KMS there?',
  ENOTFOUND: 'its name is not known; mend AWS_REGION, or the VPC endpoint of KMS',
}

function explain(error: unknown, timedOut: boolean): string {
  const { name, code } = describeError(error)
  if (timedOut || name === 'TimeoutError') return 'it does not answer'
  return reasons[code] ?? reasons[name] ?? `${name}${code === '' ? '' : ` (${code})`}`
}
