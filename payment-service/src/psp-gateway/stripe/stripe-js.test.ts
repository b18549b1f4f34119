import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeStripeFields } from './stripe-js.ts'

const account = { publishableKey: 'pk_live_1', apiVersion: '2026-10-28.endive', pagesUrl: null }

test('Stripe.js comes from Stripe, in the release of the API version, with the policy that Stripe documents', () => {
  assert.deepEqual(describeStripeFields(account), {
    kind: 'stripe',
    publishable_key: 'pk_live_1',
    script_url: 'https://js.stripe.com/endive/stripe.js',
    content_security_policy: {
      script_src: ['https://*.js.stripe.com', 'https://js.stripe.com'],
      frame_src: ['https://*.js.stripe.com', 'https://js.stripe.com', 'https://hooks.stripe.com'],
      connect_src: ['https://api.stripe.com'],
      img_src: [],
    },
  })
})

test('a stand-in needs its own origin and none of Stripe’s', () => {
  const fields = JSON.stringify(describeStripeFields({ ...account, pagesUrl: 'http://127.0.0.1:4200' }))
  assert.match(fields, /"script_url":"http:\/\/127\.0\.0\.1:4200\/v3\/"/)
  assert.doesNotMatch(fields, /stripe\.com/)
})
