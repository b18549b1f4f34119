import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CommandFailure } from './failures.ts'
import type { Surroundings } from './surroundings.ts'

/** How to reach one FinCore, as an operator, as a merchant, or as both. Holds secrets: never printed whole. */
export type Profile = {
  admin?: { url: string; token: string; operator: string }
  api?: { url: string; secret_key: string }
  /** A PEM file with a further authority to trust. */
  ca_file?: string
}
export type Profiles = {
  /** The one that is used when none is named. */
  current: string | null
  profiles: Record<string, Profile>
  /** What `webhooks listen` signs with, by the API's address: good on this machine alone. */
  listen_secrets: Record<string, string>
}

const empty: Profiles = { current: null, profiles: {}, listen_secrets: {} }
/** Of the owner, and nobody else. */
const modes = { folder: 0o700, file: 0o600 } as const

export function profilesPath({ env }: Pick<Surroundings, 'env'>): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'fincore', 'profiles.json')
}

/** Throws when others may read the file, because then its tokens are no secrets any more. */
export function readProfiles(io: Pick<Surroundings, 'env'>): Profiles {
  const path = profilesPath(io)
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw new CommandFailure(
        `${path} can be read by others on this machine, and holds tokens.`,
        `\`chmod 600 ${path}\`; if somebody may have read it, have new tokens made.`,
      )
    return { ...empty, ...JSON.parse(readFileSync(path, 'utf8')) }
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return structuredClone(empty)
    // The text is not quoted: it holds tokens.
    throw new CommandFailure(`${path} cannot be read as profiles.`, 'Mend it, or move it away and log in again.')
  }
}

/** Written aside and renamed, so that a reader never sees half a file. */
export function writeProfiles(io: Pick<Surroundings, 'env'>, profiles: Profiles): void {
  const path = profilesPath(io)
  const folder = join(path, '..')
  const aside = `${path}.${process.pid}.new`
  try {
    mkdirSync(folder, { recursive: true, mode: modes.folder })
    // One that was there before may be open to others.
    chmodSync(folder, modes.folder)
    writeFileSync(aside, `${JSON.stringify(profiles, null, 2)}\n`, { mode: modes.file })
    renameSync(aside, path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    throw new CommandFailure(`${path} cannot be written (${code}).`, 'XDG_CONFIG_HOME names another folder.')
  }
}

/** Changes the profiles by a function of what they are. */
export function changeProfiles(io: Pick<Surroundings, 'env'>, change: (profiles: Profiles) => void): void {
  const profiles = readProfiles(io)
  change(profiles)
  writeProfiles(io, profiles)
}

/** A profile as it is shown: without its secrets. */
export type ShownProfile = {
  object: 'profile'
  name: string
  in_use: boolean
  admin_url: string | null
  operator: string | null
  api_url: string | null
  key_mode: 'test' | 'live' | null
}

/** Only what is certainly a test key counts as one. */
export function modeOf(secretKey: string): 'test' | 'live' {
  return secretKey.startsWith('sk_test_') ? 'test' : 'live'
}

export function showProfile(name: string, { admin, api }: Profile, isInUse: boolean): ShownProfile {
  return {
    object: 'profile',
    name,
    in_use: isInUse,
    admin_url: admin?.url ?? null,
    operator: admin?.operator ?? null,
    api_url: api?.url ?? null,
    key_mode: api === undefined ? null : modeOf(api.secret_key),
  }
}
