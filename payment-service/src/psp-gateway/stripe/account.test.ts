import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PspAccount } from '../port.ts'
import { findAccountFaults, readAccount, readWebhookSecrets } from './account.ts'
import { account } from './testing/objects.ts'

const withSettings = (config: object, credentials: object): PspAccount => ({
  ...account,
  config: { ...account.config, ...config },
  credentials: { ...account.credentials, ...credentials },
})

describe('a Stripe account’s settings', () => {
  const live = { secret_key: 'rk_live_51FinCoreFinCore', publishable_key: 'pk_live_51FinCoreFinCore' }
  const cases: [string, object, object, string[]][] = [
    ['what is needed alone', {}, {}, []],
    ['live keys', {}, live, []],
    ['a restricted key', {}, { secret_key: 'rk_test_51FinCoreFinCore' }, []],
    ['a stand-in', { api_url: 'https://127.0.0.1:4201', pages_url: 'http://127.0.0.1:4200' }, {}, []],
    ['a secret that is being rolled', {}, { previous_webhook_secret: 'whsec_fedcba9876543210' }, []],
    ['keys of two modes', {}, { secret_key: live.secret_key }, ['error credentials.publishable_key']],
    [
      'the publishable key for the secret one',
      {},
      { secret_key: live.publishable_key },
      ['error credentials.secret_key'],
    ],
    [
      'a webhook secret of another PSP',
      {},
      { webhook_secret: 'secret_0123456789abcdef' },
      ['error credentials.webhook_secret'],
    ],
    ['an empty secret of before', {}, { previous_webhook_secret: '' }, ['error credentials.previous_webhook_secret']],
    ['an API without TLS', { api_url: 'http://127.0.0.1:4201' }, {}, ['error config.api_url']],
    [
      'live keys at a stand-in',
      { api_url: 'https://127.0.0.1:4201', pages_url: 'http://127.0.0.1:4200' },
      live,
      ['error config.api_url', 'error config.pages_url'],
    ],
    ['an API with a path', { api_url: 'https://api.stripe.com/v1' }, {}, ['error config.api_url']],
    ['a setting that there is not', { region: 'eu' }, {}, ['warning config.region']],
  ]
  for (const [what, config, credentials, expected] of cases) {
    it(`${expected.length === 0 ? 'are right with' : 'are wrong with'} ${what}`, () => {
      const faults = findAccountFaults(withSettings(config, credentials))
      assert.deepEqual(
        faults.map(({ severity, field }) => `${severity} ${field}`),
        expected,
      )
    })
  }

  it('are Stripe’s own addresses when none are given', () => {
    const { apiUrl, pagesUrl, isLive } = readAccount(account)
    assert.deepEqual([apiUrl, pagesUrl, isLive], ['https://api.stripe.com', null, false])
    assert.equal(readAccount(withSettings({}, live)).isLive, true)
  })

  it('are never quoted when they are wrong', () => {
    const broken = withSettings({}, { secret_key: 'sk_prod_verysecret' })
    assert.throws(
      () => readAccount(broken),
      ({ message }: Error) => !message.includes('verysecret'),
    )
    assert.doesNotMatch(JSON.stringify(findAccountFaults(broken)), /verysecret/)
  })

  it('have one webhook secret, or two while it is being rolled', () => {
    const previous_webhook_secret = 'whsec_fedcba9876543210'
    assert.equal(readWebhookSecrets(account).length, 1)
    assert.deepEqual(readWebhookSecrets(withSettings({}, { previous_webhook_secret }))[1], previous_webhook_secret)
  })
})
