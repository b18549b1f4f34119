import assert from 'node:assert/strict'
import { once } from 'node:events'
import { BlockList } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import type { AdmissionAnswer } from '@fincore/api-contract/card-door'
import type { Config } from './config.ts'
import type { Limits } from './limits.ts'
import { replyWith, startWorld, type World } from './testing/relay-world.ts'

const body = JSON.stringify({ payment_method: { card: { number: '4242424242424242', cvc: '737' } } })
const refusal: AdmissionAnswer = { decision: 'refuse', reply: { status: 403, headers: {}, body: '{}' } }

const worlds: World[] = []
async function start(bounds: Partial<Limits> = {}, settings: Partial<Config> = {}): Promise<World> {
  const world = await startWorld(bounds, settings)
  worlds.push(world)
  return world
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop()
})

/** A stranger's connection, without a certificate, that says what it is given. */
async function connect(world: World, text: string, allowHalfOpen = false) {
  const { port } = new URL(world.relay.url)
  // Node's types do not know the last one.
  const options = { host: '127.0.0.1', port: Number(port), rejectUnauthorized: false, allowHalfOpen }
  const socket = tls.connect(options)
  const seen = { socket, text: '', isClosed: false }
  socket.on('data', (data) => {
    seen.text += data
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    seen.isClosed = true
  })
  await Promise.race([
    once(socket, 'secureConnect'),
    once(socket, 'close').then(() => Promise.reject(new Error('closed'))),
  ])
  socket.write(text)
  return seen
}

type Stranger = Awaited<ReturnType<typeof connect>>

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let waits = 0; !(await isTrue()); waits++) {
    assert.ok(waits < 1_000, `It did not come to this: ${what}`)
    await sleep(10)
  }
}

const announce = (key: string, length = 500) =>
  `POST /v1/charges HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

/** Whoever has neither a key nor a certificate does not stand in the way of a merchant who has both. */
describe('the door for strangers', () => {
  it('takes one of a hundred pipelined requests, and a merchant’s charge beside it', async () => {
    const world = await start({ charges: 50 })
    world.on.admission = ({ caller }) =>
      caller.certificateFingerprint === null ? sleep(400, refusal) : { decision: 'admit', exemptKeys: [] }
    const stranger = await connect(world, announce('sk_test_stranger', 2).concat('{}').repeat(100))
    await until('the stranger’s connection is closed', () => stranger.isClosed)
    assert.equal((await world.post(body)).status, 201)
    assert.equal(world.seen.admissions.filter(({ caller }) => caller.certificateFingerprint === null).length, 1)
    assert.equal(world.logLines.filter((line) => line.includes('"pipelined_request"')).length, 1)
  })

  it('lets a merchant’s charge pass fifteen connections that announce a body and send none', async () => {
    const world = await start({ charges: 10 })
    world.on.admission = ({ caller }) =>
      caller.certificateFingerprint === null ? refusal : { decision: 'admit', exemptKeys: [] }
    const strangers = await Promise.all(
      Array.from({ length: 15 }, (_, index) => connect(world, announce(`sk_${index}`))),
    )
    await until('all are refused', () => strangers.every(({ text }) => text.startsWith('HTTP/1.1 ')))
    assert.ok(strangers.filter(({ isClosed }) => !isClosed).length > 10, 'their bodies are still being waited for')
    assert.equal((await world.post(body)).status, 201)
  })

  it('lets a merchant’s charge pass when a stranger’s questions to admission are slow', async () => {
    const world = await start({ admissions: 20, admissionsPerPeer: 4 })
    world.on.admission = ({ caller }) =>
      caller.certificateFingerprint === null ? sleep(1_500, refusal) : { decision: 'admit', exemptKeys: [] }
    const strangers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => connect(world, announce(`sk_${index}`))),
    )
    await until('most are refused', () => strangers.filter(({ text }) => text.startsWith('HTTP/1.1 503')).length === 26)
    assert.equal(world.seen.admissions.length, 4)
    assert.equal((await world.post(body, { localAddress: '127.0.0.2' })).status, 201)
  })

  it('has a bound of connections of one address, gives each place back, and takes others’ charges meanwhile', async () => {
    const world = await start({ connectionsPerPeer: 3 })
    const connections: Stranger[] = []
    for (let count = 0; count < 3; count++) connections.push(await connect(world, ''))
    await assert.rejects(connect(world, ''), 'a fourth')
    assert.equal((await world.post(body, { localAddress: '127.0.0.2' })).status, 201)
    for (const { socket } of connections) socket.destroy()
    await until('there is a place again', async () => {
      const next = await connect(world, 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n').catch(() => null)
      if (next === null) return false
      await until('it is answered', () => next.text.includes('ok'))
      return true
    })
  })

  it('gives the places back of connections that say nothing, when their side stays open too', async () => {
    const world = await start({ connectionsPerPeer: 3 })
    const strangers = await Promise.all(Array.from({ length: 3 }, () => connect(world, '', true)))
    await until('all are told that it took too long', () => strangers.every(({ text }) => text.includes(' 408 ')))
    await until('there is a place again', () =>
      world
        .post(body)
        .then(({ status }) => status === 201)
        .catch(() => false),
    )
    assert.ok(
      strangers.every(({ socket }) => socket.writable),
      'they were ended by the relay, not by themselves',
    )
  })

  it('gives the place back of a connection that goes on asking and reads no answer', async () => {
    const world = await start({ connectionsPerPeer: 1, answerTimeoutMs: 1_000 })
    const long = { status: 403, headers: {}, body: 'x'.repeat(200_000) }
    world.on.admission = ({ caller }) =>
      caller.certificateFingerprint === null
        ? { decision: 'refuse', reply: long }
        : { decision: 'admit', exemptKeys: [] }
    const stranger = await connect(world, '')
    stranger.socket.pause()
    const countAnswered = () => world.logLines.filter((line) => line.includes('"request_answered"')).length
    for (let asked = 0; asked < 100 && countAnswered() === asked; asked++) {
      stranger.socket.write(announce('sk_test_stranger', 0))
      // Not sooner than the answer has left: a request that comes before is one of several at a time.
      for (let waits = 0; waits < 50 && countAnswered() === asked; waits++) await sleep(10)
    }
    await until('there is a place again', () =>
      world
        .post(body)
        .then(({ status }) => status === 201)
        .catch(() => false),
    )
    assert.ok(countAnswered() > 1, 'it was answered while there was room for its answers')
    assert.ok(!world.logLines.some((line) => line.includes('"pipelined_request"')))
  })

  it('bounds the connections in all, those of a load balancer too', async () => {
    const trustedProxies = new BlockList()
    trustedProxies.addAddress('127.0.0.1')
    const world = await start({ connections: 2 }, { trustedProxies })
    for (let count = 0; count < 2; count++) await connect(world, '')
    await assert.rejects(connect(world, ''), 'a third')
  })

  it('bounds the charges under way, and gives each place back', async () => {
    const world = await start({ charges: 2 })
    world.on.charge = () => sleep(200, replyWith(201, '{}'))
    const answers = await Promise.all([world.post(body), world.post(body), world.post(body)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 503])
    assert.equal((await world.post(body)).status, 201)
  })
})

describe('the end of a body', () => {
  const cases = [
    ['chunked with something before it', 'HTTP/1.1', 'gzip, chunked'],
    ['chunked twice', 'HTTP/1.1', 'chunked, chunked'],
    ['chunked in capitals', 'HTTP/1.1', 'Chunked'],
    ['HTTP/1.0', 'HTTP/1.0', 'chunked'],
  ] as const
  for (const [name, version, encoding] of cases) {
    it(`is not taken from a Transfer-Encoding of this kind: ${name}`, async () => {
      const world = await start()
      const head = `POST /v1/charges ${version}\r\nHost: a\r\nContent-Type: application/json\r\n`
      const stranger = await connect(world, `${head}Transfer-Encoding: ${encoding}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`)
      await until('it is closed', () => stranger.isClosed)
      assert.match(stranger.text, /^HTTP\/1\.1 4\d\d /)
      assert.equal(world.seen.admissions.length, 0)
    })
  }
})

describe('a header that decides something', () => {
  const headers = {
    Host: ['a', 'b'],
    Authorization: ['Bearer sk_a', 'Bearer sk_b'],
    'Idempotency-Key': ['one', 'two'],
    'Content-Type': ['application/json', 'text/plain'],
    'X-Amzn-Mtls-Clientcert-Leaf': ['one', 'two'],
  }
  for (const [name, values] of Object.entries(headers)) {
    it(`is taken once: ${name}`, async () => {
      const world = await start()
      const others = Object.entries(headers).filter(([other]) => other !== name)
      const lines = [
        ...others.map(([other, [value]]) => `${other}: ${value}`),
        ...values.map((value) => `${name}: ${value}`),
      ]
      const head = ['POST /v1/charges HTTP/1.1', ...lines, `Content-Length: ${body.length}`].join('\r\n')
      const stranger = await connect(world, `${head}\r\n\r\n${body}`)
      await until('it is closed', () => stranger.isClosed)
      assert.match(stranger.text, /^HTTP\/1\.1 400 /)
      assert.match(stranger.text, /"code":"malformed_http"/)
      assert.equal(world.seen.admissions.length, 0)
      assert.equal(world.relay.bodyCount.bytesRead, 0)
    })
  }
})

describe('what is no request', () => {
  const huge = 'a'.repeat(20_000)
  const cases: [name: string, text: string, status: number, code: string][] = [
    ['no HTTP', `4242424242424242 ${'x'.repeat(10)}\r\n\r\n`, 400, 'malformed_http'],
    ['a broken header', 'GET /health/live HTTP/1.1\r\nHost: a\r\n4242 4242: x\r\n\r\n', 400, 'malformed_http'],
    ['headers that are too large', `GET /health/live HTTP/1.1\r\nHost: a\r\nx: ${huge}\r\n\r\n`, 400, 'malformed_http'],
    ['two lengths', `${announce('k').trimEnd()}\r\nContent-Length: 4\r\n\r\n`, 400, 'malformed_http'],
    ['headers that do not end', 'GET /health/live HTTP/1.1\r\nHost: a\r\n', 408, 'request_timeout'],
  ]
  for (const [name, text, status, code] of cases) {
    it(`is answered as a problem that says what to do: ${name}`, async () => {
      const world = await start()
      const stranger = await connect(world, text)
      await until('it is closed', () => stranger.isClosed)
      const [head = '', body = ''] = stranger.text.split('\r\n\r\n')
      const problem = JSON.parse(body)
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
      assert.match(head, /\r\ncontent-type: application\/problem\+json\r\n/)
      assert.match(head, new RegExp(`\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`))
      assert.match(head, /\r\nconnection: close/)
      assert.deepEqual([problem.status, problem.code], [status, code])
      assert.match(problem.detail, /Send /)
      assert.match(problem.request_id, /^req_[0-9a-z]{26}$/)
      assert.doesNotMatch(stranger.text, /4242/)
      assert.equal(world.seen.admissions.length, 0)
    })
  }
})
