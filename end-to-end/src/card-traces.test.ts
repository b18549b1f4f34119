import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ErrorCode } from '@fincore/api-contract/errors'
import { readRecordedTrace } from '@fincore/dev/tracing-page'
import { startWebhookReceiver, type WebhookReceiver } from '@fincore/dev/webhook-receiver'
import {
  dumpDatabase,
  escapeDigits,
  findInMemory,
  findTraces,
  groupNumber,
  hashesOf,
  makeCanary,
  readWorldFiles,
} from './card-traces.ts'
import { postRaw, type RawAnswer } from './relay-door.ts'
import { type OtlpReceiver, startOtlpReceiver } from './trace/otlp-receiver.ts'
import { traceCharge } from './trace/trace-charge.ts'
import { shapeOf } from './trace/trace-tree.ts'
import { cardCharge, eventually, type StartedWorld, startWorld } from './world.ts'

/** The security code of every card here; too short to be searched for by itself. */
const cvc = '907'
const marker = 'order-that-may-be-found'

let used = 0
const numbers: string[] = []
function nextNumber(): string {
  const number = makeCanary(used++)
  numbers.push(number)
  return number
}

/** A charge as JSON text whose card is written by hand. */
function chargeText(card: string, more = ''): string {
  return `{"amount":1000,"currency":"EUR","payment_method":{"type":"card","card":{${card}}}${more}}`
}
function cardText(number: string, code = `"${cvc}"`): string {
  return `"number":${number},"cvc":${code},"exp_month":12,"exp_year":2034`
}
const quote = (text: string) => `"${text}"`
const token = '"payment_method":{"type":"token","token":"tok_x"}'

/** What a merchant might send to the public API, and the field that the refusal names. */
const wrongDoor: [what: string, param: string | null, body: (number: string) => string][] = [
  ['in payment_method.card', 'payment_method.card.number', (number) => chargeText(cardText(quote(number)))],
  ['in metadata', 'metadata.note', (number) => `{"amount":1000,${token},"metadata":{"note":"card ${number}"}}`],
  ['in the description', 'description', (number) => `{"amount":1000,${token},"description":"${number}"}`],
  ['as a JSON number', 'metadata.n', (number) => `{"amount":1000,${token},"metadata":{"n":${number}}}`],
  ['as the amount', 'amount', (number) => `{"amount":${number},"currency":"EUR",${token}}`],
  ['with spaces', 'description', (number) => `{"amount":1000,${token},"description":"${groupNumber(number)}"}`],
  ['with dashes', 'description', (number) => `{"amount":1000,${token},"description":"${groupNumber(number, '-')}"}`],
  ['behind escapes', 'description', (number) => `{"amount":1000,${token},"description":"${escapeDigits(number)}"}`],
  [
    'behind one escape, in a card whose name is escaped',
    'payment_method.card.number',
    (number) =>
      chargeText(cardText(quote(`${escapeDigits(number.slice(0, 1))}${number.slice(1)}`))).replace(
        '"card":',
        '"c\\u0061rd":',
      ),
  ],
  ['as the name of a field', 'metadata', (number) => `{"amount":1000,${token},"metadata":{"${number}":"x"}}`],
  ['in JSON that breaks off', 'description', (number) => `{"amount":1000,${token},"description":"${number}`],
]

const manyTimes = 60

type BodyCase = {
  what: string
  code: ErrorCode
  param?: string
  body: (number: string) => string | Buffer
  headers?: (number: string) => Record<string, string>
  chunked?: boolean
}
const numberParam = 'payment_method.card.number'
const cvcParam = 'payment_method.card.cvc'
const good = (number: string) => chargeText(cardText(quote(number)))

/** What the relay's reader of bodies refuses, each with a card that would otherwise pay. */
const bodies: BodyCase[] = [
  {
    what: 'an escape in the number',
    code: 'card_field_ambiguous',
    param: numberParam,
    body: (number) => chargeText(cardText(quote(escapeDigits(number.slice(0, 1)) + number.slice(1)))),
  },
  {
    what: 'an escape in the code',
    code: 'card_field_ambiguous',
    param: cvcParam,
    body: (number) => chargeText(cardText(quote(number), '"\\u0039\\u0030\\u0037"')),
  },
  {
    what: 'an escape in a key of the card',
    code: 'card_field_ambiguous',
    body: (number) => good(number).replace('"number"', '"n\\u0075mber"'),
  },
  {
    what: 'two numbers',
    code: 'card_field_ambiguous',
    param: numberParam,
    body: (number) => chargeText(`"number":"4242424242424242",${cardText(quote(number))}`),
  },
  {
    what: 'two cards',
    code: 'card_field_ambiguous',
    param: 'payment_method.card',
    body: (number) => good(number).replace('"card":{', `"card":{${cardText('"4242424242424242"')}},"card":{`),
  },
  {
    what: 'two payment methods',
    code: 'card_field_ambiguous',
    param: 'payment_method',
    body: (number) => chargeText(cardText(quote(number)), ',"payment_method":{"type":"token","token":"tok_x"}'),
  },
  {
    what: 'any other key twice',
    code: 'malformed_json',
    body: (number) => chargeText(cardText(quote(number)), ',"amount":1'),
  },
  {
    what: 'a number as a JSON number',
    code: 'card_field_ambiguous',
    param: numberParam,
    body: (number) => chargeText(cardText(number)),
  },
  {
    what: 'a code as a JSON number',
    code: 'card_field_ambiguous',
    param: cvcParam,
    body: (number) => chargeText(cardText(quote(number), cvc)),
  },
  {
    what: 'a number in a list',
    code: 'card_number_invalid',
    param: numberParam,
    body: (number) => chargeText(cardText(`["${number}"]`)),
  },
  {
    what: 'a card that lies too high',
    code: 'card_number_missing',
    param: numberParam,
    body: (number) => `{"amount":1000,"currency":"EUR","card":{${cardText(quote(number))}}}`,
  },
  {
    what: 'a card that lies too deep',
    code: 'card_number_missing',
    param: numberParam,
    body: (number) => chargeText(`"card":{${cardText(quote(number))}}`),
  },
  {
    what: 'a payment method in a list',
    code: 'card_number_missing',
    param: numberParam,
    body: (number) => good(number).replace('"payment_method":{', '"payment_method":[{').replace(/}}$/, '}]}'),
  },
  {
    what: 'no code',
    code: 'card_cvc_missing',
    param: cvcParam,
    body: (number) => chargeText(`"number":"${number}","exp_month":12,"exp_year":2034`),
  },
  {
    what: 'a card on file, which has no code, at a PSP that takes none',
    code: 'merchant_initiated_not_supported',
    body: (number) =>
      chargeText(
        `"number":"${number}","exp_month":12,"exp_year":2034`,
        ',"initiator":"merchant","network_transaction_id":"MCC1234560105"',
      ),
  },
  {
    what: 'a 3-D Secure result at a PSP that takes none',
    code: 'three_d_secure_not_supported',
    body: (number) =>
      chargeText(
        cardText(quote(number)),
        ',"three_d_secure":{"eci":"05","cavv":"AAABBEg0VhI0VniQEjRWAAAAAAA=","ds_transaction_id":"f25084f0-5b16-4c0a-ae5d-b24808a95e4b","version":"2.2.0"}',
      ),
  },
  {
    what: 'a number with spaces',
    code: 'card_number_invalid',
    param: numberParam,
    body: (number) => chargeText(cardText(quote(groupNumber(number)))),
  },
  {
    what: 'a digit too many',
    code: 'card_number_invalid',
    param: numberParam,
    body: (number) => chargeText(cardText(quote(`${number}0`))),
  },
  {
    what: 'a code of two digits',
    code: 'card_cvc_invalid',
    param: cvcParam,
    body: (number) => chargeText(cardText(quote(number), '"90"')),
  },
  {
    what: 'the number a second time, in the description',
    code: 'card_field_ambiguous',
    param: numberParam,
    body: (number) => chargeText(cardText(quote(number)), `,"description":"paid by ${groupNumber(number)}"`),
  },
  {
    what: 'another card in metadata',
    code: 'card_data_not_accepted_here',
    param: 'metadata',
    body: (number) => chargeText(cardText('"4242424242424242"'), `,"metadata":{"spare":"${number}"}`),
  },
  {
    what: 'the number as the idempotency key',
    code: 'card_field_ambiguous',
    body: good,
    headers: (number) => ({ 'idempotency-key': number }),
  },
  { what: 'something after the object', code: 'malformed_json', body: (number) => `${good(number)}{}` },
  { what: 'a comma too many', code: 'malformed_json', body: (number) => good(number).replace(/}}}$/, '},}}') },
  { what: 'an end that is missing', code: 'malformed_json', body: (number) => good(number).slice(0, -1) },
  { what: 'a list', code: 'malformed_json', body: (number) => `[${good(number)}]` },
  { what: 'a byte order mark', code: 'malformed_json', body: (number) => `\ufeff${good(number)}` },
  {
    what: 'bytes that are not UTF-8',
    code: 'malformed_json',
    body: (number) => Buffer.from(chargeText(cardText(quote(number)), ',"description":"\xff"'), 'latin1'),
  },
  {
    what: 'lists 40 deep',
    code: 'malformed_json',
    body: (number) => chargeText(cardText(quote(number)), `,"metadata":${'['.repeat(40)}${']'.repeat(40)}`),
  },
  { what: 'more than 64 KiB', code: 'body_too_large', body: pad },
  { what: 'more than 64 KiB of unsaid length', code: 'body_too_large', body: pad, chunked: true },
  {
    what: 'a form',
    code: 'media_type_unsupported',
    body: (number) => `number=${number}&cvc=${cvc}`,
    headers: () => ({ 'content-type': 'application/x-www-form-urlencoded' }),
  },
  {
    what: 'a compressed body',
    code: 'media_type_unsupported',
    body: good,
    headers: () => ({ 'content-encoding': 'gzip' }),
  },
]

function pad(number: string): string {
  return chargeText(cardText(quote(number)), `,"description":"${'x'.repeat(65_536)}"`)
}

/**
 * Every way in for a card number, right and wrong, and then one search through all that is left of them: rows, logs,
 * files, answers, webhooks. The tests run in their order; the search is the last.
 */
describe('a card number appears nowhere', () => {
  let world: StartedWorld
  let receiver: WebhookReceiver
  let traces: OtlpReceiver
  let first: Awaited<ReturnType<typeof traceCharge>>
  /** All that was answered to anybody. */
  const answers: string[] = []
  before(async () => {
    traces = await startOtlpReceiver()
    world = await startWorld({ ownPostgres: true, env: { 'payment-service': { TRACES_ENDPOINT: traces.url } } })
    // Before there is another webhook endpoint than the shop's.
    first = await traceCharge(world, traces, nextNumber())
    receiver = await startWebhookReceiver()
    const endpoint = await world.api('POST', '/v1/webhook_endpoints', { url: receiver.url, events: ['*'] })
    assert.equal(endpoint.status, 201, endpoint.text)
    receiver.useSecret(String(endpoint.body.secret))
  })
  after(async () => {
    await receiver.close()
    await world.close()
    await traces.close()
  })

  const postToApi = async (path: string, body: string | undefined, headers: Record<string, string> = {}) => {
    const response = await fetch(world.fincore.dev.api + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${world.fincore.dev.secret_key}`,
        ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    })
    const text = await response.text()
    answers.push(JSON.stringify([...response.headers]) + text)
    const problem = text.startsWith('{') ? JSON.parse(text) : {}
    return { status: response.status, code: problem.code, param: problem.param, text }
  }

  it('the search knows a number in every form', () => {
    const number = makeCanary(999)
    const forms = [number, groupNumber(number), groupNumber(number, '-'), escapeDigits(number)]
    const encoded = [0, 1, 2].map((length) => Buffer.from(`${'x'.repeat(length)}${number}`).toString('base64'))
    const hex = Buffer.from(number).toString('hex')
    for (const form of [...forms, ...encoded, hex, `${escapeDigits('4')}${number.slice(1)}`]) {
      assert.equal(findTraces(`before ${form} after`).length, 1, form)
    }
    assert.deepEqual(findTraces(`${number.slice(0, 6)}••••${number.slice(-4)}`), [])
  })

  it('its first charge has the trace that is drawn in docs/tracing.md, and says where its time went', async () => {
    const { tree, spans, charge, serverTiming } = first
    assert.deepEqual(shapeOf(tree), shapeOf(readRecordedTrace()))
    const sent = spans.find(({ name }) => name === 'send the card')
    assert.deepEqual(
      [sent?.attributes['fincore.outcome'], sent?.attributes['http.response.status_code']],
      ['approved', '201'],
    )
    const request = spans.find(({ parentId }) => parentId === null)
    assert.equal(request?.attributes['fincore.request']?.slice(4), charge.slice(3), 'charge and request are one trace')
    const [, ownMs, pspMs] = /^fincore;dur=(\d+\.\d), psp;dur=(\d+\.\d)$/.exec(serverTiming) ?? []
    const allMs = (tree[0]?.lastedMs ?? 0) + 0.3
    assert.ok(Number(pspMs) > 0 && Number(ownMs) > 0 && Number(ownMs) + Number(pspMs) <= allMs, serverTiming)
  })

  for (const [what, param, body] of wrongDoor) {
    it(`at the public API ${what}: refused, and the field is named`, async () => {
      const before = await countWritten(world)
      const answer = await postToApi('/v1/charges', body(nextNumber()))
      assert.deepEqual([answer.status, answer.code, answer.param], [403, 'card_data_not_accepted_here', param])
      assert.ok(answer.text.includes(world.fincore.dev.relay), 'it names the right door')
      assert.deepEqual(await countWritten(world), before)
    })
  }

  it('at the public API many times: next to nothing is left in the memory of the payment service', async () => {
    const sent = Array.from({ length: manyTimes }, nextNumber)
    for (const number of sent) {
      const answer = await postToApi('/v1/charges', `{"amount":1000,${token},"description":"${number}"}`)
      assert.equal(answer.status, 403)
    }
    // The last requests may still stand in Node's own buffers of its sockets. The control: when the chunks that the
    // body arrived in are not overwritten, this finds nearly all.
    const { size } = findInMemory(world.fincore.processes['payment-service'].pid, sent)
    assert.ok(size <= 6, `${size} of ${sent.length} card numbers were found`)
  })

  it('each at the public API is counted in the audit log, with a field that it stood in', async () => {
    const params = new Set(wrongDoor.map(([, param]) => param))
    await eventually('the audit records', async () => {
      const { rows } = await world.database.query<{
        param: string
        count: number
        outcome: string
        merchant_id: string
      }>(
        `select details ->> 'param' as param, (details ->> 'count')::int as count, outcome, merchant_id
         from audit_records where type = 'card_data.send' and resource = 'POST /v1/charges'`,
      )
      for (const { param, outcome, merchant_id } of rows)
        assert.deepEqual([params.has(param), outcome, merchant_id], [true, 'refused', world.fincore.dev.merchant])
      return rows.reduce((sum, { count }) => sum + count, 0) === wrongDoor.length + manyTimes
    })
  })

  it('at the public API outside the body: refused, and forgotten', async () => {
    const asKey = await postToApi('/v1/charges', '{}', { 'idempotency-key': groupNumber(nextNumber(), '-') })
    assert.deepEqual([asKey.code, asKey.param], ['card_data_not_accepted_here', 'Idempotency-Key'])
    const traceparent = `00-${nextNumber().padStart(32, '0')}-00${nextNumber().slice(0, 14)}-01`
    assert.equal((await postToApi('/v1/charges/none', undefined, { traceparent })).status, 404)
    const unknown = await postToApi('/v1/charges', good(nextNumber()), { authorization: 'Bearer sk_test_nobody' })
    assert.ok(unknown.status === 401 || unknown.status === 403, unknown.text)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    assert.ok((await postToApi('/v1/charges', `number=${nextNumber()}&cvc=${cvc}`, form)).status >= 400)
    for (const [path, param] of [
      [`/v1/charges/${nextNumber()}`, 'id'],
      [`/v1/charges?merchant_reference=${groupNumber(nextNumber(), '+')}`, 'merchant_reference'],
      [`/v1/${nextNumber()}`, null],
    ] as const) {
      const answer = await postToApi(path, undefined)
      assert.deepEqual([answer.code, answer.param], ['card_data_not_accepted_here', param])
    }
    assert.equal((await postToApi(`/s/${'x'.repeat(43)}`, `number=${nextNumber()}`, form)).status, 403)
  })

  for (const { what, code, param = null, body, headers, chunked = false } of bodies) {
    it(`at the card relay with ${what}: ${code}, and nothing is written`, async () => {
      const before = await countWritten(world)
      const number = nextNumber()
      const answer: RawAnswer = await postRaw(world, body(number), {
        ...(headers && { headers: headers(number) }),
        chunked,
      })
      answers.push(answer.text)
      assert.deepEqual([answer.code, answer.param], [code, param], answer.text)
      assert.deepEqual(await countWritten(world), before)
    })
  }

  /** The numbers that were charged, which only the card relay may see. */
  const charged: string[] = []

  it('in a charge that succeeds, its replay, its reads and its webhooks', async () => {
    const number = nextNumber()
    charged.push(number)
    const headers = { 'idempotency-key': 'the-one-that-succeeds' }
    const text = chargeText(cardText(quote(number)), `,"merchant_reference":"${marker}"`)
    const made = await postRaw(world, text, { headers })
    assert.equal(made.status, 201, made.text)
    const charge = JSON.parse(made.text)
    assert.equal(charge.status, 'captured')
    const { first6, last4 } = charge.payment_method.card
    assert.deepEqual([first6, last4], [number.slice(0, 6), number.slice(-4)])
    const replayed = await postRaw(world, text, { headers })
    assert.deepEqual([replayed.status, JSON.parse(replayed.text).id], [201, charge.id])
    answers.push(made.text, replayed.text)
    for (const path of ['', `/${charge.id}`, `?merchant_reference=${marker}`])
      await postToApi(`/v1/charges${path}`, undefined)
    const event = await receiver.waitFor(
      ({ type, data }) => type === 'charge.captured' && objectOf(data).id === charge.id,
      10_000,
    )
    assert.ok(event, 'the webhook arrived')
    assert.deepEqual(objectOf(event.data).payment_method, charge.payment_method)
  })

  it('in a charge that the PSP does not answer', async () => {
    const { psp: sandbox } = world.fincore.processes
    await sandbox.kill()
    const number = nextNumber()
    charged.push(number)
    const answer = await world.relay(cardCharge(number))
    answers.push(answer.text)
    assert.equal(answer.status, 201, answer.text)
    assert.ok(['failed', 'processing'].includes(String(answer.body.status)), answer.text)
    await sandbox.restart()
  })

  it('in an order of the shop, paid from server to server', async () => {
    const { shop } = world.fincore.dev
    const page = await (await fetch(`${shop}/checkout/morning-cup?way=server`)).text()
    const attempt = /name="attempt" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const number = nextNumber()
    charged.push(number)
    const card = { number: groupNumber(number), expiry: '12/34', cvc, holder_name: 'Canary' }
    const body = new URLSearchParams({ attempt, way: 'server', ...card })
    const sent = await fetch(`${shop}/checkout/morning-cup`, { method: 'POST', body })
    const order = await eventually('the order to be paid', async () => {
      const text = await (await fetch(sent.url)).text()
      return text.includes('data-order-status="paid"') ? text : null
    })
    assert.match(order, /412345••••/)
    answers.push(page, order)
  })

  it('not in any row of any table', async () => {
    const dump = await dumpDatabase(world)
    assert.ok(dump.includes(marker) && dump.includes(numbers[0]?.slice(0, 6) ?? ''), 'the search finds what is there')
    assert.deepEqual(findTraces(dump, [...hashesOf(numbers), ...codeForms]), [])
  })

  it('not in any file: logs, PostgreSQL’s data and write-ahead log, what sandbox and shop keep', () => {
    const files = readWorldFiles(world)
    const holdsMarker = files.filter(({ bytes }) => bytes.includes(marker)).map(({ path }) => path)
    assert.ok(
      holdsMarker.some((path) => path.includes('pg_wal')),
      `the search finds what is there: ${holdsMarker}`,
    )
    for (const process of Object.keys(world.fincore.processes)) {
      const name = process === 'psp' ? 'psp-sandbox' : process
      const log = files.find(({ path }) => path === `logs/${name}.log`)
      assert.ok(log && log.bytes.length > 0, `${name} has a log`)
    }
    const found = files.flatMap(({ path, bytes }) => findTraces(bytes, codeForms).map((form) => `${path}: ${form}`))
    assert.deepEqual(found, [])
  })

  it('not in the memory of the payment service', () => {
    assert.deepEqual([...findInMemory(world.fincore.processes['payment-service'].pid, charged)], [])
    assert.ok(
      findInMemory(process.pid, charged).size > 0,
      'the search finds what is there: this process has them as text',
    )
  })

  it('not in any byte of a trace, and neither is a text of a merchant', async () => {
    await eventually('the shop’s charges are traced', async () =>
      traces.spans().some(({ name }) => name === 'GET /v1/charges/:id'),
    )
    const bytes = traces.received()
    assert.ok(bytes.includes('card_data_not_accepted_here'), 'the refusals are traced')
    const texts = [marker, 'the-one-that-succeeds', 'shop.example'].map((text) => ({
      name: text,
      bytes: Buffer.from(text),
    }))
    assert.deepEqual(findTraces(bytes, [...hashesOf(numbers), ...codeForms, ...texts]), [])
  })

  it('not in any answer or webhook', () => {
    assert.deepEqual(findTraces(answers.join('\n'), hashesOf(numbers)), [])
    assert.deepEqual(findTraces(JSON.stringify(receiver.events), [...hashesOf(numbers), ...codeForms]), [])
    assert.equal(receiver.wrongSignatures(), 0)
  })
})

/** The security code beside its name, as it came in or was sent on. */
const codeForms = [`"cvc":"${cvc}"`, `"cvc": "${cvc}"`, `cvc=${cvc}`, `\\"cvc\\":\\"${cvc}\\"`].map((text) => ({
  name: `the code as ${text}`,
  bytes: Buffer.from(text),
}))

/** The object that an event is about. */
function objectOf(data: unknown): { id?: string; payment_method?: unknown } {
  return (data as { object: { id?: string } }).object
}

async function countWritten(world: StartedWorld): Promise<unknown> {
  const { rows } = await world.database.query(
    `select (select count(*) from charges) as charges, (select count(*) from attempts) as attempts,
       (select count(*) from idempotency_keys) as keys, (select count(*) from events) as events`,
  )
  return rows[0]
}
