import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  callApi,
  cardSource,
  eventually,
  paymentOf,
  startTestSandbox,
  type TestAccount,
  type TestSandbox,
} from '../testing/sandbox-client.ts'

let sandbox: TestSandbox
let account: TestAccount
before(async () => {
  sandbox = await startTestSandbox()
  account = await sandbox.openAccount()
})
after(() => sandbox.stop())

const euros = (value: number) => ({ value, currency: 'EUR' })

test('fifty calls at once with one key are one movement and fifty equal answers', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => account.pay('fifty', 'visa')))
  assert.deepEqual([...new Set(answers.map(({ text }) => text))].length, 1)
  const truth = await account.truth('fifty')
  assert.deepEqual(
    truth.movements.map(({ kind }) => kind),
    ['authorization', 'capture'],
  )
  assert.equal(truth.calls, 50)
})

test('a slow first call is in progress for its repeats; another request under its key is refused', async () => {
  const first = account.pay('slow', 'slow_reply')
  await eventually(async () => (await account.truth('slow')).movements.length > 0, 'the movement')
  const repeat = await account.pay('slow', 'slow_reply')
  assert.deepEqual([repeat.status, repeat.body.error.code], [409, 'idempotency_in_progress'])
  assert.equal((await first).status, 201)
  const other = await account.pay('slow', 'slow_reply', { amount: euros(999) })
  assert.deepEqual([other.status, other.body.error.code], [409, 'idempotency_key_reused'])
})

test('a partial capture, several refunds, and not a cent more than was captured', async () => {
  const { id } = (await account.pay('manual', 'visa', { capture: 'manual' })).body
  const capture = await account.post(`/v2/payments/${id}/captures`, { reference: 'cap', amount: euros(700) })
  assert.deepEqual([capture.status, capture.body.object, capture.body.status], [201, 'capture', 'succeeded'])
  const second = await account.post(`/v2/payments/${id}/captures`, { reference: 'cap-2' })
  assert.deepEqual([second.status, second.body.error.code], [409, 'payment_not_capturable'])
  const refund = (value: number, reference: string) =>
    account.post(`/v2/payments/${id}/refunds`, { reference, amount: euros(value) })
  const outcomes = await Promise.all([refund(300, 're-1'), refund(300, 're-2'), refund(300, 're-3')])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [201, 201, 400])
  await account.post(`/v2/payments/${id}/refunds`, { reference: 're-rest' })
  assert.equal((await account.get(`/v2/payments/${id}`)).refunded, 700)
  const truth = await account.truth('manual')
  assert.deepEqual(
    truth.movements.map(({ kind, amount }) => [kind, amount]),
    [
      ['authorization', 1000],
      ['capture', 700],
      ['refund', 300],
      ['refund', 300],
      ['refund', 100],
    ],
  )
  assert.equal((await account.truth('re-rest')).movements.length, 1)
  assert.equal((await account.lookUp('re-rest')).operations[0]?.payment, id)
})

test('a canceled authorization can be neither captured nor canceled again', async () => {
  const { id } = (await account.pay('cancel', 'visa', { capture: 'manual' })).body
  assert.equal((await account.post(`/v2/payments/${id}/cancellations`, { reference: 'void' })).status, 201)
  assert.equal((await account.get(`/v2/payments/${id}`)).status, 'canceled')
  assert.equal((await account.post(`/v2/payments/${id}/captures`, { reference: 'late' })).status, 409)
  assert.equal((await account.post(`/v2/payments/${id}/cancellations`, { reference: 'void-2' })).status, 409)
})

test('refunds that fail, refunds that are pending, captures that fail', async () => {
  const failing = (await account.pay('refund-fails', 'refund_fails')).body.id
  const failed = (await account.post(`/v2/payments/${failing}/refunds`, { reference: 'rf' })).body
  assert.deepEqual([failed.status, failed.failure?.code], ['failed', 'refund_declined'])
  assert.equal((await account.truth('rf')).movements.length, 0)

  const slow = (await account.pay('refund-pending', 'refund_pending')).body.id
  assert.equal((await account.post(`/v2/payments/${slow}/refunds`, { reference: 'rp' })).body.status, 'pending')
  assert.equal((await account.post(`/v2/payments/${slow}/refunds`, { reference: 'rp-2' })).status, 409)
  await eventually(async () => (await account.lookUp('rp')).operations[0]?.status === 'succeeded', 'the refund')
  assert.equal((await account.truth('rp')).movements.length, 1)

  const stuck = (await account.pay('capture-fails', 'capture_fails', { capture: 'manual' })).body.id
  assert.equal(
    (await account.post(`/v2/payments/${stuck}/captures`, { reference: 'cf' })).body.failure?.code,
    'capture_declined',
  )
  assert.equal((await account.get(`/v2/payments/${stuck}`)).status, 'authorized')
})

test('a token pays once, for its own account only', async () => {
  const token = await account.makeToken('visa')
  const source = { type: 'token', token }
  const stranger = await sandbox.openAccount()
  assert.equal((await stranger.pay('theft', 'visa', { source })).body.error.code, 'token_invalid')
  assert.equal((await account.pay('token-1', 'visa', { source })).body.status, 'captured')
  const again = await account.pay('token-2', 'visa', { source })
  assert.deepEqual(
    [again.status, again.body.error.code, again.body.error.param],
    [400, 'token_invalid', 'source.token'],
  )
  assert.equal(
    (await account.pay('token-1', 'visa', { source })).body.status,
    'captured',
    'the same key gets its answer',
  )
})

const goodBody = paymentOf('bad', 'visa')
const badBodies: [what: string, body: unknown, code: string, param: string | null][] = [
  ['no reference', { ...goodBody, reference: undefined }, 'invalid_request', 'reference'],
  ['an unknown field', { ...goodBody, tip: 1 }, 'invalid_request', 'tip'],
  ['a fraction', { ...goodBody, amount: { value: 10.5, currency: 'EUR' } }, 'invalid_request', 'amount.value'],
  ['a text for a number', { ...goodBody, amount: { value: '10', currency: 'EUR' } }, 'invalid_request', 'amount.value'],
  ['zero', { ...goodBody, amount: { value: 0, currency: 'EUR' } }, 'invalid_request', 'amount.value'],
  [
    'a wrong check digit',
    { ...goodBody, source: { ...cardSource('visa'), number: '4242424242424241' } },
    'incorrect_number',
    'source.number',
  ],
  ['a short code', { ...goodBody, source: { ...cardSource('amex'), cvc: '123' } }, 'incorrect_cvc', 'source.cvc'],
  ['an unknown source', { ...goodBody, source: { type: 'cash' } }, 'invalid_request', 'source'],
  ['an unknown token', { ...goodBody, source: { type: 'token', token: 'tok_none' } }, 'token_invalid', 'source.token'],
  ['a script address', { ...goodBody, return_url: 'javascript:alert(1)' }, 'invalid_request', 'return_url'],
]

for (const [what, body, code, param] of badBodies) {
  test(`a payment with ${what} is refused with ${code}, and nothing is done`, async () => {
    const answer = await account.post('/v2/payments', body)
    assert.deepEqual([answer.status, answer.body.error.code, answer.body.error.param], [400, code, param])
    assert.doesNotMatch(answer.text, /4242/)
    assert.deepEqual((await account.lookUp('bad')).payments, [])
  })
}

test('a body that is no JSON is refused without being quoted', async () => {
  const body = '{"source":{"number":"4242424242424242",}'
  const answer = await account.sendRaw('/v2/payments', body)
  assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_request'])
  assert.doesNotMatch(answer.text, /4242/)
})

test('strangers, missing keys and other accounts get nothing', async () => {
  const { apiUrl } = sandbox.sandbox()
  const mine = (await account.pay('mine', 'visa')).body.id
  const stranger = await sandbox.openAccount()
  assert.equal((await stranger.call('GET', `/v2/payments/${mine}`)).status, 404)
  assert.deepEqual((await stranger.lookUp('mine')).payments, [])
  assert.equal((await stranger.post(`/v2/payments/${mine}/refunds`, { reference: 'x' })).status, 404)
  assert.equal(
    (await callApi(apiUrl, 'POST', '/v2/payments', { token: 'sk_sandbox_no', key: 'k', body: {} })).status,
    401,
  )
  assert.equal(
    (await callApi(apiUrl, 'POST', '/v2/accounts', { token: account.secret_key, body: { name: 'x' } })).status,
    401,
  )
  assert.equal((await account.call('POST', '/v2/payments', goodBody)).body.error.code, 'idempotency_key_required')
})

test('within the consistency window a look-up does not see a new payment yet', async () => {
  const late = await startTestSandbox({ lookupDelayMs: 250 })
  try {
    const slow = await late.openAccount()
    await slow.pay('hidden', 'visa')
    assert.equal((await slow.lookUp('hidden')).payments.length, 0)
    await eventually(async () => (await slow.lookUp('hidden')).payments.length === 1, 'the payment')
  } finally {
    await late.stop()
  }
})
