import type { Finding, PspAccount } from '../port.ts'

/** A Stripe account's settings, read into types. Origins are without a slash at their end. */
export type StripeAccount = {
  apiUrl: string
  /** Where a stand-in has its pages and its script; null for Stripe itself. */
  pagesUrl: string | null
  secretKey: string
  publishableKey: string
  /** Whether its keys move money. */
  isLive: boolean
}

/** Where Stripe is, when the account does not say otherwise; only a stand-in is elsewhere. */
const apiUrl = 'https://api.stripe.com'

type Setting = {
  field: string
  isRight(value: string, account: PspAccount): boolean
  mustBe: string
  isOptional?: true
}

/** Every setting of an account. Messages never quote a value: a key that was put into the wrong field is still a key. */
const settings: readonly Setting[] = [
  {
    field: 'config.api_url',
    // A live key is shown to Stripe alone, and so is a card that comes with it.
    isRight: (value, account) => isOrigin(value) && value.startsWith('https://') && !isLive(account),
    mustBe: 'an https origin without a path, for a stand-in with test keys; leave it out for Stripe itself',
    isOptional: true,
  },
  {
    field: 'config.pages_url',
    isRight: (value, account) => isOrigin(value) && !isLive(account),
    mustBe: 'an origin without a path, for a stand-in with test keys; leave it out for Stripe itself',
    isOptional: true,
  },
  {
    field: 'credentials.secret_key',
    // A restricted key has only the rights that an operator gave it; see docs/psps/stripe.md for those that it needs.
    isRight: (value) => /^[sr]k_(test|live)_\w{10,250}$/.test(value),
    mustBe: 'a secret or restricted key, which begins with sk_test_, sk_live_, rk_test_ or rk_live_',
  },
  {
    field: 'credentials.publishable_key',
    isRight: (value) => /^pk_(test|live)_\w{10,250}$/.test(value),
    mustBe: 'the publishable key, which begins with pk_test_ or pk_live_',
  },
  {
    field: 'credentials.webhook_secret',
    isRight: isWebhookSecret,
    mustBe: 'the signing secret of the webhook endpoint, which begins with whsec_',
  },
  {
    field: 'credentials.previous_webhook_secret',
    isRight: isWebhookSecret,
    mustBe: 'the signing secret before the last roll, which begins with whsec_; leave it out when there is none',
    isOptional: true,
  },
]

/** What is wrong with an account's settings. Shape only; nobody is called. */
export function findAccountFaults(account: PspAccount): Finding[] {
  const faults = settings
    .filter(({ field, isOptional, isRight }) =>
      isOptional && !isGiven(account, field) ? false : !isRight(readSetting(account, field), account),
    )
    .map(({ field, mustBe }): Finding => ({ severity: 'error', field, message: `It must be ${mustBe}.` }))
  const given = [
    ...Object.keys(account.config).map((name) => `config.${name}`),
    ...Object.keys(account.credentials).map((name) => `credentials.${name}`),
  ]
  const unused = given
    .filter((field) => !settings.some((setting) => setting.field === field))
    .map((field): Finding => ({ severity: 'warning', field, message: 'Stripe has no such setting; it is unused.' }))
  if (faults.length > 0 || modeOf(account, 'secret_key') === modeOf(account, 'publishable_key'))
    return [...faults, ...unused]
  const message = 'It must be of the same mode as the secret key: both of test mode, or both of live mode.'
  return [{ severity: 'error', field: 'credentials.publishable_key', message }, ...unused]
}

/** Reads an account that passed preflight. Throws, without quoting a value, when one did not. */
export function readAccount(account: PspAccount): StripeAccount {
  const fault = findAccountFaults(account).find(({ severity }) => severity === 'error')
  if (fault) throw new Error(`The Stripe account ${account.id} is not set up: ${fault.field}. ${fault.message}`)
  return {
    apiUrl: readSetting(account, 'config.api_url') || apiUrl,
    pagesUrl: readSetting(account, 'config.pages_url') || null,
    secretKey: readSetting(account, 'credentials.secret_key'),
    publishableKey: readSetting(account, 'credentials.publishable_key'),
    isLive: isLive(account),
  }
}

/** The keys of webhook signatures: one, or two while Stripe's is being rolled; none when none could be right. */
export function readWebhookSecrets(account: PspAccount): string[] {
  return ['credentials.webhook_secret', 'credentials.previous_webhook_secret']
    .map((field) => readSetting(account, field))
    .filter(isWebhookSecret)
}

/** Whether the account's keys are of live mode. */
export function isLive(account: PspAccount): boolean {
  return modeOf(account, 'secret_key') === 'live'
}

/** Whether the account moves no money. Without a key that is known to be live, it does not. */
export function isTestAccount(account: PspAccount): boolean {
  return !isLive(account) || isGiven(account, 'config.api_url') || isGiven(account, 'config.pages_url')
}

function modeOf(account: PspAccount, key: 'secret_key' | 'publishable_key'): string | undefined {
  return readSetting(account, `credentials.${key}`).split('_')[1]
}

function isWebhookSecret(value: string): boolean {
  return /^whsec_[\w+/=-]{16,200}$/.test(value)
}

function isGiven(account: PspAccount, field: string): boolean {
  const [group, name = ''] = field.split('.')
  return Object.hasOwn(group === 'config' ? account.config : account.credentials, name)
}

function readSetting(account: PspAccount, field: string): string {
  const [group, name = ''] = field.split('.')
  const values: Readonly<Record<string, unknown>> = group === 'config' ? account.config : account.credentials
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  return typeof value === 'string' ? value : ''
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text
}
