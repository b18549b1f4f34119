import type { EventType } from '@fincore/api-contract/events'
import { type Command, Option } from 'commander'
import { toJson } from '../../printable.ts'
import { action, idOption, type Run, readId, withExamples } from '../action.ts'
import { openApi } from '../connection.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { say } from '../surroundings.ts'
import type { Column } from '../table.ts'

/** An event, as far as the CLI looks into it. */
export type ShownEvent = {
  id: string
  type: EventType
  created_at: string
  sequence: number
  data: { object: { id: string; object: string } }
}

const columns: readonly Column<ShownEvent>[] = [
  { name: 'id', show: ({ id }) => id },
  { name: 'type', show: ({ type }) => type },
  { name: 'object', show: ({ data }) => data.object.id },
  { name: 'created', show: ({ created_at }) => created_at },
]
const eventExample = 'evt_01kx7p2z3r8v9w0a1b2c3d4e5f'

/** `fincore events`: what happened. */
export function addEvents(program: Command, run: Run): void {
  const { io } = run
  const events = program.command('events').summary('what happened').description('What happened. Needs a secret key.')
  withExamples(
    withListOptions(events.command('list')),
    'fincore events list --type charge.captured',
    'fincore events list --object ch_01kx7p2z3r8v9w0a1b2c3d4e5f --json',
  )
    .description('Lists events, the newest first.')
    .addOption(new Option('--type <type>', 'only events of this type, such as charge.captured'))
    .option('--object <id>', 'only what happened to this object')
    .action(
      action<ListOptions & { type?: string; object?: string }>(run, async (options) => {
        const door = openApi(io, options)
        const query = { type: options.type, object_id: options.object }
        await printList(io, columns, options, { door, path: '/v1/events', query, none: 'There is no such event.' })
      }),
    )
  withExamples(events.command('get'), `fincore events get ${eventExample}`)
    .description('Shows an event as it was sent, as JSON.')
    .argument('<event>', 'evt_…', readId('event'))
    .action(
      action(run, async (options, id) => {
        const event = await call<ShownEvent>(openApi(io, options), 'GET', `/v1/events/${id}`)
        say(io, options.json ? toJson(event) : toJson(event, 2))
      }),
    )
  withExamples(
    events.command('resend'),
    `fincore events resend ${eventExample}`,
    `fincore events resend ${eventExample} --endpoint whe_01kx7p2z3r8v9w0a1b2c3d4e5f`,
    `fincore events resend ${eventExample} --forward-to http://localhost:3000/webhooks`,
  )
    .description(
      'Sends an event again: to every webhook endpoint that it was sent to, to the one that you name, or to a server on this machine.',
    )
    .argument('<event>', 'evt_…', readId('event'))
    .addOption(idOption('--endpoint <id>', 'webhookEndpoint', 'only to this endpoint, whe_…'))
    .addOption(
      new Option('--forward-to <url>', 'to a server on this machine, signed as `webhooks listen` does').conflicts(
        'endpoint',
      ),
    )
    .action(
      action<{ endpoint?: string; forwardTo?: string }>(run, async (options, id = '') => {
        const door = openApi(io, options)
        if (options.forwardTo !== undefined) {
          const { forwardOne } = await import('../listen.ts')
          return forwardOne(io, door, id, { to: options.forwardTo, json: options.json ?? false })
        }
        const { resendEvent } = await import('../resend-event.ts')
        return resendEvent(io, door, id, options)
      }),
    )
}
