import { randomUUID } from 'node:crypto'
import type {
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@fincore/api-contract/webhook-endpoints'
import { type Command, Option } from 'commander'
import { toJson } from '../../printable.ts'
import { action, idOption, type Run, readId, withExamples } from '../action.ts'
import { openAdmin, openApi } from '../connection.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { timeOption } from '../read-time.ts'
import { keepSecret } from '../secret-file.ts'
import { note, say } from '../surroundings.ts'
import { type Column, printFields } from '../table.ts'

type CreateOptions = { url: string; events?: string[]; description?: string; merchant?: string; secretFile?: string }
type ListenCommandOptions = { forwardTo: string; events?: string[]; allowRemote?: true; newSecret?: true }

const columns: readonly Column<WebhookEndpoint>[] = [
  { name: 'id', show: ({ id }) => id },
  {
    name: 'status',
    show: ({ status, disabled_reason }) => (disabled_reason === null ? status : `${status}: ${disabled_reason}`),
  },
  { name: 'health', show: ({ health }) => health.state },
  { name: 'url', show: ({ url }) => url, mayShrink: true },
  { name: 'events', show: ({ events }) => events.join(' '), mayShrink: true },
]
const path = '/v1/webhook_endpoints'

/** `fincore webhooks`: how a merchant's server is told of events. */
export function addWebhooks(program: Command, run: Run): void {
  const { io } = run
  const webhooks = program
    .command('webhooks')
    .summary('how a merchant’s server is told')
    .description('How a merchant’s server is told of events.')

  withExamples(
    webhooks.command('listen'),
    'fincore webhooks listen --forward-to http://localhost:3000/webhooks',
    'fincore webhooks listen --forward-to http://localhost:3000/webhooks --events charge.captured charge.failed',
  )
    .description(
      'Sends the events of a test merchant to a server on this machine, as they happen, signed with a secret of its own. Shows a line for each, with what the server answered. Ctrl-C ends it. Needs a test key; for live events make a webhook endpoint.',
    )
    .requiredOption('--forward-to <url>', 'the server, such as http://localhost:3000/webhooks')
    .option('--events <type...>', 'only these types of events')
    .option('--allow-remote', 'also forward to a server that is not on this machine')
    .option('--new-secret', 'sign with a new secret, and show it; the one before is forgotten')
    .action(
      action<ListenCommandOptions>(run, async (options) => {
        const door = openApi(io, options)
        const { listen } = await import('../listen.ts')
        return listen(io, door, {
          to: options.forwardTo,
          events: options.events ?? null,
          allowsRemote: options.allowRemote ?? false,
          makesSecret: options.newSecret ?? false,
          json: options.json ?? false,
        })
      }),
    )

  withExamples(
    webhooks.command('create'),
    'fincore webhooks create --url https://shop.example/webhooks --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f',
    'fincore webhooks create --url https://shop.example/webhooks --events charge.captured refund.succeeded --secret-file whsec.txt',
  )
    .description(
      'Makes a webhook endpoint: with --merchant as an operator, for a merchant who has just come; without it as the merchant. Its secret is shown once.',
    )
    .requiredOption('--url <url>', 'a public https address of the merchant’s server')
    .option('--events <type...>', 'only these types of events; all without it')
    .option('--description <text>', 'your own words')
    .addOption(idOption('--merchant <id>', 'merchant', 'the merchant, mer_…, when an operator makes it'))
    .addOption(new Option('--secret-file <path>', 'write the secret to this new file, and do not show it'))
    .action(
      action<CreateOptions>(run, async ({ url, events, description, merchant, secretFile, ...options }) => {
        const door = merchant === undefined ? openApi(io, options) : openAdmin(io, options)
        const where = merchant === undefined ? path : `/admin/v1/merchants/${merchant}/webhook_endpoints`
        const body = { url, ...(events && { events }), ...(description && { description }) }
        const make = () => call<WebhookEndpointWithSecret>(door, 'POST', where, { body, idempotencyKey: randomUUID() })
        const made = await keepSecret(secretFile, make, ({ secret }) => secret)
        const { secret, ...shown } = made
        if (options.json) return say(io, toJson(secretFile === undefined ? made : shown))
        say(io, `The endpoint ${made.id} is sent ${made.events.join(' ')} at ${made.url}.`)
        say(io, secretFile === undefined ? `Its secret, shown this once: ${secret}` : `Its secret is in ${secretFile}.`)
      }),
    )

  withExamples(withListOptions(webhooks.command('list')), 'fincore webhooks list')
    .description('Lists the webhook endpoints of the merchant.')
    .action(
      action<ListOptions>(run, async (options) => {
        const door = openApi(io, options)
        const none = 'There is no webhook endpoint. `fincore webhooks create` makes one.'
        await printList(io, columns, options, { door, path, none })
      }),
    )

  withExamples(webhooks.command('ping'), 'fincore webhooks ping whe_01kx7p2z3r8v9w0a1b2c3d4e5f')
    .description('Sends a test event to an endpoint, and tells what its server answered.')
    .argument('<endpoint>', 'whe_…', readId('webhookEndpoint'))
    .action(
      action(run, async (options, id = '') => {
        const { pingEndpoint } = await import('../ping-endpoint.ts')
        const delivery: WebhookDelivery = await pingEndpoint(openApi(io, options), id)
        if (options.json) say(io, toJson(delivery))
        else
          printFields(io, [
            ['Delivery', delivery.id],
            ['Status', delivery.status],
            ['Answer', delivery.last_status === null ? delivery.last_error : String(delivery.last_status)],
            ['Next try', delivery.next_try_at],
          ])
        return delivery.status === 'delivered' ? 'done' : 'found'
      }),
    )

  withExamples(
    webhooks.command('redeliver-failed'),
    'fincore webhooks redeliver-failed whe_01kx7p2z3r8v9w0a1b2c3d4e5f --since 2026-01-31T08:00:00Z',
  )
    .description('Sends everything again that failed at an endpoint since a time, as after an outage of its server.')
    .argument('<endpoint>', 'whe_…', readId('webhookEndpoint'))
    .addOption(timeOption('--since <time>', 'a day, 2026-01-31, or a time of RFC 3339').makeOptionMandatory())
    .action(
      action<{ since: string }>(run, async (options, id = '') => {
        const { redeliverFailed } = await import('../redeliver-failed.ts')
        const onProgress = (count: number) => note(io, `${count} are sent again …`)
        const count = await redeliverFailed(openApi(io, options), id, options.since, onProgress)
        const told = { object: 'webhook_redelivery', webhook_endpoint: id, since: options.since, redelivered: count }
        say(io, options.json ? toJson(told) : `${count} deliveries are sent again.`)
      }),
    )
}
