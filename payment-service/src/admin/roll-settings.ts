import type { Finding, PspAccount, PspIdentity } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { mostSettings } from './psp-settings.ts'

/** Settings by name. The empty text and null take one away. */
export type SettingChanges = {
  config?: Readonly<Record<string, string | number | boolean | null>>
  credentials?: Readonly<Record<string, string | null>>
}

export type RolledSettings = {
  account: PspAccount
  /** The fields that were given a value, and those that were taken away, such as `credentials.webhook_secret`. */
  set: string[]
  removed: string[]
  findings: Finding[]
}

const groups = ['credentials', 'config'] as const

/**
 * The account with the named settings changed, and all others as they were.
 *
 * @returns `parameter_invalid` when it would have more settings than an account may have.
 */
export function rollSettings(account: PspAccount, changes: SettingChanges): RolledSettings | Refusal {
  const changed = groups.flatMap((group) =>
    Object.entries(changes[group] ?? {}).map(([name, value]) => ({
      field: `${group}.${name}`,
      isRemoved: value === null || value === '',
      wasGiven: Object.hasOwn(account[group], name),
    })),
  )
  const rolled: PspAccount = {
    ...account,
    config: merge(account.config, changes.config),
    credentials: merge(account.credentials, changes.credentials),
  }
  const full = groups.find((group) => Object.keys(rolled[group]).length > mostSettings[group])
  if (full !== undefined)
    return refuse('parameter_invalid', { param: full, detail: `An account has at most ${mostSettings[full]} of them.` })
  return {
    account: rolled,
    set: changed.filter(({ isRemoved }) => !isRemoved).map(({ field }) => field),
    removed: changed.filter(({ isRemoved, wasGiven }) => isRemoved && wasGiven).map(({ field }) => field),
    // A name with a slip in it would leave the old secret in force, and nobody would notice.
    findings: changed
      .filter(({ isRemoved, wasGiven }) => isRemoved && !wasGiven)
      .map(({ field }) => ({ severity: 'warning', field, message: 'It was not set, so nothing was taken away.' })),
  }
}

/** Refuses settings that name another account at the PSP, or its other mode, as far as the adapter can tell. */
export function refuseAnotherAccount(before: PspIdentity, after: PspIdentity): Refusal | null {
  const fields = [...new Set([...Object.keys(before.marks), ...Object.keys(after.marks)])]
  const other =
    before.mode.isLive === after.mode.isLive
      ? fields.find((field) => before.marks[field] !== after.marks[field])
      : after.mode.field
  if (other === undefined) return null
  return refuse('parameter_invalid', {
    param: other,
    detail:
      'This would be another account at the PSP, which knows nothing of the payments of this one. Make a new one.',
  })
}

function merge<T>(values: Readonly<Record<string, T>>, changes: Readonly<Record<string, T | null>> = {}) {
  const kept = Object.entries(values).filter(([name]) => !Object.hasOwn(changes, name))
  const given = Object.entries(changes).filter((entry): entry is [string, T] => entry[1] !== null && entry[1] !== '')
  return Object.fromEntries([...kept, ...given])
}
