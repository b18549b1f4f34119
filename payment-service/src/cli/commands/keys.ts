import { type Command, Option } from 'commander'
import { toJson } from '../../printable.ts'
import { scopes } from '../../server/caller.ts'
import { action, merchantOption, type Run, readId, readWholeNumber, withExamples } from '../action.ts'
import { type GlobalOptions, openAdmin } from '../connection.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { keepSecret } from '../secret-file.ts'
import { type Surroundings, say } from '../surroundings.ts'
import type { Column } from '../table.ts'

type Key = {
  id: string
  kind: string
  hint: string
  scopes: string[]
  created_at: string
  created_by: string
  revoked_at: string | null
  ends_at: string | null
}
type NewKey = Key & { key: string; replaces?: Key }
type OfMerchant = { merchant: string }
type KeyFile = { keyFile?: string }

const columns: readonly Column<Key>[] = [
  { name: 'id', show: ({ id }) => id },
  { name: 'kind', show: ({ kind }) => kind },
  { name: 'key', show: ({ hint }) => hint },
  { name: 'good', show: (key) => describeEnd(key) },
  { name: 'scopes', show: ({ scopes }) => scopes.join(' '), mayShrink: true },
  { name: 'by', show: ({ created_by }) => created_by },
]

/** `fincore keys`: what a merchant's programs sign in with. */
export function addKeys(program: Command, run: Run): void {
  const { io } = run
  const keys = program
    .command('keys')
    .summary('what a merchant’s programs sign in with')
    .description('What a merchant’s programs sign in with. A secret key is shown once, when it is made.')
  const keyFile = () => new Option('--key-file <path>', 'write the key to this new file, and do not show it')

  withExamples(
    keys.command('create'),
    'fincore keys create --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f',
    'fincore keys create --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f --scope read charges:write charges:raw_card --key-file key.txt',
    'fincore keys create --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f --kind publishable',
  )
    .description(
      'Makes a key. A secret one gets all scopes but charges:raw_card, unless you name some. A publishable one may stand in a web page.',
    )
    .addOption(merchantOption())
    .addOption(new Option('--kind <kind>', 'what the key is for').choices(['secret', 'publishable']).default('secret'))
    .addOption(new Option('--scope <scope...>', 'what the key may do').choices(scopes))
    .addOption(keyFile())
    .action(
      action<OfMerchant & KeyFile & { kind: string; scope?: string[] }>(run, async (options) => {
        const door = openAdmin(io, options)
        const body = { kind: options.kind, ...(options.scope === undefined ? {} : { scopes: options.scope }) }
        const make = () => call<NewKey>(door, 'POST', pathOf(options), { body })
        const made = await keepSecret(options.keyFile, make, ({ key }) => key)
        tellKey(io, options, made)
      }),
    )

  withExamples(withListOptions(keys.command('list')), 'fincore keys list --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f')
    .description('Lists a merchant’s keys, the newest first, without the secret ones’ texts.')
    .addOption(merchantOption())
    .action(
      action<OfMerchant & ListOptions>(run, async (options) => {
        const door = openAdmin(io, options)
        await printList(io, columns, options, { door, path: pathOf(options), none: 'The merchant has no key yet.' })
      }),
    )

  withExamples(
    keys.command('revoke'),
    'fincore keys revoke key_01kx7p2z3r8v9w0a1b2c3d4e5f --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f',
  )
    .description('Ends a key for good. It is refused within 5 seconds.')
    .argument('<key>', 'key_…', readId('apiKey'))
    .addOption(merchantOption())
    .action(
      action<OfMerchant>(run, async (options, key) => {
        const door = openAdmin(io, options)
        const revoked = await call<Key>(door, 'DELETE', `${pathOf(options)}/${key}`)
        say(io, options.json ? toJson(revoked) : `${revoked.id} (${revoked.hint}) is revoked.`)
      }),
    )

  withExamples(
    keys.command('roll'),
    'fincore keys roll key_01kx7p2z3r8v9w0a1b2c3d4e5f --merchant mer_01kx7p2z3r8v9w0a1b2c3d4e5f --overlap-hours 48',
  )
    .description(
      'Makes a key with the same scopes; the old one ends by itself after the overlap. On suspicion revoke it instead.',
    )
    .argument('<key>', 'the key to replace, key_…', readId('apiKey'))
    .addOption(merchantOption())
    .addOption(
      new Option('--overlap-hours <n>', 'how long the old key goes on').default(24).argParser(readWholeNumber(0, 720)),
    )
    .addOption(keyFile())
    .action(
      action<OfMerchant & KeyFile & { overlapHours: number }>(run, async (options, key) => {
        const door = openAdmin(io, options)
        const body = { overlap_seconds: options.overlapHours * 3_600 }
        const make = () => call<NewKey>(door, 'POST', `${pathOf(options)}/${key}/roll`, { body })
        const made = await keepSecret(options.keyFile, make, ({ key }) => key)
        tellKey(io, options, made)
      }),
    )
}

function pathOf({ merchant }: OfMerchant): string {
  return `/admin/v1/merchants/${merchant}/api_keys`
}

/** Shows a new key, the only time, unless it went to a file. */
function tellKey(io: Surroundings, { json, keyFile }: GlobalOptions & KeyFile, made: NewKey): void {
  const { key, ...shown } = made
  if (json) {
    say(io, toJson(keyFile === undefined ? made : shown))
    return
  }
  say(io, `The ${made.kind} key ${made.id}${made.kind === 'secret' ? ', shown this once' : ''}:`)
  say(io, keyFile === undefined ? `  ${key}` : `  ${made.hint}, in ${keyFile}`)
  if (made.scopes.length > 0) say(io, `It may: ${made.scopes.join(' ')}`)
  const { replaces } = made
  if (replaces === undefined) return
  say(io, `The old key ${replaces.id} (${replaces.hint}) is good until ${replaces.ends_at}: change over before.`)
}

function describeEnd({ revoked_at, ends_at }: Key): string {
  if (revoked_at !== null) return `revoked ${revoked_at}`
  if (ends_at === null) return 'yes'
  return Date.parse(ends_at) > Date.now() ? `until ${ends_at}` : `ended ${ends_at}`
}
