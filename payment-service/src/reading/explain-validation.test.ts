import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateCardCharge, CreateTokenCharge } from '@fincore/api-contract/requests'
import Schema from 'typebox/schema'
import { createLog } from '../log.ts'
import { createServer } from '../server/server.ts'
import { explainFinding } from './explain-validation.ts'

const validator = Schema.Compile(CreateCardCharge)
const app = createServer({ docsUrl: 'https://docs.example', log: createLog('silent') })
app.post('/v1/charges', { schema: { body: CreateCardCharge } }, async () => ({}))

const card = { number: '*'.repeat(16), cvc: '***', exp_month: 12, exp_year: 2030 }
const good = { amount: 1, currency: 'EUR', payment_method: { type: 'card', card } }
const withCard = (change: object) => ({ payment_method: { type: 'card', card: { ...card, ...change } } })

const cases: [change: object, code: string, param: string, detail: string][] = [
  [{ amout: 5 }, 'parameter_unknown', 'amout', 'amout is not a field of this request. Did you mean `amount`?'],
  [{ total: 5 }, 'parameter_unknown', 'total', 'total is not a field of this request; check its spelling.'],
  [
    { capture_method: 'Manual' },
    'parameter_invalid',
    'capture_method',
    'capture_method must be one of automatic, manual. Did you mean `manual`?',
  ],
  [
    withCard({ expMonth: 1 }),
    'parameter_unknown',
    'payment_method.card.expMonth',
    'payment_method.card.expMonth is not a field of this request. Did you mean `exp_month`?',
  ],
  [
    { metadata: { 'a b': 'x' } },
    'parameter_unknown',
    'metadata.…',
    'A key of metadata has 1 to 40 letters, digits, dots, dashes and underscores.',
  ],
  [{ amount: undefined }, 'parameter_missing', 'amount', 'amount is required.'],
  [
    { amount: undefined, total: 5, amont: 5 },
    'parameter_missing',
    'amount',
    'amount is required, and amont is not a field of this request.',
  ],
  [
    withCard({ exp_month: undefined, expiry: 12 }),
    'parameter_missing',
    'payment_method.card.exp_month',
    'payment_method.card.exp_month is required, and payment_method.card.expiry is not a field of this request.',
  ],
  [{ amount: undefined, '4111111111111111': 1 }, 'parameter_missing', 'amount', 'amount is required.'],
  [{ amount: '1' }, 'parameter_invalid', 'amount', 'amount must be a whole number.'],
  [{ amount: 0 }, 'parameter_invalid', 'amount', 'amount must be at least 1.'],
  [{ currency: 'eur' }, 'parameter_invalid', 'currency', 'currency must be an ISO 4217 code in capitals, such as EUR.'],
  [
    { return_url: 'shop' },
    'parameter_invalid',
    'return_url',
    'return_url must be an absolute http or https address, such as https://shop.example/thanks.',
  ],
  [
    { capture_method: 'later' },
    'parameter_invalid',
    'capture_method',
    'capture_method must be one of automatic, manual.',
  ],
  [
    { payment_method: { type: 'token', card } },
    'parameter_invalid',
    'payment_method.type',
    'payment_method.type must be card.',
  ],
  [
    { payment_method: { type: 'crd' } },
    'parameter_invalid',
    'payment_method.type',
    'payment_method.type must be card. Did you mean `card`?',
  ],
  [
    { payment_method: { type: 'token', token: 'tok_1' } },
    'parameter_invalid',
    'payment_method.type',
    'payment_method.type must be card.',
  ],
  [
    { payment_method: { type: 'card' } },
    'parameter_missing',
    'payment_method.card',
    'payment_method.card is required.',
  ],
  [
    withCard({ exp_month: 13 }),
    'parameter_invalid',
    'payment_method.card.exp_month',
    'payment_method.card.exp_month must be at most 12.',
  ],
  [{ description: '' }, 'parameter_invalid', 'description', 'description must not be empty.'],
  [{ metadata: [] }, 'parameter_invalid', 'metadata', 'metadata must be an object.'],
]
for (const [change, code, param, detail] of cases) {
  test(`both doors say it in the same words: ${detail}`, async () => {
    const request = JSON.parse(JSON.stringify({ ...good, ...change }))
    const [, findings] = validator.Errors(request)
    assert.deepEqual(explainFinding(findings[0], { schema: CreateCardCharge, value: request }), {
      refused: code,
      param,
      detail,
    })
    const problem = (await app.inject({ method: 'POST', url: '/v1/charges', payload: request })).json()
    assert.deepEqual([problem.code, problem.param, problem.detail], [code, param, detail])
  })
}

test('a name that the caller made up is given back only when it is plain', () => {
  const [, findings] = validator.Errors({ ...good, '4111111111111111': 1 })
  const refusal = explainFinding(findings[0])
  assert.deepEqual(refusal, { refused: 'parameter_unknown', param: '…' })
})

test('what belongs to a charge of a card is called that where a token is charged', () => {
  const request = {
    amount: 1,
    currency: 'EUR',
    payment_method: { type: 'token', token: 'tok_1' },
    initiator: 'merchant',
  }
  const [, findings] = Schema.Compile(CreateTokenCharge).Errors(request)
  const detail = 'initiator is not a field of this request; it belongs to charges of a card, at the card relay.'
  assert.deepEqual(explainFinding(findings[0]), { refused: 'parameter_unknown', param: 'initiator', detail })
})
