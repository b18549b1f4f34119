import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { Keys } from './keys.ts'

/** The secrets of the programs; which service reads which is in `services/settings.ts`. */
const secretNames = ['internalToken', 'bootstrapOperators', 'relayTlsCert', 'relayTlsKey'] as const
export type AppSecrets = Record<(typeof secretNames)[number], ISecret>

export function createSecrets(scope: Construct, keys: Keys): AppSecrets {
  const home = new Construct(scope, 'Secrets')
  const create = (name: string) => new Secret(home, name, { encryptionKey: keys.secrets })
  return Object.fromEntries(secretNames.map((name) => [name, create(name)])) as Record<keyof AppSecrets, Secret>
}
