import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  adyenWebEnvironments,
  adyenWebIntegrityPattern,
  adyenWebVersionPattern,
  describeAdyenFields,
  describeStandInFields,
} from './adyen-web.ts'

const script = { version: '6.45.2', integrity: `sha384-${'A'.repeat(64)}` }

test('Adyen Web comes whole and pinned from the CDN of the account’s environment, which is all that the page allows', () => {
  assert.deepEqual(describeAdyenFields({ clientKey: 'live_K', environment: 'live-us', script }), {
    kind: 'adyen',
    client_key: 'live_K',
    environment: 'live-us',
    script_url: 'https://checkoutshopper-live-us.cdn.adyen.com/checkoutshopper/sdk/6.45.2/adyen.js',
    script_integrity: script.integrity,
    content_security_policy: {
      script_src: ['https://checkoutshopper-live-us.cdn.adyen.com/checkoutshopper/sdk/6.45.2/adyen.js'],
      frame_src: ['https://checkoutshopper-live-us.adyen.com'],
      connect_src: [
        'https://checkoutshopper-live-us.adyen.com',
        'https://checkoutshopper-live-us.cdn.adyen.com',
        'https://checkoutanalytics-live-us.adyen.com',
      ],
      img_src: ['https://checkoutshopper-live-us.cdn.adyen.com'],
    },
  })
})

test('settings are taken only when they are a release of Adyen Web 6 and a SHA-384 hash', () => {
  assert.match(script.version, adyenWebVersionPattern)
  assert.match(script.integrity, adyenWebIntegrityPattern)
  for (const version of ['5.71.1', '6.45', '6.45.2/../../evil', 'latest', '']) {
    assert.doesNotMatch(version, adyenWebVersionPattern)
  }
  for (const integrity of ['sha256-AAAA', 'sha384-', `${script.integrity} sha384-x`, '']) {
    assert.doesNotMatch(integrity, adyenWebIntegrityPattern)
  }
  // The browser SDK takes Adyen's script from these hosts alone.
  for (const environment of adyenWebEnvironments) assert.match(environment, /^(test|live(-[a-z]{2,4})?)$/)
})

test('a stand-in needs its own origin and none of Adyen’s', () => {
  const fields = JSON.stringify(describeStandInFields({ clientKey: 'test_K', pagesUrl: 'http://127.0.0.1:4200' }))
  assert.match(fields, /"script_url":"http:\/\/127\.0\.0\.1:4200\/adyen-web\/adyen\.js","script_integrity":null/)
  assert.doesNotMatch(fields, /adyen\.com/)
})
