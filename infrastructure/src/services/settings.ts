import { type Database, databaseLogins, databaseName } from '../data/database.ts'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { groupRange } from '../network/address-plan.ts'
import { ports } from '../network/allowed-flows.ts'
import { internalName, type ServiceName } from './services-table.ts'

export type Settings = Record<string, string>

/** How long a stopping task still takes requests: longer than its load balancer needs to notice, 2 checks of 5 s each. */
const drainMs = 12_000

/** The settings of each program that are no secret, as docs/operating.md lists them. */
export function settingsOf(
  environment: Environment,
  { database, keys }: { database: Database; keys: Keys },
): Record<ServiceName | 'migrations' | 'auditExport' | 'command', Settings> {
  const { domains, region } = environment
  const databaseUrl = (login: string) => `postgres://${login}@${database.endpoint}:${database.port}/${databaseName}`
  const ofPaymentService: Settings = {
    ENVIRONMENT: environment.name,
    HOST: '0.0.0.0',
    PUBLIC_URL: `https://${domains.api}`,
    RELAY_URL: `https://${domains.cards}`,
    DATABASE_URL: databaseUrl(databaseLogins.app),
    DATABASE_AUTH: 'aws-iam',
    AWS_REGION: region,
    ENCRYPTION_KMS_KEY_ID: keys.credentials.keyArn,
    DRAIN_MS: String(drainMs),
  }
  return {
    api: { ...ofPaymentService, TRUSTED_PROXIES: groupRange(environment, 'public') },
    worker: ofPaymentService,
    admin: { ...ofPaymentService, TRUSTED_PROXIES: groupRange(environment, 'operators') },
    relay: {
      RELAY_HOST: '0.0.0.0',
      RELAY_PORT: String(ports.relay),
      RELAY_PAYMENT_SERVICE_URL: `http://${internalName}:${ports.internal}`,
      RELAY_PSP_ORIGINS: environment.pspHosts.map((host) => `https://${host}`).join(','),
      RELAY_DOCS_URL: `https://${domains.api}/docs`,
      RELAY_CERTIFICATE_SOURCE: 'header',
      RELAY_TRUSTED_PROXIES: groupRange(environment, 'public'),
    },
    auditExport: ofPaymentService,
    command: ofPaymentService,
    migrations: {
      DATABASE_AUTH: 'aws-iam',
      AWS_REGION: region,
      MIGRATIONS_DATABASE_URL: databaseUrl(databaseLogins.owner),
    },
  }
}
