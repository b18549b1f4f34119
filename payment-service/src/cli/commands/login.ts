import type { Command } from 'commander'
import { toJson } from '../../printable.ts'
import { action, type Run, withExamples } from '../action.ts'
import { askSecret, readLines } from '../ask-secret.ts'
import { type GlobalOptions, readAddress, readCa } from '../connection.ts'
import { CommandFailure, ProblemFailure } from '../failures.ts'
import { call, type Door, refusePlainHttp } from '../http-client.ts'
import { changeProfiles, modeOf, type Profile, profilesPath, readProfiles, showProfile } from '../profiles.ts'
import { note, type Surroundings, say } from '../surroundings.ts'

type LoginOptions = GlobalOptions & { adminUrl?: string; apiUrl?: string; caFile?: string; tokenStdin?: true }
type Deployment = { environment: string; operator: string; api_url: string }

/** `fincore login`: makes a profile, or adds to one. What it is given is tried before it is kept. */
export function addLogin(program: Command, run: Run): void {
  const command = program
    .command('login')
    .summary('make a profile')
    .description(
      'Makes a profile, or adds to one: an operator’s token for the admin API, a merchant’s secret key for the API, or both. The secrets are asked on the terminal and not shown. They are kept in profiles.json, which you alone may read.',
    )
    .option('--admin-url <url>', 'the admin API: asks for an operator’s token')
    .option('--api-url <url>', 'the API: asks for a merchant’s secret key')
    .option('--ca-file <path>', 'PEM of a further authority to trust, where the certificate is of your own')
    .option('--token-stdin', 'read the secrets from standard input, a line each: the token first, then the key')
    .action(action<LoginOptions>(run, (options) => login(run.io, options)))
  withExamples(
    command,
    'fincore login --profile production --admin-url https://admin.pay.example.com',
    'fincore login --profile shop --api-url https://pay.example.com --token-stdin < key.txt',
  )
}

async function login(io: Surroundings, options: LoginOptions): Promise<void> {
  const { adminUrl, apiUrl, caFile, profile: name = 'default' } = options
  if (adminUrl === undefined && apiUrl === undefined)
    throw new CommandFailure(
      'Say where to log in: --admin-url for an operator, --api-url for a merchant.',
      null,
      'usage',
    )
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new CommandFailure('The name of a profile has letters, digits, dots and hyphens.', null, 'usage')
  const before = readProfiles(io).profiles[name] ?? {}
  const keptCa = caFile ?? before.ca_file
  const ca = keptCa === undefined ? null : readCa(keptCa)
  const doorAt = (door: Door['name'], url: string, token: string): Door => {
    const opened = { name: door, url: readAddress(url), token, ca }
    refusePlainHttp(opened)
    return opened
  }
  // A wrong address is found before a secret is asked for.
  for (const url of [adminUrl, apiUrl]) if (url !== undefined) doorAt('the admin API', url, '')
  const secrets = await readSecrets(io, options)
  const told: string[] = []
  const profile: Profile = { ...before, ...(keptCa === undefined ? {} : { ca_file: keptCa }) }
  if (adminUrl !== undefined) {
    const door = doorAt('the admin API', adminUrl, secrets.token)
    const { operator, environment } = await knock<Deployment>(door, '/admin/v1/deployment')
    profile.admin = { url: door.url, token: secrets.token, operator }
    told.push(`${door.url}: you are ${operator}, an operator of its ${environment}.`)
  }
  if (apiUrl !== undefined) {
    const door = doorAt('the API', apiUrl, secrets.key)
    await knock(door, '/v1/events?limit=1')
    profile.api = { url: door.url, secret_key: secrets.key }
    told.push(`${door.url}: the key is good, and is one of ${modeOf(secrets.key)} mode.`)
  }
  changeProfiles(io, (profiles) => {
    profiles.profiles[name] = profile
    profiles.current = name
  })
  told.push(`Kept as the profile ${name} in ${profilesPath(io)}, and in use now.`)
  say(io, options.json ? toJson(showProfile(name, profile, true)) : told.join('\n'))
}

/** Tries a door. The API and the admin API have an address each, which are easily mistaken for one another. */
async function knock<Answer>(door: Door, path: string): Promise<Answer> {
  try {
    return await call<Answer>(door, 'GET', path)
  } catch (error) {
    if (!(error instanceof ProblemFailure) || error.problem.code !== 'route_not_found') throw error
    throw new CommandFailure(
      `FinCore answers at ${door.url}, but not with ${door.name}.`,
      '--admin-url is the address of the admin API, --api-url that of the API; each has its own.',
    )
  }
}

async function readSecrets(io: Surroundings, { adminUrl, apiUrl, tokenStdin }: LoginOptions) {
  const wanted = [
    ...(adminUrl === undefined
      ? []
      : [{ name: 'token', setting: 'FINCORE_OPERATOR_TOKEN', words: 'Operator’s token' }]),
    ...(apiUrl === undefined ? [] : [{ name: 'key', setting: 'FINCORE_SECRET_KEY', words: 'Secret key' }]),
  ]
  const lines = tokenStdin ? await readLines(io, wanted.length) : []
  const secrets = { token: '', key: '' }
  for (const [index, { name, setting, words }] of wanted.entries()) {
    const instead = `Give it with --token-stdin, or in ${setting}.`
    const given = tokenStdin ? lines[index] : io.env[setting] || undefined
    if (given !== undefined && !tokenStdin) note(io, `Taking the ${words.toLowerCase()} from ${setting}.`)
    const secret = given ?? (tokenStdin ? '' : await askSecret(io, words, instead))
    if (secret === '') throw new CommandFailure(`There was no ${words.toLowerCase()}.`, instead, 'usage')
    secrets[name === 'token' ? 'token' : 'key'] = secret
  }
  return secrets
}
