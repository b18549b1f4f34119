import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PspReply } from '@fincore/payment-service/psp-gateway/port'
import { payments } from './payments.ts'

/** A payment as newpsp's reference shows it, with the fields that are read and a few that are not. */
const payment = {
  id: 'pay_1',
  reference: 'att_1',
  status: 'declined',
  amount: 1000,
  captured: 0,
  currency: 'EUR',
  decline_code: 'a_code_of_tomorrow',
  card: { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2034 },
}
const card = { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2034 }
const answer = (body: unknown, status = 200): PspReply => ({ status, headers: {}, body: JSON.stringify(body) })

/** One line for each status and each code of the PSP's reference. */
for (const [name, reply, expected] of [
  [
    'a decline whose code FinCore has no word for',
    answer(payment),
    { outcome: 'declined', pspReference: 'pay_1', code: 'card_declined', pspCode: 'a_code_of_tomorrow', card },
  ],
  [
    'a card that it cannot read',
    answer({ ...payment, card: 'visa' }),
    { outcome: 'declined', pspReference: 'pay_1', code: 'card_declined', pspCode: 'a_code_of_tomorrow', card: null },
  ],
] as const) {
  test(`reads ${name}`, () => assert.deepEqual(payments.readReply('authorize', reply), expected))
}
