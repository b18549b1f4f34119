/** Everyone who has a security group, and what stands behind it. */
export const parties = {
  apiBalancer: 'the load balancer of the public API',
  cardsBalancer: 'the load balancer of the card relay, with mutual TLS',
  adminBalancer: 'the load balancer of the admin API',
  api: 'payment-service, role api',
  worker: 'payment-service, role worker',
  admin: 'payment-service, role admin',
  migrations: 'payment-service, migrations and other one-off tasks',
  relay: 'card-relay',
  database: 'Aurora PostgreSQL',
  taskEndpoints: 'the endpoints that Fargate needs to run a task: its image, settings, secrets, log and GuardDuty',
  keyEndpoint: 'the endpoint of the key service',
  metricsEndpoint: 'the endpoint that takes metrics',
} as const
export type Party = keyof typeof parties

/** Who is no security group: everybody, the operators' networks, S3 by its gateway, and hosts behind the firewall. */
type Outside = 'world' | 'operators' | 's3' | 'internet'

/** The ports that anything listens on. */
export const ports = {
  https: 443,
  api: 4000,
  relay: 4001,
  admin: 4002,
  internal: 4003,
  management: 4004,
  database: 5432,
}

export type Flow = { from: Party | Outside; to: Party | Outside; port: number; why: string }

/**
 * Every connection that may be opened. Security groups are made from this table and hold nothing else; what they then allow
 * together with routes and firewall is computed from the template (docs/aws/segmentation.md).
 */
export const allowedFlows: readonly Flow[] = [
  { from: 'world', to: 'apiBalancer', port: ports.https, why: 'merchants, shoppers and PSPs’ webhooks' },
  { from: 'world', to: 'cardsBalancer', port: ports.https, why: 'merchants with a client certificate' },
  { from: 'operators', to: 'adminBalancer', port: ports.https, why: 'the admin API' },
  { from: 'apiBalancer', to: 'api', port: ports.api, why: 'the public API' },
  { from: 'apiBalancer', to: 'api', port: ports.management, why: 'is it ready?' },
  { from: 'cardsBalancer', to: 'relay', port: ports.relay, why: 'charges by card, over TLS' },
  { from: 'adminBalancer', to: 'admin', port: ports.admin, why: 'the admin API' },
  { from: 'adminBalancer', to: 'admin', port: ports.management, why: 'is it ready?' },
  { from: 'relay', to: 'api', port: ports.internal, why: 'admission, card facts and instructions, over TLS' },
  ...(['api', 'worker', 'admin', 'migrations'] as const).map(
    (from): Flow => ({ from, to: 'database', port: ports.database, why: 'everything that is kept' }),
  ),
  ...(['api', 'worker', 'admin', 'migrations', 'relay'] as const).flatMap((from): Flow[] => [
    { from, to: 'taskEndpoints', port: ports.https, why: 'its image, settings, secrets and log' },
    { from, to: 's3', port: ports.https, why: 'the layers of its image' },
  ]),
  ...(['api', 'worker', 'admin'] as const).map(
    (from): Flow => ({ from, to: 'keyEndpoint', port: ports.https, why: 'the keys of PSP credentials' }),
  ),
  ...(['api', 'worker', 'admin'] as const).map(
    (from): Flow => ({ from, to: 'metricsEndpoint', port: ports.https, why: 'metrics, from the collector beside it' }),
  ),
  { from: 'api', to: 'internet', port: ports.https, why: 'PSPs; the firewall lets nothing else through' },
  { from: 'admin', to: 'internet', port: ports.https, why: 'PSPs; the firewall lets nothing else through' },
  { from: 'relay', to: 'internet', port: ports.https, why: 'PSPs; the firewall lets nothing else through' },
  { from: 'worker', to: 'internet', port: ports.https, why: 'PSPs and merchants’ webhooks, by name over TLS' },
]
