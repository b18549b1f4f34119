import type { Environment } from '../environments.ts'
import type { RoleName } from './roles.ts'

/** Who may use a key, for which calls: a service of AWS by itself, anyone by way of a service, or roles of ours. */
export type KeyUse = { sid: string; actions: string[] } & (
  | {
      service: (environment: Pick<Environment, 'region'>) => string
      /** Only for what this encryption context names. */
      context?: (environment: Environment) => Record<string, string>
      namesAccount?: boolean
    }
  | { through: string[] }
  | { roles: RoleName[] }
)

const forStorage = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey']
const forStorageWithGrants = [...forStorage, 'kms:CreateGrant']
const forQueues = ['kms:GenerateDataKey*', 'kms:Decrypt']

/**
 * The keys, what each is for, and who may use it. The card relay's role is in none of them: the one secret that it reads comes
 * to it through Secrets Manager when Fargate starts it.
 */
export const keyPurposes = {
  database: {
    holds: 'storage, backups and performance figures of the database',
    uses: [
      { sid: 'UseByDatabase', through: ['rds', 'backup'], actions: forStorageWithGrants },
      { sid: 'CopyByBackup', roles: ['backup'], actions: forStorageWithGrants },
    ],
  },
  secrets: {
    holds: 'the secrets of the programs, and of the database’s master login',
    uses: [{ sid: 'UseBySecretsManager', through: ['secretsmanager', 'rds'], actions: forStorageWithGrants }],
  },
  credentials: {
    holds: 'the data keys with which the payment service seals PSP credentials',
    uses: [
      {
        sid: 'WrapDataKeys',
        roles: ['api-task', 'worker-task', 'admin-task', 'command-task'],
        actions: ['kms:Encrypt', 'kms:Decrypt'],
      },
    ],
  },
  logs: {
    holds: 'log groups',
    uses: [
      {
        sid: 'UseByLogs',
        service: ({ region }) => `logs.${region}.amazonaws.com`,
        context: ({ region, account }) => ({
          'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${account}:log-group:*`,
        }),
        actions: forStorage,
      },
    ],
  },
  images: {
    holds: 'container images',
    uses: [{ sid: 'UseByRegistry', through: ['ecr'], actions: forStorageWithGrants }],
  },
  audit: {
    holds: 'the audit archive: its objects, and what is on the way to it',
    uses: [
      {
        sid: 'WriteByTrail',
        service: () => 'cloudtrail.amazonaws.com',
        context: ({ account }) => ({
          'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${account}:trail/*`,
        }),
        actions: ['kms:GenerateDataKey*'],
      },
      { sid: 'TrailLooks', service: () => 'cloudtrail.amazonaws.com', actions: ['kms:DescribeKey'] },
      { sid: 'Deliver', roles: ['archive-delivery'], actions: ['kms:GenerateDataKey*', 'kms:Decrypt'] },
      { sid: 'UseByFirehose', through: ['firehose'], actions: forStorageWithGrants },
      { sid: 'Copy', roles: ['archive-copy'], actions: ['kms:Decrypt'] },
      { sid: 'ReadByPeople', through: ['s3'], actions: ['kms:Decrypt', 'kms:DescribeKey'] },
    ],
  },
  metrics: {
    holds: 'the metrics of the programs, which tell how much and how fast, and nothing of whom',
    uses: [
      {
        sid: 'UseByPrometheus',
        through: ['aps'],
        actions: ['kms:DescribeKey', 'kms:CreateGrant', 'kms:GenerateDataKey', 'kms:Decrypt'],
      },
    ],
  },
  alarms: {
    holds: 'what alarms say, on its way to people',
    uses: [
      {
        sid: 'PublishByCloudWatch',
        service: () => 'cloudwatch.amazonaws.com',
        namesAccount: true,
        actions: forQueues,
      },
      // EventBridge says to SNS and KMS only that it is EventBridge; of the alert manager's word AWS promises no more. For
      // whom they publish, the topic asks where it can.
      { sid: 'PublishByEventBridge', service: () => 'events.amazonaws.com', actions: forQueues },
      { sid: 'PublishByAlertManager', service: () => 'aps.amazonaws.com', actions: forQueues },
      { sid: 'Remind', roles: ['reminders'], actions: forQueues },
    ],
  },
} satisfies Record<string, { holds: string; uses: KeyUse[] }>

export type KeyPurpose = keyof typeof keyPurposes
