import type { Command } from 'commander'
import { toJson } from '../../printable.ts'
import { action, type Run, withExamples } from '../action.ts'
import { openAdmin } from '../connection.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { say } from '../surroundings.ts'
import type { Column } from '../table.ts'

type Merchant = { id: string; name: string; created_at: string }

const columns: readonly Column<Merchant>[] = [
  { name: 'id', show: ({ id }) => id },
  { name: 'name', show: ({ name }) => name, mayShrink: true },
  { name: 'created', show: ({ created_at }) => created_at },
]

/** `fincore merchants`: who FinCore works for. */
export function addMerchants(program: Command, run: Run): void {
  const { io } = run
  const merchants = program.command('merchants').summary('who FinCore works for').description('Who FinCore works for.')
  withExamples(merchants.command('create'), 'fincore merchants create --name "Aske Stoneware"')
    .description('Makes a merchant, who can do nothing yet: an account at a PSP and keys come next.')
    .requiredOption('--name <name>', 'as operators know the merchant')
    .action(
      action<{ name: string }>(run, async (options) => {
        const door = openAdmin(io, options)
        const merchant = await call<Merchant>(door, 'POST', '/admin/v1/merchants', { body: { name: options.name } })
        if (options.json) return say(io, toJson(merchant))
        say(io, `The merchant ${merchant.name} is ${merchant.id}.`)
        say(io, `Next: an account at a PSP, fincore psp add --merchant ${merchant.id} --psp …`)
      }),
    )
  withExamples(withListOptions(merchants.command('list')), 'fincore merchants list --limit 100')
    .description('Lists merchants, the newest first.')
    .action(
      action<ListOptions>(run, async (options) => {
        const door = openAdmin(io, options)
        const none = 'There is no merchant yet. `fincore merchants create` makes one.'
        await printList(io, columns, options, { door, path: '/admin/v1/merchants', none })
      }),
    )
}
