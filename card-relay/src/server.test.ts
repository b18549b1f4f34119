import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import net from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import tls from 'node:tls'
import type { AdmissionAnswer } from '@fincore/api-contract/card-door'
import { replyWith, startWorld, type World } from './testing/relay-world.ts'

const number = '4242424242424242'
const body = JSON.stringify({
  amount: 1000,
  currency: 'EUR',
  payment_method: { type: 'card', card: { number, cvc: '737', exp_month: 12, exp_year: 2031 } },
})

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world.stop())

const refusal: AdmissionAnswer = {
  decision: 'refuse',
  reply: {
    status: 403,
    headers: { 'content-type': 'application/problem+json' },
    body: '{"code":"raw_card_grant_missing"}',
  },
}

describe('the card relay, before the body', () => {
  beforeEach(() => {
    world.on.admission = () => ({ decision: 'admit', exemptKeys: [] })
    world.on.charge = () => replyWith(201, '{"object":"charge"}')
    world.seen.admissions.length = 0
    world.seen.charges.length = 0
  })

  it('answers admission’s refusal, reads not one byte of the body, and closes the connection', async () => {
    world.on.admission = () => refusal
    const before = world.relay.bodyCount.bytesRead
    const answer = await world.post(body, { headers: { authorization: 'Bearer sk_test_refused' } })
    assert.equal(answer.status, 403)
    assert.equal(answer.body, '{"code":"raw_card_grant_missing"}')
    assert.equal(answer.headers.connection, 'close')
    assert.equal(world.relay.bodyCount.bytesRead, before)
    assert.equal(world.seen.charges.length, 0)
  })

  it('answers a refused client that still sends a mebibyte', async () => {
    world.on.admission = () => refusal
    const answer = await world.post(Buffer.alloc(1_048_576, 0x61), {
      headers: { authorization: 'Bearer sk_test_large' },
    })
    assert.equal(answer.status, 403)
  })

  it('answers a refusal before a client that waits for 100 Continue sends its body', async () => {
    world.on.admission = () => refusal
    const headers = { expect: '100-continue', authorization: 'Bearer sk_test_waits' }
    const refused = await world.post(body, { headers })
    assert.deepEqual([refused.status, refused.continued], [403, false])
  })

  it('lets an admitted client that waits for 100 Continue send its body', async () => {
    const answer = await world.post(body, { headers: { expect: '100-continue' } })
    assert.deepEqual([answer.status, answer.continued], [201, true])
  })

  it('tells admission the digests of the key and the certificate, and the address', async () => {
    world.on.admission = () => refusal
    await world.post(body, { headers: { authorization: 'Bearer sk_test_digest' } })
    const caller = world.seen.admissions[0]?.caller
    assert.equal(caller?.keyDigest, createHash('sha256').update('sk_test_digest').digest('hex'))
    assert.equal(caller?.certificateFingerprint, world.clientFingerprint)
    assert.equal(caller?.sourceAddress, '127.0.0.1')
  })

  for (const kind of ['none', 'ofStrangers', 'expired', 'forServers'] as const) {
    it(`gives admission no fingerprint for a certificate of the kind: ${kind}`, async () => {
      world.on.admission = () => refusal
      const answer = await world.post(body, { certificate: world.certificates[kind] })
      assert.equal(answer.status, 403)
      assert.equal(world.seen.admissions[0]?.caller.certificateFingerprint, null)
    })
  }

  it('remembers an admit of the same caller, and asks again for another', async () => {
    const key = { authorization: 'Bearer sk_test_remembered' }
    await world.post(body, { headers: key })
    await world.post(body, { headers: key })
    assert.equal(world.seen.admissions.length, 1)
    await world.post(body, { headers: { authorization: 'Bearer sk_test_other' } })
    assert.equal(world.seen.admissions.length, 2)
  })

  it('answers 503 and reads nothing when admission gets no answer', async () => {
    world.on.admission = () => null
    const before = world.relay.bodyCount.bytesRead
    const answer = await world.post(body, { headers: { authorization: 'Bearer sk_test_unanswered' } })
    assert.equal(answer.status, 503)
    assert.equal(JSON.parse(answer.body).code, 'service_unavailable')
    assert.ok(answer.headers['retry-after'])
    assert.equal(world.relay.bodyCount.bytesRead, before)
  })

  const cases = [
    {
      it: 'another content type',
      options: { headers: { 'content-type': 'text/plain' } },
      status: 415,
      code: 'media_type_unsupported',
    },
    {
      it: 'a compressed body',
      options: { headers: { 'content-encoding': 'gzip' } },
      status: 415,
      code: 'media_type_unsupported',
    },
    { it: 'another path', options: { path: '/v1/refunds' }, status: 404, code: 'route_not_found' },
    { it: 'a query', options: { path: '/v1/charges?a=1' }, status: 404, code: 'route_not_found' },
    { it: 'another method', options: { method: 'PUT' }, status: 405, code: 'method_not_allowed' },
  ]
  for (const one of cases) {
    it(`refuses ${one.it} with ${one.code}`, async () => {
      const before = world.relay.bodyCount.bytesRead
      const answer = await world.post(body, one.options)
      assert.equal(answer.status, one.status)
      const problem = JSON.parse(answer.body)
      assert.equal(problem.code, one.code)
      assert.equal(problem.type, `http://127.0.0.1:4000/docs/errors#${one.code}`)
      assert.equal(problem.request_id, answer.headers['x-request-id'])
      assert.equal(answer.headers['content-type'], 'application/problem+json')
      assert.equal(world.relay.bodyCount.bytesRead, before)
    })
  }

  it('refuses a mebibyte at once, by its Content-Length', async () => {
    const before = world.relay.bodyCount.bytesRead
    const answer = await world.post(Buffer.alloc(1_048_576, 0x20))
    assert.equal(answer.status, 413)
    assert.equal(JSON.parse(answer.body).code, 'body_too_large')
    assert.equal(world.relay.bodyCount.bytesRead, before)
  })

  it('refuses a body without a length once it passes 64 KiB', async () => {
    const answer = await world.post(Buffer.alloc(80_000, 0x20), { drip: 10_000 })
    assert.equal(answer.status, 413)
  })

  it('takes a body that drips in byte by byte', async () => {
    const answer = await world.post(body, { drip: 1 })
    assert.equal(answer.status, 201)
    assert.equal(world.seen.charges[0]?.blankedBody, body.replace(number, '*'.repeat(16)).replace('737', '***'))
  })

  it('says that it lives and is ready to anyone', async () => {
    const ask = (path: string) => world.post('', { path, method: 'GET', certificate: world.certificates.none })
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await ask(path)
      assert.deepEqual([answer.status, answer.body], [200, '{"status":"ok"}'])
    }
    for (const path of ['/health', '/health/live?x', '/health/ready/']) assert.equal((await ask(path)).status, 404)
  })

  it('speaks no TLS below 1.2', async () => {
    const { port } = new URL(world.relay.url)
    const options = { host: '127.0.0.1', port: Number(port), rejectUnauthorized: false }
    const socket = tls.connect({
      ...options,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const outcome = await new Promise((resolve) =>
      socket.once('secureConnect', resolve).once('error', () => resolve('error')),
    )
    assert.equal(outcome, 'error')
  })

  it('survives what is no TLS and what is no HTTP, and goes on', async () => {
    const { port } = new URL(world.relay.url)
    const plain = net.connect(Number(port), '127.0.0.1', () => plain.write('GET / HTTP/1.1\r\n\r\n'))
    await new Promise((resolve) =>
      plain
        .once('close', resolve)
        .once('error', () => undefined)
        .resume(),
    )
    const socket = tls.connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false })
    socket.write(
      `POST /v1/charges HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${number}`,
    )
    const text = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))
    assert.match(text, /^HTTP\/1\.1 400 /)
    socket.destroy()
    assert.equal((await world.post(body)).status, 201)
    assert.doesNotMatch(world.logLines.join(''), /42424242/)
  })
})

describe('the card relay, on the body', () => {
  it('refuses a bad body with its code, keeps nothing of it, and never asks the payment service', async () => {
    world.seen.charges.length = 0
    const answer = await world.post(body.replace(`"${number}"`, number))
    assert.equal(answer.status, 400)
    const problem = JSON.parse(answer.body)
    assert.deepEqual([problem.code, problem.param], ['card_field_ambiguous', 'payment_method.card.number'])
    assert.equal(world.seen.charges.length, 0)
    assert.equal(world.memory.count(), 0)
    assert.doesNotMatch(answer.body + world.logLines.join(''), /42424242/)
  })

  it('refuses a card number in the idempotency key', async () => {
    const answer = await world.post(body, { headers: { 'idempotency-key': `order 4242-4242-4242-4242` } })
    assert.equal(JSON.parse(answer.body).code, 'card_field_ambiguous')
  })

  it('passes the idempotency key up as it came, and null when it is missing', async () => {
    world.seen.charges.length = 0
    await world.post(body, { headers: { 'idempotency-key': '"quoted"' } })
    assert.equal(world.seen.charges[0]?.idempotencyKey, '"quoted"')
  })

  it('stops, and leaves no card data behind', async () => {
    const own = await startWorld()
    await own.post(body)
    await own.stop()
    assert.equal(own.memory.count(), 0)
    for (const buffer of own.buffers) assert.ok(buffer.every((value) => value === 0))
    await assert.rejects(own.post(body))
  })
})

describe('another card number in a body', () => {
  const stray = '4111111111111111'
  const say = (more: object) => JSON.stringify({ ...JSON.parse(body), ...more })
  beforeEach(() => {
    world.on.stray = () => ({ taken: true })
    world.seen.strays.length = 0
    world.seen.charges.length = 0
    world.logLines.length = 0
  })

  it('is told to the payment service with its caller and its field, and nothing of the body is', async () => {
    const fields: [more: object, param: string | null][] = [
      [{ metadata: { a: 'x', order_no: stray }, description: 'x' }, 'metadata'],
      [{ description: `my card ${stray}` }, 'description'],
      [{ [stray]: 1 }, null],
      [{ 'a-1': stray }, null],
    ]
    for (const [more, param] of fields) {
      const answer = await world.post(say(more))
      const problem = JSON.parse(answer.body)
      assert.deepEqual([answer.status, problem.code, problem.param], [403, 'card_data_not_accepted_here', param])
      const told = world.seen.strays.at(-1)
      const keyDigest = createHash('sha256').update('sk_test_abc').digest('hex')
      const caller = { keyDigest, certificateFingerprint: world.clientFingerprint, sourceAddress: '127.0.0.1' }
      assert.deepEqual(told, { requestId: problem.request_id, caller, param })
    }
    assert.equal(world.seen.strays.length, fields.length)
    assert.equal(world.seen.charges.length, 0)
    // Digests and ids may hold any other row of digits.
    assert.doesNotMatch(JSON.stringify(world.seen.strays) + world.logLines.join(''), /4111111|4242424/)
  })

  it('is refused all the same within a second or so when that is not taken, which is logged', async () => {
    const silences: World['on']['stray'][] = [() => 500, () => null, () => new Promise(() => {})]
    for (const silence of silences) {
      world.on.stray = silence
      const startedAt = performance.now()
      const answer = await world.post(say({ description: stray }))
      assert.equal(answer.status, 403)
      assert.ok(performance.now() - startedAt < 3_000)
      const { request_id } = JSON.parse(answer.body)
      const lines = world.logLines
        .map((line) => JSON.parse(line))
        .filter(({ event }) => event === 'refusal_not_audited')
      assert.deepEqual(
        lines.map(({ requestId, code }) => [requestId, code]),
        [[request_id, 'card_data_not_accepted_here']],
      )
      world.logLines.length = 0
    }
  })

  it('alone is told: other refusals of a body are not', async () => {
    await world.post(say({ description: number }))
    await world.post('{}')
    assert.deepEqual(world.seen.strays, [])
  })
})
