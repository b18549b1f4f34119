import {
  findSettingFaults,
  isHttpsOrigin,
  isOrigin,
  readSetting,
  refuseFaults,
  type Setting,
} from '../account-settings.ts'
import type { Finding, PspAccount, PspIdentity } from '../port.ts'

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

/** Every setting of an account. */
const settings: readonly Setting[] = [
  {
    field: 'config.api_url',
    // A live key is shown to Stripe alone, and so is a card that comes with it.
    isRight: (value, account) => isHttpsOrigin(value) && !isLive(account),
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
  const found = findSettingFaults(account, settings)
  const areWrong = found.some(({ severity }) => severity === 'error')
  if (areWrong || modeOf(account, 'secret_key') === modeOf(account, 'publishable_key')) return found
  const message = 'It must be of the same mode as the secret key: both of test mode, or both of live mode.'
  return [{ severity: 'error', field: 'credentials.publishable_key', message }, ...found]
}

/** Reads an account that passed preflight. Throws, without quoting a value, when one did not. */
export function readAccount(account: PspAccount): StripeAccount {
  refuseFaults(account, findAccountFaults(account))
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

/**
 * Stripe documents nothing in a key that says whose it is, so of another account's key in the same mode nothing can be
 * told here.
 */
export function identifyAccount(account: PspAccount): PspIdentity {
  return {
    mode: { field: 'credentials.secret_key', isLive: isLive(account) },
    marks: { 'config.api_url': readSetting(account, 'config.api_url') },
  }
}

/** Whether the account's keys are of live mode. */
export function isLive(account: PspAccount): boolean {
  return modeOf(account, 'secret_key') === 'live'
}

function modeOf(account: PspAccount, key: 'secret_key' | 'publishable_key'): string | undefined {
  return readSetting(account, `credentials.${key}`).split('_')[1]
}

function isWebhookSecret(value: string): boolean {
  return /^whsec_[\w+/=-]{16,200}$/.test(value)
}
