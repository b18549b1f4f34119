import { isLoopbackHost } from '../../loopback.ts'
import {
  findSettingFaults,
  isFine,
  isHttpsOrigin,
  isOrigin,
  readSetting,
  refuseFaults,
  type Setting,
} from '../account-settings.ts'
import type { Finding, PspAccount, PspIdentity } from '../port.ts'

/** A sandbox account's settings, read into types. Origins are without a slash at their end. */
export type SandboxAccount = {
  apiUrl: string
  pagesUrl: string
  secretKey: string
  publicKey: string
}

const webhookSecret: Setting = {
  field: 'credentials.webhook_secret',
  isRight: (value) => /^[\x21-\x7e]{16,200}$/.test(value) && !/^[ps]k_/.test(value),
  mustBe: 'the webhook secret, 16 characters or more',
}

/** Every setting of an account. */
const settings: readonly Setting[] = [
  {
    field: 'config.api_url',
    isRight: isHttpsOrigin,
    // Cards are sent over nothing else, and the secret key would be readable on the way.
    mustBe: 'an https origin such as https://127.0.0.1:4201, without a path',
  },
  {
    field: 'config.pages_url',
    isRight: isOrigin,
    mustBe: 'an origin such as http://127.0.0.1:4200, without a path',
  },
  {
    field: 'credentials.secret_key',
    isRight: (value) => /^sk_sandbox_[\x21-\x7e]{16,200}$/.test(value),
    mustBe: 'the secret key, which begins with sk_sandbox_',
  },
  {
    field: 'credentials.public_key',
    isRight: (value) => /^pk_sandbox_[\x21-\x7e]{16,200}$/.test(value),
    mustBe: 'the public key, which begins with pk_sandbox_',
  },
  webhookSecret,
]

/** What is wrong with an account's settings. Shape only; nobody is called. */
export function findAccountFaults(account: PspAccount): Finding[] {
  const pages = readSetting(account, 'config.pages_url')
  const open = isOrigin(pages) && pages.startsWith('http://') && !isLoopbackHost(new URL(pages).hostname)
  const plain: Finding[] = open
    ? [
        {
          severity: 'warning',
          field: 'config.pages_url',
          message: 'Shoppers would type their card into a page without TLS. Use https.',
        },
      ]
    : []
  return [...findSettingFaults(account, settings), ...plain]
}

/** The sandbox's keys do not say whose they are; only where they are good. */
export function identifyAccount(account: PspAccount): PspIdentity {
  return {
    mode: { field: 'credentials.secret_key', isLive: false },
    marks: { 'config.api_url': readSetting(account, 'config.api_url') },
  }
}

/** Reads an account that passed preflight. Throws, without quoting a value, when one did not. */
export function readAccount(account: PspAccount): SandboxAccount {
  refuseFaults(account, findAccountFaults(account))
  return {
    apiUrl: readSetting(account, 'config.api_url'),
    pagesUrl: readSetting(account, 'config.pages_url'),
    secretKey: readSetting(account, 'credentials.secret_key'),
    publicKey: readSetting(account, 'credentials.public_key'),
  }
}

/** The key of webhook signatures, or null when the account has none that could be right. */
export function readWebhookSecret(account: PspAccount): string | null {
  return isFine(account, webhookSecret) ? readSetting(account, webhookSecret.field) : null
}
