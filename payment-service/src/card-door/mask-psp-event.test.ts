import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskPspEvent } from './mask-psp-event.ts'

const card = '4242 4242 4242 4242'
const event = { id: 'evt_1', type: 'payment.declined', about: { kind: 'attempt', reference: 'att_1', outcome: {} } }
const withOutcome = (outcome: object) => ({ ...event, about: { ...event.about, outcome } })

const masked: [what: string, event: object][] = [
  ['its type', { ...event, type: `payment of ${card}` }],
  ['our reference', { ...event, about: { ...event.about, reference: card } }],
  ['the PSP’s code', withOutcome({ pspCode: `do not honour ${card}` })],
  [
    'the network’s id of the payment, which has other lengths',
    withOutcome({ networkTransactionId: card.replaceAll(' ', '') }),
  ],
  ['why it is unknown', withOutcome({ why: `{"pan":"${card.replaceAll(' ', '')}"}` })],
]
for (const [what, event] of masked) {
  test(`a card number in ${what} is overwritten, and the rest of the event stays`, () => {
    const text = JSON.stringify(event)
    const found = maskPspEvent(text)
    assert.deepEqual(found, { json: text.replaceAll('4242', '1111'), isMasked: true })
  })
}

const refused: [what: string, event: object][] = [
  ['the event’s id', { ...event, id: card }],
  ['the payment’s id', withOutcome({ pspReference: `pay_${card}` })],
  [
    'the address of the PSP’s page',
    withOutcome({ actionUrl: `https://psp.example/3ds?card=${card.replaceAll(' ', '+')}` }),
  ],
  ['a disputed payment’s id', { ...event, about: { kind: 'dispute', payment: card, dispute: { id: 'dis_1' } } }],
  ['a name', withOutcome({ [card]: 1 })],
]
for (const [what, event] of refused) {
  test(`an event with a card number as ${what} cannot be kept`, () => {
    assert.equal(maskPspEvent(JSON.stringify(event)), null)
  })
}

test('a network’s id that looks like an American Express number by chance stays as it is', () => {
  const text = JSON.stringify(withOutcome({ networkTransactionId: '378282246310005' }))
  assert.deepEqual(maskPspEvent(text), { json: text, isMasked: false })
})

test('an amount that looks like a Maestro number by chance stays as it is, and a longer one does not', () => {
  const withMoney = (amount: string) =>
    JSON.stringify({ ...withOutcome({ captured: amount }), payment: { amount: { amount, currency: 'IDR' } } })
  assert.deepEqual(maskPspEvent(withMoney('501800000009')), { json: withMoney('501800000009'), isMasked: false })
  assert.equal(maskPspEvent(withMoney('4242424242424242'))?.isMasked, true)
})

test('an event without a card number stays as it is', () => {
  const text = JSON.stringify(
    withOutcome({
      outcome: 'approved',
      pspReference: 'pay_1',
      captured: '1999',
      card: { first6: '424242', last4: '4242' },
    }),
  )
  assert.deepEqual(maskPspEvent(text), { json: text, isMasked: false })
})
