import type { Command } from 'commander'
import { toJson } from '../../printable.ts'
import { action, type Run, withExamples } from '../action.ts'
import type { GlobalOptions } from '../connection.ts'
import { CommandFailure } from '../failures.ts'
import { changeProfiles, readProfiles, type ShownProfile, showProfile } from '../profiles.ts'
import { note, type Surroundings, say } from '../surroundings.ts'
import { type Column, printTable } from '../table.ts'

const columns: readonly Column<ShownProfile>[] = [
  { name: '', show: ({ in_use }) => (in_use ? '*' : ' ') },
  { name: 'profile', show: ({ name }) => name },
  { name: 'admin API', show: ({ admin_url }) => admin_url },
  { name: 'operator', show: ({ operator }) => operator },
  { name: 'API', show: ({ api_url }) => api_url },
  { name: 'key', show: ({ key_mode }) => key_mode },
]

/** `fincore profile`: the FinCores that are known here. */
export function addProfile(program: Command, run: Run): void {
  const profile = program.command('profile').summary('the FinCores known here').description('The FinCores known here.')
  withExamples(profile.command('list'), 'fincore profile list')
    .description('Lists the profiles, without their secrets.')
    .action(action(run, async (options) => listProfiles(run.io, options)))
  withExamples(profile.command('use'), 'fincore profile use production')
    .description('Takes a profile into use for the commands that name none.')
    .argument('<name>')
    .action(action(run, async (options, name = '') => useProfile(run.io, name, options)))
  withExamples(profile.command('remove'), 'fincore profile remove shop')
    .description('Forgets a profile and its secrets. They stay good: to end a key, revoke it.')
    .argument('<name>')
    .action(action(run, async (options, name = '') => removeProfile(run.io, name, options)))
}

function listProfiles(io: Surroundings, { json }: GlobalOptions): void {
  const { current, profiles } = readProfiles(io)
  const shown = Object.entries(profiles).map(([name, profile]) => showProfile(name, profile, name === current))
  if (json) for (const one of shown) say(io, toJson(one))
  else if (shown.length === 0) note(io, 'There is no profile. `fincore login` makes one.')
  else printTable(io, columns, shown)
}

function useProfile(io: Surroundings, name: string, { json }: GlobalOptions): void {
  changeProfiles(io, (profiles) => {
    refuseUnknown(profiles.profiles, name)
    profiles.current = name
  })
  say(io, json ? toJson({ object: 'profile', name, in_use: true }) : `The profile ${name} is in use.`)
}

function removeProfile(io: Surroundings, name: string, { json }: GlobalOptions): void {
  changeProfiles(io, (profiles) => {
    refuseUnknown(profiles.profiles, name)
    delete profiles.profiles[name]
    if (profiles.current === name) profiles.current = null
  })
  say(io, json ? toJson({ object: 'profile', name, removed: true }) : `The profile ${name} is forgotten.`)
}

function refuseUnknown(profiles: Readonly<Record<string, unknown>>, name: string): void {
  if (!Object.hasOwn(profiles, name))
    throw new CommandFailure(`There is no profile ${name}.`, '`fincore profile list` shows those that there are.')
}
