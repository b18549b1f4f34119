import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { CreateTokenCharge } from './contract.ts'
import {
  FincoreConflictError,
  FincoreError,
  FincoreInvalidRequestError,
  FincorePermissionError,
  FincoreRateLimitError,
  FincoreUnavailableError,
  FincoreUnknownOutcomeError,
} from './errors.ts'
import { Fincore } from './fincore.ts'
import type { ObservedTry } from './observe.ts'
import type { FincoreOptions } from './options.ts'
import { canPass, pauseMs, readRetryAfter } from './retries.ts'
import { cutOff, drip, flood, json, reset, silence, startFaultServer } from './testing/fault-server.ts'

const request: CreateTokenCharge = { amount: 1, currency: 'EUR', payment_method: { type: 'token', token: 'tok_1' } }
const paid = json(201, { object: 'charge', id: 'ch_1', status: 'captured' })
const problem = (status: number, code: string, headers = {}) =>
  json(status, { code, detail: 'It is so.', param: null, request_id: 'req_1', type: `https://x/docs#${code}` }, headers)

async function open(t: TestContext, options: Partial<FincoreOptions> = {}) {
  const server = await startFaultServer()
  const fincore = new Fincore({ api: server.url, secretKey: 'sk_test_1', maxRetries: 1, ...options })
  t.after(() => {
    fincore.close()
    server.close()
  })
  const fail = (call: Promise<unknown>): Promise<FincoreError> =>
    call.then(
      () => assert.fail('the call succeeded'),
      (error) => (error instanceof FincoreError ? error : assert.fail(error)),
    )
  return { server, fincore, fail }
}

describe('a call whose answer does not come at once', { concurrency: 8 }, () => {
  it('is sent again, the same, with the same key, and gives the answer of the first', async (t) => {
    const { server, fincore } = await open(t, { maxRetries: 3 })
    server.answerWith(reset, problem(503, 'service_unavailable'), problem(409, 'idempotency_key_in_use'), paid)
    const charge = await fincore.charges.create(request)
    assert.equal(charge.status, 'captured')
    const [first, ...others] = server.calls
    assert.equal(others.length, 3)
    assert.match(String(first?.headers['idempotency-key']), /^[0-9a-f-]{36}$/)
    for (const other of others)
      assert.deepEqual([other.body, other.headers['idempotency-key']], [first?.body, first?.headers['idempotency-key']])
  })

  it('waits for its own first request, and for a capture that runs, as long as the time allows', async (t) => {
    t.mock.method(Math, 'random', () => 0)
    const { server, fincore, fail } = await open(t, { maxRetries: 1 })
    const inUse = problem(409, 'idempotency_key_in_use')
    const running = problem(409, 'operation_in_progress')
    server.answerWith(reset, inUse, running, inUse, paid)
    assert.equal((await fincore.charges.create(request)).status, 'captured')
    server.answerWith(inUse, reset, inUse, reset, paid)
    assert.ok((await fail(fincore.charges.create(request))) instanceof FincoreUnknownOutcomeError)
    assert.equal(server.calls.length, 4)
    server.answerWith(problem(409, 'idempotency_key_in_use', { 'retry-after': '1' }))
    const late = fincore.charges.create(request, { totalTimeoutMs: 900 })
    assert.ok((await fail(late)) instanceof FincoreUnknownOutcomeError)
    assert.equal(server.calls.length, 1)
    server.answerWith(inUse, paid)
    await fail(fincore.charges.create(request, { maxRetries: 0 }))
    assert.equal(server.calls.length, 1)
  })

  it('has the caller’s own key when there is one, and a new one for each call otherwise', async (t) => {
    const { server, fincore } = await open(t)
    server.answerWith(paid)
    await fincore.charges.create(request, { idempotencyKey: 'order-1' })
    await fincore.charges.create(request)
    await fincore.charges.create(request)
    const keys = server.calls.map(({ headers }) => headers['idempotency-key'])
    assert.equal(keys[0], 'order-1')
    assert.equal(new Set(keys).size, 3)
  })

  const inDoubt = {
    reset,
    silence,
    'a drip without an end': drip,
    'an answer that breaks off': cutOff,
    'no JSON': (response: Parameters<typeof paid>[0]) => void response.writeHead(201).end('<html>'),
    'a page of something else': (response: Parameters<typeof paid>[0]) => void response.writeHead(404).end('<html>'),
    '500': problem(500, 'internal_error'),
    '502 of a load balancer': (response: Parameters<typeof paid>[0]) => void response.writeHead(502).end('Bad Gateway'),
    'a first request that is still running': problem(409, 'idempotency_key_in_use'),
    'a key of another request': problem(422, 'idempotency_key_reused'),
  }
  for (const [what, answer] of Object.entries(inDoubt))
    it(`may have been carried out: ${what}`, async (t) => {
      const { server, fincore, fail } = await open(t, { timeoutMs: 1_000, maxRetries: 0 })
      server.answerWith(answer)
      const error = await fail(fincore.charges.create(request, { idempotencyKey: 'order-1' }))
      assert.ok(error instanceof FincoreUnknownOutcomeError, `${error}`)
      assert.deepEqual([error.code, error.idempotencyKey], ['outcome_unknown', 'order-1'])
      assert.match(error.message, /may have been carried out/)
      assert.equal(error.isRetryable, what !== 'a key of another request')
    })

  it('stays in doubt when the second try is refused: that says nothing of the first', async (t) => {
    const { server, fincore, fail } = await open(t)
    server.answerWith(reset, problem(403, 'scope_missing'))
    const error = await fail(fincore.charges.create(request))
    assert.ok(error instanceof FincoreUnknownOutcomeError)
    assert.equal(error.code, 'outcome_unknown')
    assert.ok(error.cause instanceof FincorePermissionError)
    assert.equal(server.calls.length, 2)
  })

  it('was not carried out when every answer says that nothing was done', async (t) => {
    const { server, fincore, fail } = await open(t)
    server.answerWith(problem(503, 'overloaded', { 'retry-after': '0' }))
    assert.ok((await fail(fincore.charges.create(request))) instanceof FincoreUnavailableError)
    server.answerWith(problem(429, 'rate_limited', { 'retry-after': '0' }))
    assert.ok((await fail(fincore.charges.create(request))) instanceof FincoreRateLimitError)
    server.answerWith(problem(409, 'operation_in_progress', { 'retry-after': '0' }))
    const capture = fincore.charges.capture('ch_1', {}, { totalTimeoutMs: 300 })
    assert.ok((await fail(capture)) instanceof FincoreConflictError)
    const nowhere = new Fincore({ api: 'http://127.0.0.1:9', secretKey: 'sk_test_1', maxRetries: 1 })
    const error = await fail(nowhere.charges.create(request))
    assert.ok(error instanceof FincoreUnavailableError)
    assert.equal(error.code, 'no_connection')
  })

  it('is not sent again when that cannot help, and the error has what FinCore said', async (t) => {
    const { server, fincore, fail } = await open(t)
    for (const [status, code] of [
      [400, 'parameter_invalid'],
      [422, 'amount_exceeds_refundable'],
    ] as const) {
      server.answerWith(problem(status, code))
      const error = await fail(fincore.refunds.create({ charge: 'ch_1' }))
      assert.ok(error instanceof FincoreInvalidRequestError)
      const { isRetryable, requestId, docsUrl } = error
      assert.deepEqual(
        { isRetryable, requestId, docsUrl },
        { isRetryable: false, requestId: 'req_1', docsUrl: `https://x/docs#${code}` },
      )
      assert.equal(error.message, `POST /v1/refunds: It is so. [${code}, req_1, https://x/docs#${code}]`)
      assert.equal(server.calls.length, 1)
    }
  })

  it('that reads is sent again too, and is never in doubt', async (t) => {
    const { server, fincore, fail } = await open(t)
    server.answerWith(reset, paid)
    assert.equal((await fincore.charges.get('ch_1')).id, 'ch_1')
    assert.equal(server.calls[0]?.headers['idempotency-key'], undefined)
    server.answerWith(reset)
    assert.ok((await fail(fincore.charges.get('ch_1'))) instanceof FincoreUnavailableError)
  })

  it('without a key is sent again only when nothing was done', async (t) => {
    const { server, fincore, fail } = await open(t)
    server.answerWith(reset, paid)
    const error = await fail(fincore.webhookEndpoints.update('whe_1', { status: 'enabled' }))
    assert.ok(error instanceof FincoreUnknownOutcomeError)
    assert.equal(server.calls.length, 1)
    server.answerWith(problem(503, 'overloaded', { 'retry-after': '0' }), json(200, { id: 'whe_1', deleted: true }))
    assert.equal((await fincore.webhookEndpoints.delete('whe_1')).deleted, true)
  })

  it('is bounded: in size, in time, and in the patience that Retry-After asks for', async (t) => {
    const { server, fincore, fail } = await open(t, { maxRetries: 9 })
    server.answerWith(flood)
    assert.equal((await fail(fincore.charges.list().page())).code, 'answer_too_large')
    server.answerWith(silence)
    const startedAt = performance.now()
    assert.equal((await fail(fincore.charges.get('ch_1', { totalTimeoutMs: 500 }))).code, 'timeout')
    assert.ok(performance.now() - startedAt < 10_000)
    server.answerWith(problem(429, 'rate_limited', { 'retry-after': '3600' }))
    const error = await fail(fincore.charges.get('ch_1'))
    assert.equal(error.retryAfterSeconds, 3600)
    assert.equal(server.calls.length, 1)
  })

  it('ends with its signal: in doubt when it was under way, and not sent at all when it came too late', async (t) => {
    const { server, fincore, fail } = await open(t)
    const leaving = new AbortController()
    server.answerWith(() => leaving.abort(new Error('the shop closes')))
    const { signal } = leaving
    const error = await fail(fincore.charges.create(request, { signal }))
    assert.ok(error instanceof FincoreUnknownOutcomeError)
    assert.ok(error.cause instanceof FincoreError)
    assert.deepEqual([error.cause.code, error.cause.cause], ['aborted', signal.reason])
    assert.ok((await fail(fincore.charges.create(request, { signal }))) instanceof FincoreUnavailableError)
    assert.equal(server.calls.length, 1)
  })

  it('is told try by try to who observes, whose own faults harm no payment', async (t) => {
    const seen: ObservedTry[] = []
    const { server, fincore } = await open(t)
    server.answerWith(reset, paid)
    const observe = (tried: ObservedTry) => {
      seen.push(tried)
      throw new Error('of the log')
    }
    const warn = t.mock.method(process, 'emitWarning', () => {})
    await fincore.charges.create(request, { observe })
    assert.deepEqual(warn.mock.calls[0]?.arguments, ['observe of @fincore/node threw Error.'])
    const known = { door: 'api', method: 'POST', path: '/v1/charges' }
    assert.partialDeepStrictEqual(seen, [
      { ...known, tryNumber: 1, status: null, code: 'connection_lost' },
      { ...known, tryNumber: 2, status: 201, code: null, retryInMs: null },
    ])
  })
})

describe('the pause before the next try', () => {
  it('grows, has full jitter, and is never shorter than Retry-After', () => {
    const most = [1, 2, 3, 9].map((tryNumber) => pauseMs(tryNumber, null, () => 1))
    assert.deepEqual(most, [500, 1000, 2000, 8000])
    assert.equal(
      pauseMs(3, null, () => 0),
      0,
    )
    assert.equal(
      pauseMs(1, 2000, () => 0),
      2000,
    )
    assert.equal(
      pauseMs(1, 31_000, () => 0),
      null,
    )
  })

  it('reads Retry-After as seconds and as a date, and nothing else', () => {
    const now = Date.UTC(2026, 10, 29)
    const read = ['7', 'Sun, 29 Nov 2026 00:00:09 GMT', 'Sun, 29 Nov 2026 00:00:00 GMT', 'soon', '-1', undefined]
    assert.deepEqual(
      read.map((header) => readRetryAfter(header, now)),
      [7000, 9000, 0, null, null, null],
    )
  })

  it('is spared where the next try would fail as well: a certificate, a name, a PSP that declined', () => {
    const tried = { status: null, mayHaveActed: false, retryAfterMs: null }
    const connect = (systemCode: string) => canPass({ ...tried, code: 'no_connection', systemCode })
    assert.deepEqual(['ECONNREFUSED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ENOTFOUND'].map(connect), [true, false, false])
    assert.equal(canPass({ ...tried, code: 'capture_declined', status: 422, systemCode: null }), false)
  })
})
