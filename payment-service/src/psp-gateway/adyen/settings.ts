import {
  findSettingFaults,
  isFine,
  isGiven,
  isHttpsOrigin,
  isOrigin,
  readSetting,
  type Setting,
} from '../account-settings.ts'
import type { Finding, PspAccount, PspIdentity } from '../port.ts'
import { adyenWebEnvironments, adyenWebIntegrityPattern, adyenWebVersionPattern } from './adyen-web.ts'

const isHmacKey = (value: string) => /^[0-9A-Fa-f]{64}$/.test(value)
export const isLive = (account: PspAccount) => readSetting(account, 'config.environment') === 'live'

/** Every setting of an account. */
const settings: readonly Setting[] = [
  {
    field: 'config.merchant_account',
    isRight: (value) => /^[A-Za-z0-9_.-]{1,80}$/.test(value),
    mustBe: 'the merchant account’s code, as the Customer Area shows it',
  },
  {
    field: 'config.environment',
    isRight: (value) => value === 'test' || value === 'live',
    mustBe: 'test or live',
  },
  {
    field: 'config.client_key',
    isRight: (value, account) =>
      /^(test|live)_[A-Za-z0-9]{16,128}$/.test(value) &&
      value.startsWith(`${readSetting(account, 'config.environment')}_`),
    mustBe: 'the client key of the same environment, which begins with test_ or live_',
  },
  {
    field: 'config.live_url_prefix',
    isOptional: true,
    isRight: (value, account) => isLive(account) && /^[A-Za-z0-9]{1,60}(-[A-Za-z0-9]{1,60})+$/.test(value),
    mustBe: 'the prefix of the live endpoints, such as 1797a841fbb37ca7-AcmeBooks, and given for a live account alone',
  },
  {
    field: 'config.api_url',
    isOptional: true,
    isRight: (value, account) => !isLive(account) && isHttpsOrigin(value),
    // Cards are sent over nothing else, and a live account's requests go to Adyen alone.
    mustBe: 'an https origin without a path, and given for a stand-in of a test account alone',
  },
  {
    field: 'config.pages_url',
    isOptional: true,
    isRight: (value, account) => isGiven(account, 'config.api_url') && isOrigin(value),
    mustBe: 'the origin of the pages of a stand-in, and given with api_url alone',
  },
  {
    field: 'config.adyen_web_version',
    isOptional: true,
    isRight: (value) => adyenWebVersionPattern.test(value),
    mustBe: 'a release of Adyen Web 6, such as 6.45.2',
  },
  {
    field: 'config.adyen_web_integrity',
    isOptional: true,
    isRight: (value) => adyenWebIntegrityPattern.test(value),
    mustBe: 'the hash of adyen.js of that release, sha384-…, as Adyen’s release notes publish it',
  },
  {
    field: 'config.adyen_web_environment',
    isOptional: true,
    isRight: (value, account) =>
      adyenWebEnvironments.some((one) => one === value) &&
      value.split('-')[0] === readSetting(account, 'config.environment'),
    mustBe: `one of ${adyenWebEnvironments.join(', ')}, of the account’s environment`,
  },
  {
    field: 'credentials.api_key',
    isRight: (value) => /^[\x21-\x7e]{20,500}$/.test(value) && !isHmacKey(value) && !/^(test|live)_/.test(value),
    mustBe: 'the API key of the web service user',
  },
  {
    field: 'credentials.hmac_key',
    isRight: isHmacKey,
    mustBe: 'the HMAC key of the webhook, 64 hexadecimal digits',
  },
  {
    field: 'credentials.previous_hmac_key',
    isOptional: true,
    isRight: isHmacKey,
    mustBe: 'the HMAC key before, 64 hexadecimal digits, for as long as the key is being changed',
  },
  {
    field: 'credentials.webhook_user',
    // In basic authentication a colon ends the user's name.
    isRight: (value) => /^[\x21-\x39\x3b-\x7e]{1,100}$/.test(value),
    mustBe: 'the user name of the webhook’s basic authentication, without a colon',
  },
  {
    field: 'credentials.webhook_password',
    isRight: (value) => /^[\x21-\x7e]{12,200}$/.test(value),
    mustBe: 'the password of the webhook’s basic authentication, 12 characters or more',
  },
]

/** Settings that are needed when another is given. */
const neededWith: readonly [given: string, needed: string, why: string][] = [
  ['config.adyen_web_version', 'config.adyen_web_integrity', 'A release of Adyen Web is taken with its hash alone.'],
  ['config.adyen_web_integrity', 'config.adyen_web_version', 'It is not said of which release of Adyen Web it is.'],
]

/** What is wrong with an account's settings. Shape only; nobody is called. */
export function findAccountFaults(account: PspAccount): Finding[] {
  const lacksPrefix = isLive(account) && !isGiven(account, 'config.live_url_prefix')
  const missing: Finding[] = lacksPrefix
    ? [{ severity: 'error', field: 'config.live_url_prefix', message: 'A live account has endpoints of its own.' }]
    : []
  for (const [given, needed, message] of neededWith)
    if (isGiven(account, given) && !isGiven(account, needed))
      missing.push({ severity: 'error', field: needed, message })
  return [...findSettingFaults(account, settings), ...missing]
}

/**
 * The prefix is among it because an idempotency key is not known at another regional endpoint (“API idempotency”, key
 * scope): a capture or refund in doubt that is sent again there would be done twice. Of the API key nothing is: an
 * idempotency key belongs to the company account, whichever of its credentials sends it.
 */
export function identifyAccount(account: PspAccount): PspIdentity {
  const fields = ['config.merchant_account', 'config.live_url_prefix', 'config.api_url']
  return {
    mode: { field: 'config.environment', isLive: isLive(account) },
    marks: Object.fromEntries(fields.map((field) => [field, readSetting(account, field)])),
  }
}

/** Whether these settings have the form that they must have; for who needs some of them and not all. */
export function areFine(account: PspAccount, fields: readonly string[]): boolean {
  return settings.every((setting) => !fields.includes(setting.field) || isFine(account, setting))
}
