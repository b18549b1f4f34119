import type { SubnetGroup } from '../network/address-plan.ts'
import { type Party, ports } from '../network/allowed-flows.ts'

export type ServiceName = 'api' | 'worker' | 'admin' | 'relay'
export type ServiceRow = {
  image: 'payment-service' | 'card-relay'
  /** What the image is told to start; null for what it starts by itself. */
  command: string[] | null
  party: Party
  subnets: SubnetGroup
  /** The load balancer before it, and the port that it speaks with. */
  door: { name: 'api' | 'cards' | 'admin'; port: number } | null
  /** Ports that other services call by Service Connect, which ends TLS before them. */
  internalPort: number | null
  /** What it grows by, beside the load of its processors: requests that one task takes in a minute. */
  requestsPerMinute: number | null
  /** Whether the program lives, asked inside the container; nothing of an answer but its status is looked at. */
  alive: string
}

const managementAlive = `fetch('http://127.0.0.1:${ports.management}/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`
// Its certificate is the balancer's business; here only the answer counts.
const relayAlive = `require('node:https').get({ host: '127.0.0.1', port: ${ports.relay}, path: '/health/live', rejectUnauthorized: false }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))`

/** The services that always run. Migrations and other one-off tasks are in `migrations.ts`. */
export const servicesTable: Record<ServiceName, ServiceRow> = {
  api: {
    image: 'payment-service',
    command: ['main', '--roles', 'api'],
    party: 'api',
    subnets: 'application',
    door: { name: 'api', port: ports.api },
    internalPort: ports.internal,
    requestsPerMinute: 6000,
    alive: managementAlive,
  },
  worker: {
    image: 'payment-service',
    command: ['main', '--roles', 'worker'],
    party: 'worker',
    subnets: 'worker',
    door: null,
    internalPort: null,
    requestsPerMinute: null,
    alive: managementAlive,
  },
  admin: {
    image: 'payment-service',
    command: ['main', '--roles', 'admin'],
    party: 'admin',
    subnets: 'application',
    door: { name: 'admin', port: ports.admin },
    internalPort: null,
    requestsPerMinute: null,
    alive: managementAlive,
  },
  relay: {
    image: 'card-relay',
    command: null,
    party: 'relay',
    subnets: 'relay',
    door: { name: 'cards', port: ports.relay },
    internalPort: null,
    requestsPerMinute: 6000,
    alive: relayAlive,
  },
}

/** The name by which the relay finds the internal listener; Service Connect puts it before the program. */
export const internalName = 'payment-service'
