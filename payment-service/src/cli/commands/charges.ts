import type { Charge } from '@fincore/api-contract/resources'
import { type Command, Option } from 'commander'
import { chargeStates } from '../../payments/charge-states.ts'
import { toJson } from '../../printable.ts'
import { action, type Run, readId, withExamples } from '../action.ts'
import { openApi } from '../connection.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { say } from '../surroundings.ts'
import { type Column, printFields } from '../table.ts'

type ChargesListOptions = ListOptions & { status?: string; merchantReference?: string }

/** `fincore charges`: what was paid. */
export function addCharges(program: Command, run: Run): void {
  const { io } = run
  const charges = program.command('charges').summary('what was paid').description('What was paid. Needs a secret key.')
  withExamples(charges.command('get'), 'fincore charges get ch_01kx7p2z3r8v9w0a1b2c3d4e5f')
    .description('Shows a charge.')
    .argument('<charge>', 'ch_…', readId('charge'))
    .action(
      action(run, async (options, id) => {
        const charge = await call<Charge>(openApi(io, options), 'GET', `/v1/charges/${id}`)
        if (options.json) return say(io, toJson(charge))
        const { showMoney } = await import('../show-money.ts')
        const money = (amount: number) => showMoney(amount, charge.currency)
        printFields(io, [
          ['Charge', charge.id],
          ['Status', charge.status],
          ['Amount', money(charge.amount)],
          ['Captured', money(charge.amount_captured)],
          ['Refunded', money(charge.amount_refunded)],
          ['Reference', charge.merchant_reference],
          ['Failure', charge.failure === null ? null : `${charge.failure.code}: ${charge.failure.message}`],
          ['PSP', charge.psp === null ? null : `${charge.psp.name}, ${charge.psp.account}`],
          ['PSP’s reference', charge.psp?.reference],
          ['Flags', charge.flags.join(' ') || null],
          ['Created', charge.created_at],
        ])
      }),
    )
  withExamples(
    withListOptions(charges.command('list')),
    'fincore charges list --status captured --limit 100',
    'fincore charges list --merchant-reference order-1 --json',
  )
    .description('Lists charges, the newest first.')
    .addOption(new Option('--status <status>', 'only those that stand here').choices(Object.keys(chargeStates)))
    .option('--merchant-reference <text>', 'only those with this reference of yours')
    .action(
      action<ChargesListOptions>(run, async (options) => {
        const door = openApi(io, options)
        const { showMoney } = await import('../show-money.ts')
        const columns: readonly Column<Charge>[] = [
          { name: 'id', show: ({ id }) => id },
          { name: 'status', show: ({ status }) => status },
          { name: 'amount', show: ({ amount, currency }) => showMoney(amount, currency) },
          { name: 'reference', show: ({ merchant_reference }) => merchant_reference, mayShrink: true },
          { name: 'failure', show: ({ failure }) => failure?.code },
          { name: 'created', show: ({ created_at }) => created_at },
        ]
        const query = { status: options.status, merchant_reference: options.merchantReference }
        await printList(io, columns, options, { door, path: '/v1/charges', query, none: 'There is no such charge.' })
      }),
    )
}
