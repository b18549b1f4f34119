import type { Templates } from '../checks/template.ts'
import { addEgress, addIngress, all, changeRules, find, groupId, isParty, propertiesOf } from './change-template.ts'

/** Ways to open the network by a small change of a template, each with the beginning of the demand that must notice. */
export type Opening = { what: string; broken: string; change: (templates: Templates) => void }

const everywhere = '0.0.0.0/0'

export const openings: readonly Opening[] = [
  {
    what: 'a load balancer takes port 80 from the Internet',
    broken: 'The Internet reaches the two public load balancers',
    change: (templates) => addIngress(templates, 'apiBalancer', { CidrIp: everywhere, FromPort: 80, ToPort: 80 }),
  },
  {
    what: 'the admin API’s load balancer faces the Internet, from the public subnets',
    broken: 'Nothing but the two public load balancers',
    change: (templates) => {
      const [api, admin] = ['api', 'admin'].map((name) =>
        find(templates, 'LoadBalancer', ({ Name }) => String(Name).endsWith(name)),
      )
      Object.assign(propertiesOf(admin), { Scheme: 'internet-facing', Subnets: propertiesOf(api).Subnets })
      addIngress(templates, 'adminBalancer', { CidrIp: everywhere, FromPort: 443, ToPort: 443 })
    },
  },
  {
    what: 'the relay may open connections to the database, and the database takes them',
    broken: 'The card relay reaches the PSPs',
    change: (templates) => {
      const port = { FromPort: 5432, ToPort: 5432 }
      addIngress(templates, 'database', { SourceSecurityGroupId: groupId(templates, 'relay'), ...port })
      addEgress(templates, 'relay', { DestinationSecurityGroupId: groupId(templates, 'database'), ...port })
    },
  },
  {
    what: 'the database takes the whole VPC',
    broken: 'Only the payment service’s tasks reach the database',
    change: (templates) => {
      const port = { FromPort: 5432, ToPort: 5432 }
      addIngress(templates, 'database', { CidrIp: '10.0.0.0/8', ...port })
      addEgress(templates, 'relay', { CidrIp: '10.0.0.0/8', ...port })
    },
  },
  {
    what: 'a task reads the metrics of another one',
    broken: 'Only load balancers reach a management port',
    change: (templates) => {
      const port = { FromPort: 4004, ToPort: 4004 }
      addIngress(templates, 'worker', { SourceSecurityGroupId: groupId(templates, 'admin'), ...port })
      addEgress(templates, 'admin', { DestinationSecurityGroupId: groupId(templates, 'worker'), ...port })
    },
  },
  {
    what: 'the relay’s subnets go to the NAT gateway around the firewall',
    broken: 'The card relay reaches the PSPs',
    change: (templates) => {
      const nat = find(templates, 'Route', ({ NatGatewayId }) => NatGatewayId !== undefined)
      const routes = all(templates, 'Route', ({ DestinationCidrBlock }) => DestinationCidrBlock === everywhere)
      for (const [id, route] of routes.filter(([id]) => id.includes('relay'))) {
        if (!id) continue
        propertiesOf(route).VpcEndpointId = undefined
        propertiesOf(route).NatGatewayId = propertiesOf(nat).NatGatewayId
      }
    },
  },
  {
    what: 'the firewall lets one more host through',
    broken: 'The card relay reaches the PSPs',
    change: (templates) =>
      changeRules(templates, (rules) => rules.replace('content:"api.stripe.com"', 'content:"paste.example"')),
  },
  {
    what: 'a host’s name is compared at its end alone',
    broken: 'The card relay reaches the PSPs',
    change: (templates) => changeRules(templates, (rules) => rules.replace('startswith; endswith', 'endswith')),
  },
  {
    what: 'the firewall lets pass what no rule matches',
    broken: 'Out of the VPC a task reaches named PSPs',
    change: (templates) => {
      const policy = propertiesOf(find(templates, 'FirewallPolicy')).FirewallPolicy as Record<string, unknown>
      policy.StatefulDefaultActions = ['aws:alert_established']
    },
  },
  {
    what: 'what must carry a name in the worker’s rule may be anything',
    broken: 'Out of the VPC a task reaches named PSPs',
    change: (templates) => changeRules(templates, (rules) => rules.replace(/ pcre:"[^"]*";/, '')),
  },
  {
    what: 'a group’s own rule to the database is taken away, so that it may send anywhere',
    broken: 'Only the payment service’s tasks reach the database',
    change: (templates) => {
      const group = find(templates, 'SecurityGroup', isParty('database'))
      propertiesOf(group).SecurityGroupEgress = []
      addIngress(templates, 'relay', {
        SourceSecurityGroupId: groupId(templates, 'database'),
        FromPort: 1,
        ToPort: 65_535,
      })
    },
  },
  {
    what: 'the worker may reach the internal listener',
    broken: 'Only the card relay reaches the internal listener',
    change: (templates) => {
      const port = { FromPort: 4003, ToPort: 4003 }
      addIngress(templates, 'api', { SourceSecurityGroupId: groupId(templates, 'worker'), ...port })
      addEgress(templates, 'worker', { DestinationSecurityGroupId: groupId(templates, 'api'), ...port })
    },
  },
  {
    what: 'the public load balancer may reach the admin API',
    broken: 'Only operators reach the admin API',
    change: (templates) => {
      const port = { FromPort: 4002, ToPort: 4002 }
      addIngress(templates, 'admin', { SourceSecurityGroupId: groupId(templates, 'apiBalancer'), ...port })
      addEgress(templates, 'apiBalancer', { DestinationSecurityGroupId: groupId(templates, 'admin'), ...port })
    },
  },
  {
    what: 'the public load balancer may reach the relay',
    broken: 'Only its own load balancer reaches the card relay',
    change: (templates) => {
      const port = { FromPort: 4001, ToPort: 4001 }
      addIngress(templates, 'relay', { SourceSecurityGroupId: groupId(templates, 'apiBalancer'), ...port })
      addEgress(templates, 'apiBalancer', { DestinationSecurityGroupId: groupId(templates, 'relay'), ...port })
    },
  },
  {
    what: 'a service gives its tasks public addresses',
    broken: 'Nothing but the two public load balancers',
    change: (templates) => {
      const service = find(templates, 'Service', ({ ServiceName }) => ServiceName === 'worker')
      const network = propertiesOf(service).NetworkConfiguration as { AwsvpcConfiguration: Record<string, unknown> }
      network.AwsvpcConfiguration.AssignPublicIp = 'ENABLED'
    },
  },
  {
    what: 'a service is left in the default group',
    broken: 'Everything that has interfaces is in security groups of ours',
    change: (templates) => {
      const service = find(templates, 'Service', ({ ServiceName }) => ServiceName === 'admin')
      const network = propertiesOf(service).NetworkConfiguration as { AwsvpcConfiguration: Record<string, unknown> }
      network.AwsvpcConfiguration.SecurityGroups = []
    },
  },
  {
    what: 'answers come back around the firewall',
    broken: 'What returns from the Internet passes the firewall',
    change: (templates) => {
      const { Resources } = templates.foundation ?? { Resources: {} }
      const back = Object.keys(Resources).find((id) => id.includes('backtorelay'))
      if (back) delete Resources[back]
    },
  },
]
