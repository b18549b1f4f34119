/** What differs between the two environments: everything that a deployment must be told is here, and nothing else is asked. */

import type { ServiceName } from './services/services-table.ts'

export const environmentNames = ['sandbox', 'production'] as const
export type EnvironmentName = (typeof environmentNames)[number]

export type TaskSize = { cpu: number; memory: number; min: number; max: number }

export type Environment = {
  name: EnvironmentName
  /** The AWS account of this environment alone: PCI DSS wants the two apart. A placeholder until it is deployed. */
  account: string
  region: string
  /** Three zones of the region, named here so that nothing has to be looked up. */
  zones: readonly [string, string, string]
  /** The prefix list of S3 in this region, as `aws ec2 describe-managed-prefix-lists` names it. */
  s3PrefixList: string
  /** The account in which Amazon keeps GuardDuty's agent for Fargate in this region, as its documentation lists it. */
  guardDutyAccount: string
  /** The first two numbers of the VPC's addresses, which are a /16. */
  addressPrefix: string
  /** What merchants, shoppers and operators call. Certificates of AWS Certificate Manager for them must exist beforehand. */
  domains: { api: string; cards: string; admin: string }
  certificateArns: { api: string; cards: string; admin: string }
  /** The PEM bundle of the authorities that sign merchants' client certificates; the load balancer's trust store is made of it. */
  merchantAuthorities: { bucket: string; key: string }
  /** Hosts of the PSPs, as the PSP accounts of this environment use them. Cards, and all else, go nowhere else. */
  pspHosts: readonly string[]
  /** Networks of operators, reached through the transit gateway. Nobody else reaches the admin API. */
  operatorNetworks: readonly string[]
  /** The company's transit gateway, by which operators come in. */
  transitGatewayId: string
  /**
   * In how many zones a firewall with its NAT gateway stands. With one, tasks of the other zones go out through it, and nobody
   * does when that zone is lost.
   */
  firewalls: 1 | 3
  /**
   * Of each service: processor (1024 is a whole one) and memory (MiB) of a task, which GuardDuty's agent, the proxy of Service
   * Connect and the collector of metrics share, and between how many tasks it scales.
   */
  tasks: Record<ServiceName, TaskSize>
  /** Aurora's capacity units, 2 GiB of memory each; readers beside the writer; days for which every moment can be restored. */
  database: {
    minCapacity: number
    maxCapacity: number
    readers: number
    backupDays: number
    /** The vault in another region to which each night's backup is copied. */
    copyVaultArn: string
  }
  /** For how many days nobody, the account's root included, can delete an object of the audit archive. */
  archiveDays: number
  /** The archive's copy, in another region, with a key there; docs/aws/data.md says how it is made. */
  archiveCopy: { region: string; bucket: string; keyArn: string }
  /** Where alarms go. Each address gets a question first, and must say yes. */
  alarmAddresses: readonly string[]
}

const placeholderCertificate = (region: string, account: string, name: string) =>
  `arn:aws:acm:${region}:${account}:certificate/${name}`

export const environments: Record<EnvironmentName, Environment> = {
  sandbox: {
    name: 'sandbox',
    account: '111111111111',
    region: 'eu-central-1',
    zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    s3PrefixList: 'pl-6ea54007',
    guardDutyAccount: '323658145986',
    addressPrefix: '10.40',
    domains: {
      api: 'api.sandbox.pay.example.com',
      cards: 'cards.sandbox.pay.example.com',
      admin: 'admin.sandbox.pay.example.com',
    },
    certificateArns: {
      api: placeholderCertificate('eu-central-1', '111111111111', 'api'),
      cards: placeholderCertificate('eu-central-1', '111111111111', 'cards'),
      admin: placeholderCertificate('eu-central-1', '111111111111', 'admin'),
    },
    merchantAuthorities: { bucket: 'example-platform', key: 'fincore/merchant-authorities.pem' },
    pspHosts: ['api.stripe.com', 'checkout-test.adyen.com'],
    operatorNetworks: ['10.250.0.0/24'],
    transitGatewayId: 'tgw-0123456789abcdef0',
    firewalls: 1,
    tasks: {
      api: { cpu: 512, memory: 1024, min: 1, max: 2 },
      worker: { cpu: 512, memory: 1024, min: 1, max: 2 },
      admin: { cpu: 512, memory: 1024, min: 1, max: 2 },
      relay: { cpu: 512, memory: 1024, min: 1, max: 2 },
    },
    database: {
      minCapacity: 0.5,
      maxCapacity: 4,
      readers: 0,
      backupDays: 7,
      copyVaultArn: 'arn:aws:backup:eu-west-1:111111111111:backup-vault:fincore-sandbox-copy',
    },
    archiveDays: 30,
    archiveCopy: {
      region: 'eu-west-1',
      bucket: 'fincore-sandbox-archive-copy-111111111111',
      keyArn: 'arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-0000-0000-000000000000',
    },
    alarmAddresses: ['oncall@example.com'],
  },
  production: {
    name: 'production',
    account: '222222222222',
    region: 'eu-central-1',
    zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    s3PrefixList: 'pl-6ea54007',
    guardDutyAccount: '323658145986',
    addressPrefix: '10.50',
    domains: { api: 'api.pay.example.com', cards: 'cards.pay.example.com', admin: 'admin.pay.example.com' },
    certificateArns: {
      api: placeholderCertificate('eu-central-1', '222222222222', 'api'),
      cards: placeholderCertificate('eu-central-1', '222222222222', 'cards'),
      admin: placeholderCertificate('eu-central-1', '222222222222', 'admin'),
    },
    merchantAuthorities: { bucket: 'example-platform', key: 'fincore/merchant-authorities.pem' },
    pspHosts: ['api.stripe.com', 'PREFIX-checkout-live.adyenpayments.com'],
    operatorNetworks: ['10.250.0.0/24'],
    transitGatewayId: 'tgw-0123456789abcdef1',
    firewalls: 3,
    tasks: {
      api: { cpu: 1024, memory: 2048, min: 3, max: 24 },
      worker: { cpu: 1024, memory: 2048, min: 3, max: 12 },
      admin: { cpu: 512, memory: 1024, min: 2, max: 4 },
      relay: { cpu: 1024, memory: 2048, min: 3, max: 12 },
    },
    database: {
      minCapacity: 2,
      maxCapacity: 32,
      readers: 2,
      backupDays: 35,
      copyVaultArn: 'arn:aws:backup:eu-west-1:222222222222:backup-vault:fincore-production-copy',
    },
    archiveDays: 400,
    archiveCopy: {
      region: 'eu-west-1',
      bucket: 'fincore-production-archive-copy-222222222222',
      keyArn: 'arn:aws:kms:eu-west-1:222222222222:key/00000000-0000-0000-0000-000000000000',
    },
    alarmAddresses: ['oncall@example.com'],
  },
}
