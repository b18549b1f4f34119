import type { Refund } from '@fincore/api-contract/resources'
import type { Command } from 'commander'
import { action, idOption, type Run, withExamples } from '../action.ts'
import { openApi } from '../connection.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import type { Column } from '../table.ts'

/** `fincore refunds`: what was given back. */
export function addRefunds(program: Command, run: Run): void {
  const { io } = run
  const refunds = program
    .command('refunds')
    .summary('what was given back')
    .description('What was given back. Needs a secret key.')
  withExamples(withListOptions(refunds.command('list')), 'fincore refunds list --limit 100')
    .description('Lists refunds, the newest first.')
    .addOption(idOption('--charge <id>', 'charge', 'only those of this charge, ch_…'))
    .action(
      action<ListOptions & { charge?: string }>(run, async (options) => {
        const door = openApi(io, options)
        const { showMoney } = await import('../show-money.ts')
        const columns: readonly Column<Refund>[] = [
          { name: 'id', show: ({ id }) => id },
          { name: 'status', show: ({ status }) => status },
          { name: 'amount', show: ({ amount, currency }) => showMoney(amount, currency) },
          { name: 'charge', show: ({ charge }) => charge },
          { name: 'created', show: ({ created_at }) => created_at },
        ]
        const query = { charge: options.charge }
        await printList(io, columns, options, { door, path: '/v1/refunds', query, none: 'There is no such refund.' })
      }),
    )
}
