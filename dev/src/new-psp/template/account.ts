import {
  findSettingFaults,
  isHttpsOrigin,
  readSetting,
  refuseFaults,
  type Setting,
} from '@fincore/payment-service/psp-gateway/account-settings'
import type { Finding, PspAccount, PspIdentity } from '@fincore/payment-service/psp-gateway/port'

/** A newpsp account's settings, read into types. */
export type NewpspAccount = { apiUrl: string; apiKey: string; webhookSecret: string }

/**
 * Every setting of an account: what an operator types in. Name them as the PSP does, and check the form as narrowly as
 * its documents allow.
 */
const settings: readonly Setting[] = [
  {
    field: 'config.api_url',
    isRight: isHttpsOrigin,
    mustBe: 'an https origin such as https://api.newpsp.example, without a path',
  },
  {
    field: 'credentials.api_key',
    isRight: (value) => /^key_[\x21-\x7e]{8,200}$/.test(value),
    mustBe: 'the API key, which begins with key_',
  },
  {
    field: 'credentials.webhook_secret',
    isRight: (value) => /^whsec_[\x21-\x7e]{8,200}$/.test(value),
    mustBe: 'the webhook secret, which begins with whsec_',
  },
]

/** What is wrong with an account's settings. Shape only; nobody is called. */
export function findAccountFaults(account: PspAccount): Finding[] {
  return findSettingFaults(account, settings)
}

/**
 * What an operator who changes the credentials may not change: whatever says which account at newpsp it is, and whether
 * it moves money. Complete it: where newpsp has test and live accounts, `mode` is read from the setting that says which.
 */
export function identifyAccount(account: PspAccount): PspIdentity {
  return {
    mode: { field: 'credentials.api_key', isLive: false },
    marks: { 'config.api_url': readSetting(account, 'config.api_url') },
  }
}

/** Reads an account that passed preflight. Throws, without quoting a value, when one did not. */
export function readAccount(account: PspAccount): NewpspAccount {
  refuseFaults(account, findAccountFaults(account))
  return {
    apiUrl: readSetting(account, 'config.api_url'),
    apiKey: readSetting(account, 'credentials.api_key'),
    webhookSecret: readSetting(account, 'credentials.webhook_secret'),
  }
}
