import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PspAccount } from '../port.ts'
import { readAccount } from './account.ts'
import { clientTokens } from './client-tokens.ts'
import { findAccountFaults } from './settings.ts'
import { testAccount } from './testing/literals.ts'

const withSettings = (config: object, credentials: object = {}): PspAccount => ({
  ...testAccount,
  config: { ...testAccount.config, ...config },
  credentials: { ...testAccount.credentials, ...credentials },
})
const live = {
  environment: 'live',
  client_key: 'live_L6HTEOAXQBCZJHKNU4NLN6EI7IE6VRRW',
  live_url_prefix: '1797a841fbb37ca7-AcmeBooks',
}

const hash = `sha384-${'A'.repeat(64)}`

describe('an Adyen account', () => {
  const addresses: [string, object, string][] = [
    ['of the test environment', {}, 'https://checkout-test.adyen.com/v72'],
    ['of the live one', live, 'https://1797a841fbb37ca7-AcmeBooks-checkout-live.adyenpayments.com/checkout/v72'],
    ['at a stand-in', { api_url: 'https://127.0.0.1:4301' }, 'https://127.0.0.1:4301/v72'],
  ]
  for (const [what, config, url] of addresses) {
    it(`${what} is asked at ${url}`, () => {
      const account = withSettings(config)
      assert.deepEqual(findAccountFaults(account), [])
      assert.equal(readAccount(account).checkoutUrl, url)
    })
  }

  const faults: [string, object, object, string][] = [
    ['a live one without its prefix', { ...live, live_url_prefix: undefined }, {}, 'config.live_url_prefix'],
    ['a prefix that leads elsewhere', { ...live, live_url_prefix: 'evil.example/x-' }, {}, 'config.live_url_prefix'],
    ['a test one with a prefix', { live_url_prefix: live.live_url_prefix }, {}, 'config.live_url_prefix'],
    ['a live one at a stand-in', { ...live, api_url: 'https://127.0.0.1:4301' }, {}, 'config.api_url'],
    ['a stand-in without TLS', { api_url: 'http://127.0.0.1:4301' }, {}, 'config.api_url'],
    ['a stand-in with a path', { api_url: 'https://127.0.0.1:4301/v1' }, {}, 'config.api_url'],
    ['a client key of the other environment', { client_key: live.client_key }, {}, 'config.client_key'],
    ['a client key for an API key', {}, { api_key: live.client_key }, 'credentials.api_key'],
    ['an HMAC key for an API key', {}, { api_key: testAccount.credentials.hmac_key }, 'credentials.api_key'],
    ['pages of a stand-in without its API', { pages_url: 'http://127.0.0.1:4300' }, {}, 'config.pages_url'],
    ['a release of Adyen Web without its hash', { adyen_web_version: '6.45.2' }, {}, 'config.adyen_web_integrity'],
    ['a hash of no release', { adyen_web_integrity: hash }, {}, 'config.adyen_web_version'],
    [
      'a release that is none',
      { adyen_web_version: 'latest', adyen_web_integrity: hash },
      {},
      'config.adyen_web_version',
    ],
    ['the live fields of a test account', { adyen_web_environment: 'live-us' }, {}, 'config.adyen_web_environment'],
    ['an HMAC key that is none', {}, { hmac_key: 'A'.repeat(63) }, 'credentials.hmac_key'],
    ['a previous HMAC key that is none', {}, { previous_hmac_key: '' }, 'credentials.previous_hmac_key'],
    ['a user with a colon', {}, { webhook_user: 'adyen:webhooks' }, 'credentials.webhook_user'],
    ['a short password', {}, { webhook_password: 'secret' }, 'credentials.webhook_password'],
  ]
  for (const [what, config, credentials, field] of faults) {
    it(`is not set up with ${what}`, () => {
      const account = withSettings(config, credentials)
      assert(findAccountFaults(account).some((one) => one.severity === 'error' && one.field === field))
      assert.throws(() => readAccount(account), new RegExp(field.replace('.', '\\.')))
    })
  }

  const shown: [string, object, object | null][] = [
    ['no card fields without a release of Adyen Web', {}, null],
    [
      'Adyen’s card fields with one',
      { adyen_web_version: '6.45.2', adyen_web_integrity: hash },
      {
        environment: 'test',
        script_integrity: hash,
        script_url: 'https://checkoutshopper-test.cdn.adyen.com/checkoutshopper/sdk/6.45.2/adyen.js',
      },
    ],
    [
      'those of its region',
      { ...live, adyen_web_version: '6.45.2', adyen_web_integrity: hash, adyen_web_environment: 'live-us' },
      { environment: 'live-us', client_key: live.client_key },
    ],
    [
      'a stand-in’s at a stand-in',
      { api_url: 'https://127.0.0.1:4301', pages_url: 'http://127.0.0.1:4300' },
      { script_url: 'http://127.0.0.1:4300/adyen-web/adyen.js', script_integrity: null },
    ],
  ]
  for (const [what, config, expected] of shown) {
    it(`shows ${what}`, () => {
      const account = withSettings(config)
      assert.deepEqual(findAccountFaults(account), [])
      const fields = clientTokens.fields(account)
      if (expected === null) return assert.equal(fields, null)
      assert.deepEqual({ ...fields, ...expected }, fields)
    })
  }
})
