import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Check } from '../port.ts'
import { checks } from './checks.ts'
import { stripeVersion } from './request.ts'
import { account } from './testing/objects.ts'

const webhookUrl = 'https://pay.example/v1/psp_webhooks/pspa_1'
const setUp = { webhookUrl, environment: 'sandbox' } as const
const ask = (name: string, body: unknown, status = 200, environment: 'sandbox' | 'production' = 'sandbox') => {
  const check = checks.list(account, { ...setUp, environment }).find((one: Check) => one.name === name)
  assert(check)
  const found =
    check.request === null ? check.findings : check.read({ status, headers: {}, body: JSON.stringify(body) })
  return found.map(({ code }) => code)
}

describe('checks of a Stripe account', () => {
  const own = {
    object: 'account',
    charges_enabled: true,
    payouts_enabled: true,
    business_profile: { name: 'Blue Bottle Books' },
    settings: { dashboard: { display_name: null } },
  }
  const endpoint = {
    object: 'webhook_endpoint',
    url: webhookUrl,
    status: 'enabled',
    api_version: stripeVersion,
    enabled_events: ['*'],
  }
  const endpoints = (...data: object[]) => ({ object: 'list', has_more: false, data })
  const refusal = { error: { type: 'invalid_request_error', message: 'No.' } }
  const cases: [string, unknown, number, string[]][] = [
    ['account', own, 200, ['credentials_accepted', 'account_takes_payments', 'hosted_page_ready']],
    [
      'account',
      { ...own, charges_enabled: false, payouts_enabled: false, business_profile: null, settings: null },
      200,
      ['credentials_accepted', 'account_takes_no_payments', 'account_pays_nothing_out', 'hosted_page_incomplete'],
    ],
    ['account', refusal, 401, ['credentials_refused']],
    ['account', refusal, 403, ['permission_not_given']],
    ['account', { object: 'account' }, 200, ['reply_not_understood']],
    [
      'webhook endpoint',
      endpoints({ ...endpoint, url: 'https://other.example' }, endpoint),
      200,
      ['webhook_endpoint_found'],
    ],
    ['webhook endpoint', endpoints(), 200, ['webhook_endpoint_missing']],
    ['webhook endpoint', { ...endpoints(), has_more: true }, 200, ['webhook_endpoint_not_askable']],
    ['webhook endpoint', endpoints({ ...endpoint, status: 'disabled' }), 200, ['webhook_endpoint_disabled']],
    ['webhook endpoint', endpoints({ ...endpoint, status: 'disabled' }, endpoint), 200, ['webhook_endpoint_found']],
    [
      'webhook endpoint',
      endpoints({ ...endpoint, enabled_events: ['refund.created'] }),
      200,
      ['webhook_events_missing'],
    ],
    ['webhook endpoint', endpoints({ ...endpoint, api_version: null }), 200, ['webhook_version_differs']],
    ['webhook endpoint', refusal, 403, ['permission_not_given']],
  ]
  for (const [name, body, status, expected] of cases) {
    it(`find ${expected.join(' and ')}`, () => assert.deepEqual(ask(name, body, status), expected))
  }

  it('tell test keys from live ones', () => {
    assert.deepEqual(ask('mode', null, 200, 'sandbox'), ['mode_fits'])
    assert.deepEqual(ask('mode', null, 200, 'production'), ['mode_differs'])
  })
})
