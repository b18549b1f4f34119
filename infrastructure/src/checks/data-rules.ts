import { databaseParameters } from '../data/database-parameters.ts'
import type { Environment } from '../environments.ts'
import type { Resource, Template } from './template.ts'

type Templates = Record<string, Template>
/** What must be so in the templates, beyond what the packs of rules ask; and a change that a test makes to see it fail. */
type DataRule = {
  says: string
  holds: (find: Find, environment: Environment) => boolean
  breakIt: (find: Find) => void
}
/** All properties of the resources of a type. */
type Find = (type: string) => Properties[]
type Properties = Record<string, unknown>

const thirteenMonthsDays = 395

export const dataRules: readonly DataRule[] = [
  {
    says: 'the database is encrypted with a key of ours, takes tokens of IAM, and cannot be deleted by a slip',
    holds: (find) =>
      find('AWS::RDS::DBCluster').every(
        ({
          StorageEncrypted,
          KmsKeyId,
          EnableIAMDatabaseAuthentication,
          DeletionProtection,
          ManageMasterUserPassword,
        }) =>
          StorageEncrypted &&
          KmsKeyId &&
          EnableIAMDatabaseAuthentication &&
          DeletionProtection &&
          ManageMasterUserPassword,
      ),
    breakIt: (find) => set(find('AWS::RDS::DBCluster'), 'ManageMasterUserPassword', false),
  },
  {
    says: 'no instance of the database has a public address, and its subnets are those without a way out',
    holds: (find) =>
      find('AWS::RDS::DBInstance').every(({ PubliclyAccessible }) => PubliclyAccessible === false) &&
      find('AWS::RDS::DBSubnetGroup').every(({ SubnetIds }) =>
        (SubnetIds as unknown[]).every((id) => JSON.stringify(id).includes('NetworkSubnetdata')),
      ),
    breakIt: (find) => set(find('AWS::RDS::DBSubnetGroup'), 'SubnetIds', [{ Ref: 'NetworkSubnetpublic0' }]),
  },
  {
    says: 'the database forces TLS and quotes nothing in its log',
    holds: (find) =>
      find('AWS::RDS::DBClusterParameterGroup').every(({ Parameters }) =>
        databaseParameters.every(({ name, value }) => (Parameters as Properties)[name] === value),
      ),
    breakIt: (find) => {
      for (const { Parameters } of find('AWS::RDS::DBClusterParameterGroup'))
        delete (Parameters as Properties)['rds.force_ssl']
    },
  },
  {
    says: 'the database’s cluster is in the backup plan, whose vault nobody empties before the time',
    holds: (find, { database: { backupDays } }) =>
      find('AWS::Backup::BackupSelection').some((selection) =>
        /"Database\w*Cluster\w*"/.test(JSON.stringify(selection)),
      ) &&
      find('AWS::Backup::BackupVault').every(({ LockConfiguration }) => {
        const lock = LockConfiguration as Properties | undefined
        return lock?.MinRetentionDays === backupDays && Number(lock.ChangeableForDays) >= 3
      }) &&
      find('AWS::RDS::DBCluster').every(({ BackupRetentionPeriod }) => BackupRetentionPeriod === backupDays),
    breakIt: (find) => set(find('AWS::Backup::BackupVault'), 'LockConfiguration', undefined),
  },
  {
    says: 'objects of the archive cannot be deleted, by the root neither, and are copied to another region',
    holds: (find, { archiveDays, archiveCopy, region }) =>
      archiveCopy.region !== region &&
      find('AWS::S3::Bucket').some(({ ObjectLockConfiguration, ReplicationConfiguration }) => {
        const text = JSON.stringify(ObjectLockConfiguration ?? '')
        const locked = text.includes('"COMPLIANCE"') && text.includes(`"Days":${archiveDays}`)
        return locked && JSON.stringify(ReplicationConfiguration ?? '').includes(archiveCopy.bucket)
      }),
    breakIt: (find) => set(find('AWS::S3::Bucket'), 'ObjectLockConfiguration', undefined),
  },
  {
    says: 'logs are kept for thirteen months, and in production the archive too',
    holds: (find, { name, archiveDays }) =>
      find('AWS::Logs::LogGroup').every(({ RetentionInDays }) => Number(RetentionInDays) >= thirteenMonthsDays) &&
      (name === 'sandbox' || archiveDays >= thirteenMonthsDays),
    breakIt: (find) => set(find('AWS::Logs::LogGroup').slice(-1), 'RetentionInDays', 90),
  },
  {
    says: 'the trail watches all regions, is signed, and cannot fall asleep unnoticed',
    holds: (find) =>
      find('AWS::CloudTrail::Trail').some(
        ({ IsMultiRegionTrail, EnableLogFileValidation, IsLogging, KMSKeyId }) =>
          IsMultiRegionTrail && EnableLogFileValidation && IsLogging && KMSKeyId,
      ),
    breakIt: (find) => set(find('AWS::CloudTrail::Trail'), 'IsLogging', false),
  },
  {
    says: 'no key is for the card relay, and the one of PSP credentials only for the payment service',
    holds: (find, { account, name }) => {
      const roles = ['api', 'worker', 'admin', 'command'].map(
        (role) => `arn:aws:iam::${account}:role/fincore-${name}-${role}-task`,
      )
      const users = find('AWS::KMS::Key').flatMap(({ Description, KeyPolicy }) =>
        usersOf(KeyPolicy, String(Description)),
      )
      return (
        users.every(({ text }) => !text.includes('relay')) &&
        users.filter(({ key }) => key.includes('PSP credentials')).every(({ text }) => text === JSON.stringify(roles))
      )
    },
    breakIt: (find) => {
      for (const key of find('AWS::KMS::Key')) key.KeyPolicy = replace(key.KeyPolicy, /admin-task/g, 'relay-start')
    },
  },
  {
    says: 'who looks after a key may not use it, nor grant its use to anybody',
    holds: (find) => {
      const uses = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'GenerateDataKey', 'CreateGrant'].map((use) => `kms:${use}`)
      const asPattern = (action: string) => new RegExp(`^${action.replaceAll('*', '.*')}$`)
      return find('AWS::KMS::Key')
        .flatMap(({ KeyPolicy }) => (KeyPolicy as { Statement: Properties[] }).Statement)
        .filter(({ Principal, Condition }) => JSON.stringify(Principal).includes(':root') && Condition === undefined)
        .flatMap(({ Action }) => [Action].flat().map((action) => asPattern(String(action))))
        .every((pattern) => !uses.some((use) => pattern.test(use)))
    },
    breakIt: (find) => {
      for (const key of find('AWS::KMS::Key')) key.KeyPolicy = replace(key.KeyPolicy, /kms:CreateAlias/g, 'kms:Create*')
    },
  },
  {
    says: 'the card relay is given its own secrets and no other program’s',
    holds: (find) => {
      const texts = find('AWS::ECS::TaskDefinition')
        .flatMap(({ ContainerDefinitions }) => ContainerDefinitions as Properties[])
        .filter(({ Name }) => Name === 'relay')
        .flatMap(({ Secrets }) => Secrets as Properties[])
        .map(({ ValueFrom }) => JSON.stringify(ValueFrom))
        .filter((text) => text.includes('secretsmanager'))
      return texts.length > 0 && texts.every((text) => text.includes('/relay-'))
    },
    breakIt: (find) => {
      for (const task of find('AWS::ECS::TaskDefinition')) {
        task.ContainerDefinitions = replace(task.ContainerDefinitions, /relay-internal-token/g, 'internal-token')
      }
    },
  },
  {
    says: 'every alarm tells somebody, also when it is over, and names a runbook',
    holds: (find) =>
      find('AWS::CloudWatch::Alarm').every(
        ({ AlarmActions, OKActions, AlarmDescription }) =>
          Array.isArray(AlarmActions) &&
          Array.isArray(OKActions) &&
          /docs\/runbooks\/\S+$/.test(String(AlarmDescription)),
      ),
    breakIt: (find) => set(find('AWS::CloudWatch::Alarm').slice(0, 1), 'AlarmActions', undefined),
  },
]

/** The rules that these templates break. */
export function judgeData(templates: Templates, environment: Environment): string[] {
  return dataRules.filter(({ holds }) => !holds(finder(templates), environment)).map(({ says }) => says)
}

/** The templates with one rule broken. */
export function breakRule(templates: Templates, rule: DataRule): Templates {
  const copy = structuredClone(templates)
  rule.breakIt(finder(copy))
  return copy
}

function finder(templates: Templates): Find {
  const all: Resource[] = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources))
  return (type) => {
    const found = all.filter(({ Type }) => Type === type)
    if (found.length === 0) throw new Error(`the templates have no ${type}`)
    return found.map((resource) => {
      resource.Properties ??= {}
      return resource.Properties
    })
  }
}

/** The roles that a key's policy names, statement by statement. */
function usersOf(policy: unknown, key: string): { key: string; text: string }[] {
  const { Statement = [] } = policy as { Statement?: { Condition?: { ArnEquals?: Properties } }[] }
  return Statement.flatMap(({ Condition }) => {
    const roles = Condition?.ArnEquals?.['aws:PrincipalArn']
    return roles ? [{ key, text: JSON.stringify(roles) }] : []
  })
}

function set(all: Properties[], name: string, value: unknown): void {
  for (const properties of all) properties[name] = value
}

function replace(value: unknown, from: RegExp, to: string): unknown {
  return JSON.parse(JSON.stringify(value).replace(from, to))
}
