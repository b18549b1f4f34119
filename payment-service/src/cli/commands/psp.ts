import { type Command, Option } from 'commander'
import { toJson } from '../../printable.ts'
import { action, collect, idOption, merchantOption, type Run, readId, withExamples } from '../action.ts'
import { openAdmin } from '../connection.ts'
import { databaseOption } from '../database-option.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { readAccountSettings, type SettingOptions } from '../psp-settings.ts'
import { note, say } from '../surroundings.ts'
import type { Column } from '../table.ts'

type Account = {
  id: string
  psp: string
  name: string
  status: string
  priority: number
  currencies: string[] | null
  raw_cards: { needs_confirmation: boolean; confirmed_at: string | null } | null
  webhook_url: string
}
type OfMerchant = { merchant: string }
type CheckOptions = { merchant?: string; pspAccount?: string; databaseUrl?: string }

const columns: readonly Column<Account>[] = [
  { name: 'id', show: ({ id }) => id },
  { name: 'psp', show: ({ psp }) => psp },
  { name: 'name', show: ({ name }) => name, mayShrink: true },
  { name: 'status', show: ({ status }) => status },
  { name: 'priority', show: ({ priority }) => String(priority) },
  { name: 'raw cards', show: (account) => describeRawCards(account) },
]
const switches = {
  disable:
    'Takes an account out of use: no new payment is made there. Those that it made are still looked up, captured and refunded.',
  enable: 'Takes an account into use again.',
} as const
const merchantExample = '--merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f'
const accountExample = 'pspa_01kx7p2z3r8v9w0a1b2c3d4e5f'

/** `fincore psp`: merchants' accounts at PSPs. */
export function addPsp(program: Command, run: Run): void {
  const { io } = run
  const psp = program.command('psp').summary('accounts at PSPs').description('Accounts at PSPs.')

  withExamples(
    psp.command('add'),
    `fincore psp add ${merchantExample} --psp stripe --name Main`,
    `fincore psp add ${merchantExample} --psp adyen --config merchant_account=AcmeBooks --config environment=test --credentials-file adyen.json`,
  )
    .description(
      'Tells FinCore of an account at a PSP. Its credentials come from a file, or are asked on the terminal and not shown; each is looked at before anything is sent. They are stored encrypted and never shown again.',
    )
    .addOption(merchantOption())
    .requiredOption('--psp <name>', 'stripe, adyen or sandbox')
    .option('--name <name>', 'what operators call the account')
    .addOption(
      new Option('--config <name=value>', 'a setting that is no secret; may be given several times')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--credentials-file <path>', 'a JSON object with the credentials by their names')
    .action(
      action<OfMerchant & SettingOptions & { name?: string }>(run, async (options) => {
        const door = openAdmin(io, options)
        const settings = await readAccountSettings(io, options)
        const body = { psp: options.psp, ...(options.name === undefined ? {} : { name: options.name }), ...settings }
        type Made = Account & { findings: { field: string; message: string }[] }
        const made = await call<Made>(door, 'POST', pathOf(options.merchant), { body })
        if (options.json) return say(io, toJson(made))
        say(io, `The account at ${made.psp} is ${made.id}.`)
        for (const { field, message } of made.findings) say(io, `Warning: ${field}: ${message}`)
        say(io, `Next, at the PSP: have its webhooks sent to ${made.webhook_url}`)
        if (made.raw_cards?.needs_confirmation)
          say(io, `For card numbers: ask the PSP, then fincore psp confirm-raw-cards ${made.id} …`)
        say(io, `Then: fincore psp check --merchant ${options.merchant}`)
      }),
    )

  withExamples(withListOptions(psp.command('list')), `fincore psp list ${merchantExample}`)
    .description('Lists a merchant’s accounts, without their credentials.')
    .addOption(merchantOption())
    .action(
      action<OfMerchant & ListOptions>(run, async (options) => {
        const door = openAdmin(io, options)
        const none = 'The merchant has no account at a PSP yet.'
        await printList(io, columns, options, { door, path: pathOf(options.merchant), none })
      }),
    )

  withExamples(
    psp.command('check'),
    `fincore psp check ${merchantExample}`,
    `fincore psp check --psp-account ${accountExample} --json`,
  )
    .description(
      'Asks a PSP how an account is set up there: credentials, mode, webhooks, raw cards, 3-D Secure, hosted page. Changes nothing. With --merchant the admin API has it asked; without it this program asks, with the settings of a worker in its environment. Exits with 0 when nothing is wrong (warnings are allowed), with 1 when something is, with 2 when it could not be done.',
    )
    .addOption(idOption('--merchant <id>', 'merchant', 'the merchant, mer_…: check through the admin API'))
    .option('--psp-account <id>', 'the account, pspa_…; without it, every account in use')
    .addOption(databaseOption('the service’s login'))
    .action(
      action<CheckOptions>(run, async ({ merchant, ...options }) => {
        if (merchant === undefined) {
          const { printPspCheck } = await import('../../psp-check/command.ts')
          return printPspCheck(io.env, { ...options, json: options.json ?? false })
        }
        const { checkThroughAdmin } = await import('../psp-check.ts')
        const door = openAdmin(io, options)
        return checkThroughAdmin(io, door, merchant, { account: options.pspAccount, json: options.json ?? false })
      }),
    )

  withExamples(
    psp.command('confirm-raw-cards'),
    `fincore psp confirm-raw-cards ${accountExample} ${merchantExample} --reference "Stripe support, case 4711"`,
  )
    .description('Confirms that the PSP has enabled card numbers at this account, where a PSP must be asked for it.')
    .argument('<account>', 'pspa_…', readId('pspAccount'))
    .addOption(merchantOption())
    .requiredOption('--reference <text>', 'where the PSP says so')
    .action(
      action<OfMerchant & { reference: string }>(run, async ({ merchant, reference, ...options }, account) => {
        const door = openAdmin(io, options)
        const path = `${pathOf(merchant)}/${account}/confirm_raw_cards`
        const confirmed = await call<Account>(door, 'POST', path, { body: { reference } })
        if (options.json) return say(io, toJson(confirmed))
        say(io, `${confirmed.id} takes card numbers.`)
        note(io, 'Who may send them, a raw-card grant says: fincore raw-card request.')
      }),
    )

  for (const [name, does] of Object.entries(switches)) {
    withExamples(psp.command(name), `fincore psp ${name} ${accountExample} ${merchantExample}`)
      .description(does)
      .argument('<account>', 'pspa_…', readId('pspAccount'))
      .addOption(merchantOption())
      .action(
        action<OfMerchant>(run, async ({ merchant, ...options }, account) => {
          const path = `${pathOf(merchant)}/${account}/${name}`
          const changed = await call<Account>(openAdmin(io, options), 'POST', path, { body: {} })
          say(io, options.json ? toJson(changed) : `The account ${changed.id} is ${changed.status}.`)
        }),
      )
  }
}

function pathOf(merchant: string): string {
  return `/admin/v1/merchants/${merchant}/psp_accounts`
}

function describeRawCards({ raw_cards }: Account): string {
  if (raw_cards === null) return 'not offered'
  if (!raw_cards.needs_confirmation) return 'yes'
  return raw_cards.confirmed_at === null ? 'not confirmed' : 'confirmed'
}
