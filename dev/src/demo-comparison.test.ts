import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChargeSeen, findDifferences, type PaymentRecord } from './demo-comparison.ts'

const charge: ChargeSeen = {
  id: 'ch_1',
  status: 'captured',
  flow: 'token',
  amount: 1990,
  currency: 'EUR',
  amount_captured: 1990,
  amount_refunded: 0,
  psp: { reference: 'pay_1' },
}
const authorization = { kind: 'authorization', payment: 'pay_1', amount: 1990, currency: 'EUR' }
const capture = { ...authorization, kind: 'capture' }
const agreeing: PaymentRecord = {
  expected: { flow: 'token', amount: 1990, currency: 'EUR' },
  charge,
  webhook: { type: 'charge.captured', data: { object: charge } },
  wrongSignatures: 0,
  truth: { movements: [authorization, capture], calls: 1 },
}

test('three witnesses that agree differ in nothing', () => {
  assert.deepEqual(findDifferences(agreeing), [])
})

const disagreeing: [string, Partial<PaymentRecord>, RegExp][] = [
  ['a charge that failed', { charge: { ...charge, status: 'failed' } }, /^the charge: status is "failed"/],
  ['another amount', { charge: { ...charge, amount_captured: 1 } }, /^the charge: amount_captured is 1,/],
  ['another flow', { charge: { ...charge, flow: 'hosted' } }, /^the charge: flow is "hosted"/],
  ['no webhook', { webhook: null }, /^no webhook/],
  ['a forged webhook', { wrongSignatures: 1 }, /wrong signature is 1, and should be 0/],
  [
    'a webhook about less',
    { webhook: { type: 'charge.captured', data: { object: { ...charge, amount: 1 } } } },
    /^the webhook: amount is 1/,
  ],
  ['a second capture', { truth: { movements: [authorization, capture, capture], calls: 1 } }, /kind capture is 2,/],
  ['no movement', { truth: { movements: [], calls: 1 } }, /kind authorization is 0,/],
  ['a second call', { truth: { movements: [authorization, capture], calls: 2 } }, /authorize calls is 2,/],
  [
    'a refund',
    { truth: { movements: [authorization, capture, { ...capture, kind: 'refund' }], calls: 1 } },
    /nobody asked for is 1/,
  ],
  [
    'money of another payment',
    { truth: { movements: [authorization, { ...capture, payment: 'pay_2' }], calls: 1 } },
    /capture: payment is "pay_2"/,
  ],
  [
    'another sum at the bank',
    { truth: { movements: [authorization, { ...capture, amount: 19.9 }], calls: 1 } },
    /capture: amount is 19.9/,
  ],
]
for (const [name, change, says] of disagreeing) {
  test(`it is found when there is ${name}`, () => {
    const differences = findDifferences({ ...agreeing, ...change })
    assert.ok(
      differences.some((difference) => says.test(difference)),
      differences.join('\n') || 'nothing was found',
    )
  })
}
