import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailure } from './failures.ts'
import type { Door } from './http-client.ts'
import { type Profile, readProfiles } from './profiles.ts'
import { note, type Surroundings } from './surroundings.ts'

/** The options that every command has. */
export type GlobalOptions = { profile?: string; as?: string; json?: true }

/** The FinCore that a command is about. */
export type Connection = {
  /** How messages call it. */
  name: string
  admin: Door | null
  api: Door | null
  /** PEM of a further authority to trust. */
  ca: string | null
  isDevelopment: boolean
}

/** What of `.fincore/dev.json` the CLI reads. */
type DevFile = {
  api: string
  admin: string
  secret_key: string
  ca: string
  operators: { name: string; token: string }[]
}

/** The admin API of the FinCore that is meant. Throws where no operator's token is known for one. */
export function openAdmin(io: Surroundings, options: GlobalOptions): Door {
  return doorOf(openConnection(io, options, 'admin'), 'admin')
}

/** The merchants' API of the FinCore that is meant. Throws where no secret key is known for one. */
export function openApi(io: Surroundings, options: GlobalOptions): Door {
  return doorOf(openConnection(io, options, 'api'), 'api')
}

/**
 * Finds the FinCore that is meant: the profile that is named; else, of those that have such a door, the one that the
 * environment describes, the profile in use, and the development FinCore of this folder. All of a connection comes from
 * one place, so that no token goes where it does not belong.
 */
export function openConnection(io: Surroundings, options: GlobalOptions, door: DoorName): Connection {
  const found = findConnection(io, options, door)
  if (options.as === undefined || found.isDevelopment) return found
  throw new CommandFailure(
    '--as names an operator of the development FinCore, and this is another.',
    'Use the profile of that operator: --profile.',
    'usage',
  )
}

function findConnection(io: Surroundings, options: GlobalOptions, door: DoorName): Connection {
  const named = options.profile ?? io.env.FINCORE_PROFILE
  if (named !== undefined) return fromProfile(io, named)
  const described = fromEnvironment(io)
  if (described !== null && described[door] !== null) return described
  const { current } = readProfiles(io)
  const inUse = current === null ? null : fromProfile(io, current)
  if (inUse !== null && inUse[door] !== null) return inUse
  const lacking = inUse ?? described
  const development = fromDevFile(io, options.as, door)
  if (development !== null) return development
  if (lacking !== null) return lacking
  throw new CommandFailure(
    'No FinCore is known here: there is no profile, and no development system in this folder.',
    `\`${doors[door].login}\` makes a profile.`,
  )
}

type DoorName = 'admin' | 'api'
const doors = {
  admin: { secret: 'operator’s token', login: 'fincore login --admin-url https://…' },
  api: { secret: 'merchant’s secret key', login: 'fincore login --api-url https://…' },
} as const

function doorOf(connection: Connection, name: DoorName): Door {
  const door = connection[name]
  if (door !== null) return door
  const { secret, login } = doors[name]
  throw new CommandFailure(`${connection.name} has no ${secret}.`, `\`${login}\` adds one.`)
}

function fromProfile(io: Surroundings, name: string): Connection {
  const profile = readProfiles(io).profiles[name]
  if (profile === undefined)
    throw new CommandFailure(`There is no profile ${name}.`, '`fincore profile list` shows those that there are.')
  return connectionOf(`The profile ${name}`, profile)
}

function connectionOf(name: string, { admin, api, ca_file }: Profile): Connection {
  const ca = ca_file === undefined ? null : readCa(ca_file)
  return {
    name,
    admin: admin === undefined ? null : { name: 'the admin API', url: admin.url, token: admin.token, ca },
    api: api === undefined ? null : { name: 'the API', url: api.url, token: api.secret_key, ca },
    ca,
    isDevelopment: false,
  }
}

/** The settings of the environment that describe a FinCore. docs/cli.md is made from this table. */
export const environmentSettings = {
  FINCORE_PROFILE: 'the profile to use, as `--profile`',
  FINCORE_ADMIN_URL: 'the admin API; with `FINCORE_OPERATOR_TOKEN`',
  FINCORE_OPERATOR_TOKEN: 'an operator’s token; `login` takes it from here too',
  FINCORE_API_URL: 'the API; with `FINCORE_SECRET_KEY`',
  FINCORE_SECRET_KEY: 'a merchant’s secret key; `login` takes it from here too',
  FINCORE_CA_FILE: 'a PEM file with a further authority to trust',
  FINCORE_DATA_DIR: 'where `npm start` keeps the development system; `.fincore` without it',
} as const

function fromEnvironment({ env }: Surroundings): Connection | null {
  const pair = (urlName: keyof typeof environmentSettings, secretName: keyof typeof environmentSettings) => {
    const [url, secret] = [env[urlName], env[secretName]]
    if (!url) return null
    if (!secret)
      throw new CommandFailure(`${urlName} is set, and ${secretName} is not.`, 'Set both, or neither to use a profile.')
    return { url: readAddress(url), secret }
  }
  const admin = pair('FINCORE_ADMIN_URL', 'FINCORE_OPERATOR_TOKEN')
  const api = pair('FINCORE_API_URL', 'FINCORE_SECRET_KEY')
  if (admin === null && api === null) return null
  return connectionOf('The environment', {
    ...(admin === null ? {} : { admin: { url: admin.url, token: admin.secret, operator: '' } }),
    ...(api === null ? {} : { api: { url: api.url, secret_key: api.secret } }),
    ...(env.FINCORE_CA_FILE ? { ca_file: env.FINCORE_CA_FILE } : {}),
  })
}

function fromDevFile(io: Surroundings, as: string | undefined, door: DoorName): Connection | null {
  const dataDir = io.env.FINCORE_DATA_DIR || join(io.cwd, '.fincore')
  let dev: DevFile
  try {
    dev = JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8'))
  } catch {
    return null
  }
  const operator = as === undefined ? dev.operators[0] : dev.operators.find(({ name }) => name === as)
  if (operator === undefined)
    throw new CommandFailure(
      `The development FinCore has no operator ${as}.`,
      `It has ${dev.operators.map(({ name }) => name).join(' and ')}.`,
    )
  const who = door === 'admin' ? operator.name : 'its merchant'
  note(io, `Using the development FinCore at ${dev[door]}, as ${who}.`)
  const connection = connectionOf('The development FinCore', {
    admin: { url: dev.admin, token: operator.token, operator: operator.name },
    api: { url: dev.api, secret_key: dev.secret_key },
    ca_file: dev.ca,
  })
  return { ...connection, isDevelopment: true }
}

/** An address without a path and without a slash at its end; throws when it is none. */
export function readAddress(text: string): string {
  const url = URL.parse(text)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === ''
  if (!isOrigin || url.username !== '' || url.password !== '')
    throw new CommandFailure('An address is written as https://admin.pay.example.com, without a path.', null, 'usage')
  return url.origin
}

export function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    throw new CommandFailure(`The file of the authority, ${path}, cannot be read (${code}).`)
  }
}
