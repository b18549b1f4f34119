import type { Finding, PspAccount } from './port.ts'

/** A setting of a PSP account, what it must look like, and how that is said. */
export type Setting = {
  /** `config.…` or `credentials.…`. */
  field: string
  isOptional?: true
  isRight(value: string, account: PspAccount): boolean
  mustBe: string
}

/**
 * What is wrong with an account, by its PSP's table of settings, and what the table does not have. Messages never quote a
 * value: a key that was put into the wrong field is still a key.
 */
export function findSettingFaults(account: PspAccount, settings: readonly Setting[]): Finding[] {
  const faults = settings
    .filter((setting) => !isFine(account, setting))
    .map(({ field, mustBe }): Finding => ({ severity: 'error', field, message: `It must be ${mustBe}.` }))
  const given = [
    ...Object.keys(account.config).map((name) => `config.${name}`),
    ...Object.keys(account.credentials).map((name) => `credentials.${name}`),
  ]
  const unused = given
    .filter((field) => !settings.some((setting) => setting.field === field))
    .map((field): Finding => ({ severity: 'warning', field, message: 'There is no such setting; it is unused.' }))
  return [...faults, ...unused]
}

/** Throws, without quoting a value, when an account has a fault that keeps it from being read. */
export function refuseFaults(account: PspAccount, findings: readonly Finding[]): void {
  const fault = findings.find(({ severity }) => severity === 'error')
  if (fault === undefined) return
  throw new Error(`The ${account.psp} account ${account.id} is not set up: ${fault.field}. ${fault.message}`)
}

export function isFine(account: PspAccount, { field, isOptional, isRight }: Setting): boolean {
  if (isOptional && !isGiven(account, field)) return true
  return isRight(readSetting(account, field), account)
}

export function isGiven(account: PspAccount, field: string): boolean {
  return findSetting(account, field) !== undefined
}

/** The text of a setting, such as `config.api_url`; empty when it is not given, or is no text. */
export function readSetting(account: PspAccount, field: string): string {
  const value = findSetting(account, field)
  return typeof value === 'string' ? value : ''
}

/** Scheme, host and port of an address of the web, and nothing behind them. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text
}

export function isHttpsOrigin(text: string): boolean {
  return isOrigin(text) && text.startsWith('https:')
}

function findSetting(account: PspAccount, field: string): unknown {
  const [group, name = ''] = field.split('.')
  const values: Readonly<Record<string, unknown>> = group === 'config' ? account.config : account.credentials
  return Object.hasOwn(values, name) ? values[name] : undefined
}
