import { createHash, randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import { toJson } from '../../printable.ts'
import { action, type Run, withExamples } from '../action.ts'
import { type GlobalOptions, openAdmin, openConnection } from '../connection.ts'
import { CommandFailure } from '../failures.ts'
import { call } from '../http-client.ts'
import { type ListOptions, printList, withListOptions } from '../lists.ts'
import { changeProfiles, readProfiles } from '../profiles.ts'
import { keepSecret } from '../secret-file.ts'
import { note, say } from '../surroundings.ts'
import type { Column } from '../table.ts'

type Operator = {
  id: string
  name: string
  status: string
  asked: { token_digest: string; by: string; at: string } | null
  approved_by: string | null
  disabled_by: string | null
}
type WithDigest = GlobalOptions & { tokenDigest: string }
type WithFile = GlobalOptions & { tokenFile?: string }

const columns: readonly Column<Operator>[] = [
  { name: 'name', show: ({ name }) => name },
  { name: 'status', show: ({ status }) => status },
  { name: 'asked by', show: ({ asked }) => asked?.by ?? null },
  { name: 'token asked for', show: ({ asked }) => asked?.token_digest ?? null, mayShrink: true },
  { name: 'approved by', show: ({ approved_by }) => approved_by },
  { name: 'disabled by', show: ({ disabled_by }) => disabled_by },
]
const collection = '/admin/v1/operators'
const digestExample = 'carol --token-digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

/** `fincore operators`: who may use the admin API. */
export function addOperators(program: Command, run: Run): void {
  const { io } = run
  const operators = program
    .command('operators')
    .summary('who may use the admin API')
    .description(
      'Who may use the admin API. A token is made by whoever will have it, and nobody else sees it: one operator asks for it by its digest, another approves the same digest.',
    )

  withExamples(withListOptions(operators.command('list')), 'fincore operators list')
    .description('Lists the operators, and the tokens that wait for approval.')
    .action(
      action<ListOptions>(run, async (options) => {
        const door = openAdmin(io, options)
        await printList<Operator>(io, columns, options, { door, path: collection, none: 'There are no operators.' })
      }),
    )

  withExamples(operators.command('new-token'), 'fincore operators new-token --token-file token.txt')
    .description(
      'Makes a token on this machine, and asks nobody. Give its digest to the operator who adds you, and keep the token.',
    )
    .option('--token-file <path>', 'a new file for the token, which you alone may read; without it, it is shown')
    .action(
      action<WithFile>(run, async ({ tokenFile, json }) => {
        const made = await keepSecret(
          tokenFile,
          async () => makeToken(),
          ({ token }) => token,
        )
        const shown = tokenFile === undefined ? { token: made.token } : {}
        if (json) return say(io, toJson({ object: 'operator_token', ...shown, token_digest: made.digest }))
        if (tokenFile === undefined) say(io, `Token (shown this once): ${made.token}`)
        say(io, `Its digest, for whoever adds you: ${made.digest}`)
      }),
    )

  for (const [name, { does, path, told }] of Object.entries(steps)) {
    withExamples(operators.command(name), `fincore operators ${name} ${digestExample}`)
      .description(does)
      .argument('<name>', 'the operator', readName)
      .requiredOption('--token-digest <sha256>', 'what `operators new-token` told its owner')
      .action(
        action<WithDigest>(run, async ({ tokenDigest, ...options }, operator = '') => {
          refuseToken(tokenDigest)
          const body = path === '' ? { name: operator, token_digest: tokenDigest } : { token_digest: tokenDigest }
          const url = path === '' ? collection : `${collection}/${operator}${path}`
          const made = await call<Operator>(openAdmin(io, options), 'POST', url, { body })
          say(io, options.json ? toJson(made) : told(operator, tokenDigest))
        }),
      )
  }

  withExamples(operators.command('roll-token'), 'fincore operators roll-token')
    .description(
      'Replaces your own token, at once. The new one is made on this machine, and kept in the profile in use or in a file.',
    )
    .option('--token-file <path>', 'a new file for the token, in place of the profile')
    .action(action<WithFile>(run, rollToken))

  withExamples(operators.command('disable'), 'fincore operators disable carol --reason "Left the company"')
    .description('Shuts an operator out within 5 seconds. To come back, a token must be asked for and approved.')
    .argument('<name>', 'the operator', readName)
    .option('--reason <text>', 'for the audit log')
    .action(
      action<GlobalOptions & { reason?: string }>(run, async ({ reason, ...options }, operator = '') => {
        const body = reason === undefined ? {} : { reason }
        const made = await call<Operator>(openAdmin(io, options), 'POST', `${collection}/${operator}/disable`, { body })
        say(io, options.json ? toJson(made) : `${operator} is shut out.`)
      }),
    )

  async function rollToken({ tokenFile, ...options }: WithFile): Promise<void> {
    const connection = openConnection(io, options, 'admin')
    const door = openAdmin(io, options)
    if (connection.isDevelopment)
      throw new CommandFailure('The tokens of the development FinCore stand in its dev.json, and stay.')
    const profile = profileOf(door.token)
    if (tokenFile === undefined && profile === null)
      throw new CommandFailure(
        'This token is of no profile, so the new one needs a place.',
        'Name a --token-file.',
        'usage',
      )
    const { operator } = await call<{ operator: string }>(door, 'GET', '/admin/v1/deployment')
    const { token } = await keepSecret(
      tokenFile,
      async () => {
        const made = makeToken()
        await call(door, 'POST', `${collection}/${operator}/token`, { body: { token_digest: made.digest } })
        return made
      },
      (made) => made.token,
    )
    if (profile !== null)
      changeProfiles(io, ({ profiles }) => {
        const admin = profiles[profile]?.admin
        if (admin !== undefined) admin.token = token
      })
    note(io, `Kept in ${[profile === null ? [] : `the profile ${profile}`, tokenFile ?? []].flat().join(' and in ')}.`)
    say(io, options.json ? toJson({ object: 'operator', name: operator }) : `${operator} has a new token.`)
  }

  /** The profile that has this token. */
  function profileOf(token: string): string | null {
    const found = Object.entries(readProfiles(io).profiles).find(([, { admin }]) => admin?.token === token)
    return found?.[0] ?? null
  }
}

const steps = {
  add: {
    does: 'Asks that an operator may come in; or may have a new token, when the old one is lost.',
    path: '',
    told: (name: string, digest: string) =>
      `Another operator approves it, after comparing the digest with ${name}:\n  fincore operators approve ${name} --token-digest ${digest}`,
  },
  approve: {
    does: 'Lets an operator in whom another has asked for. Compare the digest with the operator whose token it is.',
    path: '/approve',
    told: (name: string) => `${name} is an operator, with this token alone.`,
  },
} as const

/** 256 random bits, and what FinCore is told of them. */
function makeToken(): { token: string; digest: string } {
  const token = `op_${randomBytes(32).toString('base64url')}`
  return { token, digest: createHash('sha256').update(token).digest('hex') }
}

function readName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new InvalidArgumentError('A name has letters, digits, dots, hyphens and underscores.')
}

/** Here, and not while the options are read: what is wrong there is quoted, and this may be a token. */
function refuseToken(text: string): void {
  if (/^[0-9a-f]{64}$/.test(text)) return
  throw new CommandFailure(
    'A digest has 64 hexadecimal digits. It is not the token, which you must not pass on.',
    null,
    'usage',
  )
}
