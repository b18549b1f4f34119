import type { Environment } from '../environments.ts'
import { anyHost } from './firewall-verdict.ts'
import type { Model } from './model.ts'
import { computeReach, operators, type Reach, world } from './reach.ts'

/** What must hold of every environment, whatever the tables say; each names the requirement of PCI DSS v4.0.1 behind it. */
export type Demand = {
  says: string
  requirement: string
  /** What breaks it; empty is what is wanted. */
  offences: (world: { model: Model; reach: Reach[]; environment: Environment }) => string[]
}

/** What Fargate itself needs to run any task: image, settings, secrets, log, and GuardDuty's agent beside it. */
const neededByEveryTask = ['ecr.api', 'ecr.dkr', 's3', 'ssm', 'secretsmanager', 'logs', 'guardduty-data'].map(
  (name) => `AWS ${name}`,
)
const paymentService = ['api', 'worker', 'admin', 'migrations', 'audit-export']
const show = ({ from, to, port }: Reach) => `${from} → ${to}:${port}`

export const demands: readonly Demand[] = [
  {
    says: 'The Internet reaches the two public load balancers at port 443, and nothing else.',
    requirement: '1.3.1, 1.4.2',
    offences: ({ reach }) => {
      const open = ['api load balancer', 'cards load balancer']
      return reach.filter(({ from, to, port }) => from === world && !(open.includes(to) && port === '443')).map(show)
    },
  },
  {
    says: 'The card relay reaches the PSPs, the payment service’s internal listener, and what Fargate needs to run it.',
    requirement: '1.3.2, 1.4.4',
    offences: ({ reach, environment }) => {
      const allowed = [...environment.pspHosts, ...neededByEveryTask].map((to) => `${to}:443`)
      return reach
        .filter(({ from, to, port }) => from === 'relay' && ![...allowed, 'api:4003'].includes(`${to}:${port}`))
        .map(show)
    },
  },
  {
    says: 'Only its own load balancer reaches the card relay.',
    requirement: '1.3.1',
    offences: ({ reach }) =>
      reach.filter((one) => one.to === 'relay' && show(one) !== 'cards load balancer → relay:4001').map(show),
  },
  {
    says: 'Only the payment service’s tasks reach the database, at its port, and the database reaches nobody.',
    requirement: '1.4.4, 7.2.6',
    offences: ({ reach }) =>
      reach
        .filter(({ from, to, port }) =>
          to === 'database' ? !(paymentService.includes(from) && port === '5432') : from === 'database',
        )
        .map(show),
  },
  {
    says: 'Only operators reach the admin API, by its load balancer.',
    requirement: '1.3.1, 8.4.1',
    offences: ({ reach }) =>
      reach
        .filter(({ from, to }) =>
          to === 'admin' ? from !== 'admin load balancer' : to === 'admin load balancer' && from !== operators,
        )
        .map(show),
  },
  {
    says: 'Only the card relay reaches the internal listener.',
    requirement: '1.3.1',
    offences: ({ reach }) =>
      reach.filter(({ from, to, port }) => to === 'api' && port === '4003' && from !== 'relay').map(show),
  },
  {
    says: 'Only load balancers reach a management port, to ask whether its task is ready; metrics are read from beside it.',
    requirement: '1.3.1',
    offences: ({ reach }) =>
      reach.filter(({ from, port }) => port === '4004' && !from.endsWith(' load balancer')).map(show),
  },
  {
    says: 'Out of the VPC a task reaches named PSPs alone; the worker also merchants’ hosts, by their name.',
    requirement: '1.3.2',
    offences: ({ model, reach, environment }) => {
      const inside = [...model.nodes.map(({ name }) => name), 'AWS s3']
      const isAllowed = ({ from, to, port }: Reach) =>
        port === '443' && (environment.pspHosts.includes(to) || (from === 'worker' && to === anyHost))
      return reach.filter((one) => !inside.includes(one.to) && !isAllowed(one)).map(show)
    },
  },
  {
    says: 'Nothing but the two public load balancers and the NAT gateways has a public address.',
    requirement: '1.4.4, 1.4.5',
    offences: ({ model }) => [
      ...model.nodes
        .filter(({ name, hasPublicAddress }) => hasPublicAddress && !/^(api|cards) load balancer$/.test(name))
        .map(({ name }) => `${name} has a public address`),
      ...model
        .ofType('AWS::EC2::Subnet')
        .filter(({ properties }) => properties.MapPublicIpOnLaunch !== false)
        .map(({ id }) => `${id} gives out public addresses`),
      ...(model.ofType('AWS::EC2::EIP').length === model.ofType('AWS::EC2::NatGateway').length
        ? []
        : ['there are public addresses without a NAT gateway']),
    ],
  },
  {
    says: 'Everything that has interfaces is in security groups of ours, so the default group holds nothing.',
    requirement: '1.2.1',
    offences: ({ model }) => {
      const ours = model.ofType('AWS::EC2::SecurityGroup').map(({ id }) => id)
      return model.nodes
        .filter(({ groups }) => groups.length === 0 || groups.some((group) => !ours.includes(group)))
        .map(({ name }) => `${name} is in no group of ours`)
    },
  },
  {
    says: 'What returns from the Internet passes the firewall of its zone, as what went out did.',
    requirement: '1.4.1',
    offences: ({ model }) => {
      const egress = [...model.subnets.values()].filter(({ routes }) =>
        routes.some(({ target }) => target.kind === 'internet'),
      )
      const filtered = [...model.subnets.values()].flatMap(({ range, routes }) => {
        const firewall = routes.find(
          ({ target }) => target.kind === 'firewall' && model.firewall.firewalls.includes(target.id),
        )
        return firewall?.destination === '0.0.0.0/0' ? [{ range, firewall: firewall.target.id }] : []
      })
      return filtered
        .filter(
          ({ range, firewall }) =>
            !egress.some(({ routes }) => routes.some((one) => one.destination === range && one.target.id === firewall)),
        )
        .map(({ range }) => `nothing leads back to ${range} through its firewall`)
    },
  },
]

/** Every demand that is broken, with what breaks it. */
export function findOffences(model: Model, environment: Environment): string[] {
  const reach = computeReach(model)
  return demands.flatMap(({ says, offences }) =>
    offences({ model, reach, environment }).map((offence) => `${says} But: ${offence}`),
  )
}
