import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ErrorBody } from '../errors.ts'
import { Refusal } from '../errors.ts'
import type { OperationName } from '../operations.ts'
import { decodeForm } from './form.ts'
import { makeParametersFile } from './generate.ts'
import { readParameters } from './read-parameters.ts'

test('the table of parameters is the one that the installed SDK makes', () => {
  const known = readFileSync(new URL('../parameters.generated.json', import.meta.url), 'utf8')
  assert.ok(known === makeParametersFile(), 'run node psp-stand-ins/src/stripe/parameters/generate.ts')
})

function refusalOf(operation: OperationName, text: string): Partial<ErrorBody> {
  try {
    readParameters(operation, decodeForm(text))
  } catch (error) {
    if (error instanceof Refusal) return error.body
    throw error
  }
  assert.fail(`${operation} takes ${text}`)
}

test('a parameter with a wrong name, place, type or value is refused as Stripe refuses it', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `metadata[k${index}]=v`).join('&')
  const cases: [operation: OperationName, text: string, code: string | undefined, param: string | undefined][] = [
    ['payment_intents.create', 'amount=1&currency=eur&colour=red', 'parameter_unknown', 'colour'],
    [
      'payment_intents.create',
      'amount=1&currency=eur&payment_method_types[]=card',
      'parameter_unknown',
      'payment_method_types',
    ],
    [
      'payment_intents.create',
      'amount=1&currency=eur&payment_method_options[card][cvc]=1',
      'parameter_unknown',
      'payment_method_options[card][cvc]',
    ],
    ['payment_intents.create', 'amount=1&currency=eur&__proto__[a]=1', 'parameter_unknown', '__proto__'],
    ['payment_intents.create', 'amount=1&currency=eur&constructor=1', 'parameter_unknown', 'constructor'],
    ['payment_intents.create', 'amount=1', 'parameter_missing', 'currency'],
    [
      'payment_intents.create',
      'amount=1&currency=eur&payment_method_data[card][number]=4',
      'parameter_missing',
      'payment_method_data[type]',
    ],
    ['payment_intents.create', 'amount=1.5&currency=eur', 'parameter_invalid_integer', 'amount'],
    ['payment_intents.create', 'amount=ten&currency=eur', 'parameter_invalid_integer', 'amount'],
    ['payment_intents.create', 'amount=1&currency=', 'parameter_invalid_empty', 'currency'],
    ['payment_intents.create', 'amount=1&currency=%20', 'parameter_invalid_string_blank', 'currency'],
    ['payment_intents.create', 'amount=1&currency=eur&confirm=1', undefined, 'confirm'],
    ['payment_intents.create', 'amount=1&currency=eur&capture_method=later', undefined, 'capture_method'],
    ['payment_intents.create', 'amount=1&currency=eur&expand=latest_charge', undefined, 'expand'],
    ['payment_intents.create', 'amount=1&currency=eur&expand[1]=latest_charge', undefined, 'expand'],
    ['payment_intents.create', 'amount[a]=1&currency=eur', undefined, 'amount'],
    ['payment_intents.create', 'amount=1&amount=2&currency=eur', undefined, 'amount'],
    ['payment_intents.create', 'amount=1&currency=eur&metadata=x', undefined, 'metadata'],
    ['payment_intents.create', `amount=1&currency=eur&${many(51)}`, undefined, 'metadata'],
    ['payment_intents.create', `amount=1&currency=eur&metadata[${'k'.repeat(41)}]=v`, undefined, 'metadata'],
    ['payment_intents.create', `amount=1&currency=eur&metadata[k]=${'v'.repeat(501)}`, undefined, 'metadata[k]'],
    ['payment_intents.capture', 'amount=1', 'parameter_unknown', 'amount'],
    ['payment_intents.cancel', 'metadata[k]=v', 'parameter_unknown', 'metadata'],
    ['payment_intents.cancel', 'cancellation_reason=bored', undefined, 'cancellation_reason'],
    ['payment_intents.list', 'created[after]=1', 'parameter_unknown', 'created[after]'],
    ['payment_intents.list', 'created=yesterday', 'parameter_invalid_integer', 'created'],
    ['payment_intents.search', 'limit=1', 'parameter_missing', 'query'],
    ['refunds.create', 'payment_intent=pi_1&reason=why', undefined, 'reason'],
    [
      'checkout.sessions.create',
      'mode=payment&line_items[0][price_data][unit_amount]=1',
      'parameter_missing',
      'line_items[0][price_data][currency]',
    ],
    ['checkout.sessions.create', 'locale=tlh', undefined, 'locale'],
    ['checkout.sessions.list', 'client_reference_id=x', 'parameter_unknown', 'client_reference_id'],
  ]
  for (const [operation, text, code, param] of cases) {
    const refusal = refusalOf(operation, text)
    assert.deepEqual([refusal.type, refusal.code, refusal.param], ['invalid_request_error', code, param], text)
  }
})

test('parameters are read by their types', () => {
  const text =
    'amount=1234&currency=eur&confirm=true&off_session=recurring&expand[]=latest_charge&expand[]=payment_method&metadata[a%20b]=c%26d&metadata[gone]=&payment_method_data[type]=card&payment_method_data[card][exp_month]=12&payment_method_options[card][capture_method]='
  assert.deepEqual(readParameters('payment_intents.create', decodeForm(text)), {
    amount: 1234,
    currency: 'eur',
    confirm: true,
    off_session: 'recurring',
    expand: ['latest_charge', 'payment_method'],
    metadata: { 'a b': 'c&d', gone: '' },
    payment_method_data: { type: 'card', card: { exp_month: 12 } },
    payment_method_options: { card: { capture_method: '' } },
  })
  assert.deepEqual(readParameters('payment_intents.list', decodeForm('created[gte]=5&limit=3')), {
    created: { gte: 5 },
    limit: 3,
  })
  assert.deepEqual(readParameters('payment_intents.list', decodeForm('created=5')), { created: 5 })
})

test('no refusal repeats a value', () => {
  const number = '4242424242424242'
  for (const text of [
    `amount=1&currency=eur&payment_method_data[type]=card&payment_method_data[card][exp_month]=${number}${number}`,
    `amount=${number}${number}&currency=eur`,
    `amount=1&currency=eur&capture_method=${number}`,
  ])
    assert.ok(!JSON.stringify(refusalOf('payment_intents.create', text)).includes(number))
})
