import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { type Reader, type SecretKey, type SecretRow, secretsTable } from './secrets-table.ts'

export type AppSecrets = Record<SecretKey, ISecret>

/** The secrets of the programs, by their names: operators make them, with the commands of docs/aws/data.md. */
export function findSecrets(scope: Construct, environment: Environment): AppSecrets {
  const home = new Construct(scope, 'Secrets')
  const found = Object.entries(secretsTable).map(([key, { name }]) => [
    key,
    Secret.fromSecretNameV2(home, key, secretName(environment, name)),
  ])
  return Object.fromEntries(found) as AppSecrets
}

export function secretName(environment: Environment, name: string): string {
  return `fincore/${environment.name}/${name}`
}

/** What one program reads: the name of each setting with its secret. */
export function secretsOf(reader: Reader): { key: SecretKey; setting: string }[] {
  return (Object.entries(secretsTable) as [SecretKey, SecretRow][]).flatMap(([key, { setting, readers }]) =>
    readers.includes(reader) ? [{ key, setting }] : [],
  )
}

/**
 * The names in ARNs of what one program reads, for the policy of the role with which Fargate starts it. Secrets Manager puts a
 * hyphen and six characters of its own after each name.
 */
export function secretArnsOf(environment: Environment, reader: Reader): string[] {
  return secretsOf(reader).map(({ key }) => {
    const name = secretName(environment, secretsTable[key].name)
    return `arn:aws:secretsmanager:${environment.region}:${environment.account}:secret:${name}-??????`
  })
}
