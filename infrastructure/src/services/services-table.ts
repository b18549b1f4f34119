import type { SubnetGroup } from '../network/address-plan.ts'
import { type Party, ports } from '../network/allowed-flows.ts'

export type ServiceName = 'api' | 'worker' | 'admin' | 'relay'
export type ServiceRow = {
  image: 'payment-service' | 'card-relay'
  /** What the image's own program is told; null for nothing. */
  command: string[] | null
  party: Party
  subnets: SubnetGroup
  /** The load balancer before it, and the port that it speaks with. */
  door: { name: 'api' | 'cards' | 'admin'; port: number } | null
  /** Ports that other services call by Service Connect, which ends TLS before them. */
  internalPort: number | null
  /** What it grows by, beside the load of its processors: requests that one task takes in a minute. */
  requestsPerMinute: number | null
  /** The program in the image that asks whether the service lives. */
  alive: string
  /** Whether it serves metrics, at its management port: then a collector stands beside it. */
  servesMetrics: boolean
}

// The checks that the images bring along.
const managementAlive = '/app/images/check-payment-service.mjs'
const relayAlive = '/app/images/check-card-relay.mjs'

/** The services that always run. Migrations and other one-off tasks are in `migrations.ts`. */
export const servicesTable: Record<ServiceName, ServiceRow> = {
  api: {
    image: 'payment-service',
    command: ['--roles', 'api'],
    party: 'api',
    subnets: 'application',
    door: { name: 'api', port: ports.api },
    internalPort: ports.internal,
    requestsPerMinute: 6000,
    alive: managementAlive,
    servesMetrics: true,
  },
  worker: {
    image: 'payment-service',
    command: ['--roles', 'worker'],
    party: 'worker',
    subnets: 'worker',
    door: null,
    internalPort: null,
    requestsPerMinute: null,
    alive: managementAlive,
    servesMetrics: true,
  },
  admin: {
    image: 'payment-service',
    command: ['--roles', 'admin'],
    party: 'admin',
    subnets: 'application',
    door: { name: 'admin', port: ports.admin },
    internalPort: null,
    requestsPerMinute: null,
    alive: managementAlive,
    servesMetrics: true,
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
    servesMetrics: false,
  },
}

/** The name by which the relay finds the internal listener; Service Connect puts it before the program. */
export const internalName = 'payment-service'
