import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'

const purposes = ['database', 'secrets', 'credentials', 'logs', 'images', 'audit'] as const
export type Keys = Record<(typeof purposes)[number], IKey>

/** A key for each purpose, so that whoever may use one can do nothing with the others. */
export function createKeys(scope: Construct): Keys {
  const home = new Construct(scope, 'Keys')
  const create = (name: string) => new Key(home, name, { enableKeyRotation: true })
  return Object.fromEntries(purposes.map((name) => [name, create(name)] as const)) as Record<keyof Keys, Key>
}
