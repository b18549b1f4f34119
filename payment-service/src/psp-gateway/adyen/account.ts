import { isGiven, readSetting, refuseFaults } from '../account-settings.ts'
import type { PspAccount } from '../port.ts'
import { type AdyenWebEnvironment, adyenWebEnvironments } from './adyen-web.ts'
import { areFine, findAccountFaults, isLive } from './settings.ts'

/** An Adyen account's settings, read into types. */
export type AdyenAccount = {
  /** Where the Checkout API is, with its version and without a slash at the end. */
  checkoutUrl: string
  environment: 'test' | 'live'
  merchantAccount: string
  apiKey: string
  clientKey: string
  /** What draws its card fields; null for an account that shows none. */
  adyenWeb:
    | { environment: AdyenWebEnvironment; script: { version: string; integrity: string } }
    | { pagesUrl: string }
    | null
}

/** What a webhook is checked with. */
export type WebhookKeys = {
  merchantAccount: string
  isLive: boolean
  /** 32 bytes each: the key, and while it is being changed the one before. */
  hmacKeys: Buffer[]
  user: string
  password: string
}

/** The version of the Checkout API that the requests and replies here are written for; that of the SDK's types. */
const checkoutVersion = 'v72'

/** Reads an account that passed preflight. Throws, without quoting a value, when one did not. */
export function readAccount(account: PspAccount): AdyenAccount {
  refuseFaults(account, findAccountFaults(account))
  return {
    checkoutUrl: checkoutUrlOf(account),
    environment: isLive(account) ? 'live' : 'test',
    merchantAccount: readSetting(account, 'config.merchant_account'),
    apiKey: readSetting(account, 'credentials.api_key'),
    clientKey: readSetting(account, 'config.client_key'),
    adyenWeb: readAdyenWeb(account),
  }
}

function readAdyenWeb(account: PspAccount): AdyenAccount['adyenWeb'] {
  const pagesUrl = readSetting(account, 'config.pages_url')
  if (pagesUrl !== '') return { pagesUrl }
  const version = readSetting(account, 'config.adyen_web_version')
  const integrity = readSetting(account, 'config.adyen_web_integrity')
  const named = readSetting(account, 'config.adyen_web_environment') || readSetting(account, 'config.environment')
  const environment = adyenWebEnvironments.find((one) => one === named)
  return version === '' || environment === undefined ? null : { environment, script: { version, integrity } }
}

/** What webhooks are checked with, or null when the account has not all of it: then none can be believed. */
export function readWebhookKeys(account: PspAccount): WebhookKeys | null {
  const needed = [
    'config.merchant_account',
    'config.environment',
    'credentials.hmac_key',
    'credentials.previous_hmac_key',
    'credentials.webhook_user',
    'credentials.webhook_password',
  ]
  if (!areFine(account, needed)) return null
  const keys = ['credentials.hmac_key', 'credentials.previous_hmac_key'].filter((field) => isGiven(account, field))
  return {
    merchantAccount: readSetting(account, 'config.merchant_account'),
    isLive: isLive(account),
    hmacKeys: keys.map((field) => Buffer.from(readSetting(account, field), 'hex')),
    user: readSetting(account, 'credentials.webhook_user'),
    password: readSetting(account, 'credentials.webhook_password'),
  }
}

/** Adyen, “Live endpoints”; the same addresses as its SDK makes. */
function checkoutUrlOf(account: PspAccount): string {
  if (!isLive(account))
    return `${readSetting(account, 'config.api_url') || 'https://checkout-test.adyen.com'}/${checkoutVersion}`
  const prefix = readSetting(account, 'config.live_url_prefix')
  return `https://${prefix}-checkout-live.adyenpayments.com/checkout/${checkoutVersion}`
}
