import { type Command, Option } from 'commander'
import { toJson } from '../../printable.ts'
import { action, idOption, type Run, readId, withExamples } from '../action.ts'
import { openAdmin } from '../connection.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { say } from '../surroundings.ts'
import { type Column, printFields } from '../table.ts'

type Notice = {
  id: string
  merchant: string
  kind: string
  subject: string
  created_at: string
  acknowledged_by: string | null
}
type NoticesListOptions = ListOptions & { state: string; merchant?: string }

const columns: readonly Column<Notice>[] = [
  { name: 'id', show: ({ id }) => id },
  { name: 'merchant', show: ({ merchant }) => merchant },
  { name: 'subject', show: ({ subject }) => subject, mayShrink: true },
  { name: 'created', show: ({ created_at }) => created_at },
]
const path = '/admin/v1/notices'

/** `fincore notices`: what an operator should tell a merchant. */
export function addNotices(program: Command, run: Run): void {
  const { io } = run
  const notices = program
    .command('notices')
    .summary('what to tell merchants')
    .description('What an operator should tell merchants, each an e-mail that is ready to be sent.')
  withExamples(
    withListOptions(notices.command('list')),
    'fincore notices list',
    'fincore notices list --state open --json',
  )
    .description('Lists notices, the newest first. With --json each has the whole text.')
    .addOption(
      new Option('--state <state>', 'those that nobody has seen, or the others')
        .choices(['open', 'acknowledged'])
        .default('open'),
    )
    .addOption(idOption('--merchant <id>', 'merchant', 'only those of this merchant, mer_…'))
    .action(
      action<NoticesListOptions>(run, async ({ state, merchant, ...options }) => {
        const door = openAdmin(io, options)
        const none = state === 'open' ? 'Every notice was seen.' : 'No notice was seen yet.'
        await printList(io, columns, options, { door, path, query: { state, merchant }, none })
      }),
    )
  withExamples(notices.command('acknowledge'), 'fincore notices acknowledge ntc_01kx7p2z3r8v9w0a1b2c3d4e5f')
    .description('Marks a notice as seen.')
    .argument('<notice>', 'ntc_…', readId('notice'))
    .action(
      action(run, async (options, id) => {
        const notice = await call<Notice>(openAdmin(io, options), 'POST', `${path}/${id}/acknowledge`, { body: {} })
        if (options.json) return say(io, toJson(notice))
        printFields(io, [
          ['Notice', notice.id],
          ['Subject', notice.subject],
          ['Seen by', notice.acknowledged_by],
        ])
      }),
    )
}
