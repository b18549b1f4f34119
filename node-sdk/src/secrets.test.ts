import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import type { CreateCardCharge } from './contract.ts'
import { FincoreError, FincoreUsageError } from './errors.ts'
import { Fincore } from './fincore.ts'
import type { FincoreOptions, WriteOptions } from './options.ts'
import { cutOff, json, startFaultServer } from './testing/fault-server.ts'

const secretKey = 'sk_test_averysecretkey'
const number = '4242424242424242'
const spaced = '4242 4242 4242 4242'
const cvc = '737'
const card = { number, cvc, exp_month: 12, exp_year: 2034, holder_name: 'Ada' }
const request: CreateCardCharge = { amount: 1, currency: 'EUR', payment_method: { type: 'card', card } }

/** All that a log could show of an error. */
function showAll(error: FincoreError): string {
  const shown = inspect(error, { depth: 9, showHidden: true })
  return [String(error), error.stack, error.message, shown, JSON.stringify(error), JSON.stringify(error.cause)].join(
    '\n',
  )
}

async function open(t: TestContext) {
  const server = await startFaultServer()
  const relay = { url: server.url, cert: 'a certificate', key: 'a private key' }
  const fincore = new Fincore({ api: 'http://127.0.0.1:9', secretKey, relay, maxRetries: 0 })
  t.after(() => {
    fincore.close()
    server.close()
  })
  const fail = () =>
    fincore.charges.create(request).then(
      () => assert.fail('the call succeeded'),
      (error) => (error instanceof FincoreError ? error : assert.fail(error)),
    )
  return { server, fincore, fail }
}

describe('what must be shown to nobody', () => {
  it('stands in no error, whatever of it a broken answer repeats', async (t) => {
    const { server, fail } = await open(t)
    const headers = { 'x-request-id': number }
    const echoes = [
      json(400, {
        code: 'parameter_invalid',
        detail: `${number} is wrong`,
        param: number,
        type: `https://x/${number}`,
      }),
      json(400, { code: 'parameter_invalid', detail: `${spaced} is wrong`, request_id: secretKey }, headers),
      json(400, { code: 'parameter_invalid', detail: `the code ${cvc} is wrong`, param: `a.${cvc}` }),
      json(401, { code: secretKey, detail: `Bearer ${secretKey} is wrong` }),
      json(500, { code: 'internal_error', detail: JSON.stringify(request) }),
      json(502, { error: request }),
      cutOff,
      ...[201, 400, 500].map((status) => (response: Parameters<typeof cutOff>[0]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(`{"number":"${number}","cvc":"${cvc}"`)
      }),
      // No HTTP at all: Node’s own error has what it read.
      (response: Parameters<typeof cutOff>[0]) => void response.socket?.end(`HTTP/9 ${number}\r\n${secretKey}\r\n\r\n`),
    ]
    for (const [index, echo] of echoes.entries()) {
      server.answerWith(echo as typeof cutOff)
      const text = showAll(await fail())
      for (const secret of [number, spaced, secretKey])
        assert.ok(!text.includes(secret), `echo ${index} shows ${secret} in ${text}`)
      assert.doesNotMatch(text, /\b737\b/, `echo ${index}`)
    }
  })

  it('is kept where it is not what was sent: a number that only looks like the code', async (t) => {
    const { server, fail } = await open(t)
    server.answer(400, { code: 'parameter_invalid', detail: 'amount must be <= 17370.', param: 'amount' })
    assert.equal((await fail()).detail, 'amount must be <= 17370.')
  })

  it('stands in nothing that the client shows of itself', async (t) => {
    const { fincore } = await open(t)
    const shown = inspect(fincore, { depth: 9, showHidden: true, getters: true }) + JSON.stringify(fincore)
    for (const secret of [secretKey, 'a private key']) assert.ok(!shown.includes(secret))
  })
})

describe('what cannot be right', () => {
  const usage = (code: string, words: RegExp) => (error: unknown) => {
    assert.ok(error instanceof FincoreUsageError)
    assert.equal(error.code, code)
    assert.match(error.message, words)
    assert.ok(!showAll(error).includes('avery'))
    return true
  }
  const wrong: [Partial<FincoreOptions>, RegExp][] = [
    [{ secretKey: 'pk_test_avery' }, /publishable key/],
    [{ secretKey: '' }, /secretKey is missing/],
    [{ secretKey: 'averysecret key' }, /must look like sk_/],
    [{ api: 'http://pay.example.com' }, /without TLS anybody on the way reads the key/],
    [{ api: 'pay.example.com' }, /api must be an https: address/],
    [{ api: '' }, /api is missing: give its address, such as https:/],
    [{ api: undefined } as unknown as Partial<FincoreOptions>, /api is missing/],
    [{ api: 'https://pay.example.com/v1/' }, /api must be the address without \/v1/],
    [{ api: 'https://averyuser:averyword@pay.example.com' }, /no user/],
    [{ relay: { url: 'http://10.0.0.1', cert: '', key: '' } }, /relay\.url must be an https: address/],
    [{ timeoutMs: 0 }, /timeoutMs must be a whole number/],
    [{ maxRetries: 1e9 }, /maxRetries must be a whole number/],
    [{ timeout: 5_000 } as object, /timeout is not an option of a client\. Those are api, /],
  ]
  for (const [option, words] of wrong)
    it(`is refused when the client is made: ${words.source}`, () => {
      const options = { api: 'https://pay.example.com', secretKey, ...option }
      assert.throws(() => new Fincore(options), usage('option_invalid', words))
    })

  it('is refused in a browser, where a secret key would be everybody’s', () => {
    const globals = globalThis as { window?: object; document?: object }
    Object.assign(globals, { window: {}, document: {} })
    try {
      assert.throws(
        () => new Fincore({ api: 'https://pay.example.com', secretKey }),
        usage('option_invalid', /@fincore\/browser/),
      )
    } finally {
      delete globals.window
      delete globals.document
    }
  })

  it('is sent to nobody: a raw card without a relay, an id that is none, a key that holds the card', async (t) => {
    const { server, fincore } = await open(t)
    const bare = new Fincore({ api: server.url, secretKey })
    await assert.rejects(bare.charges.create(request), usage('relay_missing', /make the client with relay/))
    for (const method of [
      { type: 'token', card },
      { type: 'Card', card },
      { type: 'card' },
      { type: 'card', card: { ...card, number: 4242 } },
      null,
    ]) {
      const misspelt = { ...request, payment_method: method } as unknown as CreateCardCharge
      await assert.rejects(bare.charges.create(misspelt), usage('option_invalid', /payment_method/))
    }
    for (const id of ['', number, 'ps_1', '../charges', 'ch_1?x']) {
      await assert.rejects(bare.charges.get(id), usage('option_invalid', /The id of a charge looks like ch_…/))
    }
    const idempotencyKey = `order-${number}`
    await assert.rejects(fincore.charges.create(request, { idempotencyKey }), usage('option_invalid', /card’s number/))
    const circle: { self?: object } = {}
    circle.self = circle
    const body = { charge: 'ch_1', metadata: circle as Record<string, string> }
    await assert.rejects(bare.refunds.create(body), usage('option_invalid', /cannot be written as JSON/))
    assert.equal(server.calls.length, 0)
  })

  it('is sent to nobody: options that are none, such as a misspelt key, which would be another key each time', async (t) => {
    const { server, fincore } = await open(t)
    const wrongOptions: [unknown, RegExp][] = [
      [{ idempotencykey: 'order-1' }, /idempotencykey is not an option of a call\. Those are idempotencyKey, /],
      [{ sk_live_avery1: 'order-1' }, /What was given is not an option of a call/],
      ['order-1', /The options of a call are an object/],
      [null, /The options of a call are an object/],
    ]
    for (const [options, words] of wrongOptions)
      await assert.rejects(fincore.charges.create(request, options as WriteOptions), usage('option_invalid', words))
    assert.equal(server.calls.length, 0)
  })
})
