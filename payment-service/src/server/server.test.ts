import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { Type } from 'typebox'
import { createLog } from '../log.ts'
import { factsOfRequest, type RequestFacts } from '../request-facts.ts'
import { type App, createServer } from './server.ts'

const opened: App[] = []
after(() => Promise.all(opened.map((app) => app.close())))

function makeServer(trustedProxies: string[] = []): App {
  const app = createServer({ docsUrl: 'https://docs.example', log: createLog('silent'), trustedProxies })
  opened.push(app)
  const body = Type.Object({ amount: Type.Integer() }, { additionalProperties: false })
  const none = Type.Object({}, { additionalProperties: false })
  app.post('/pay', { schema: { body } }, async () => ({ done: true }))
  app.post('/cancel', { schema: { body: none } }, async () => ({ done: true }))
  app.get('/things/:id', async (request) => ({ ip: request.ip }))
  return app
}

/** What a connection is answered, and that the server ends it. */
async function talk(app: App, text: string, later = ''): Promise<string> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  // Half open: a client that does not close its side when the server closes its own.
  const socket = connect({ port: (app.server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  let said = ''
  socket.on('data', (chunk) => {
    said += chunk
  })
  socket.write(text)
  if (later !== '') setTimeout(() => socket.write(later), 20)
  await once(socket, 'end')
  while ((await countConnections(app)) > 0) await new Promise((wait) => setTimeout(wait, 5))
  socket.destroy()
  return said
}
const countConnections = (app: App) =>
  new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)))

describe('every server', () => {
  it('tells whoever logs below it which request this is, also when its body came in parts', async () => {
    const app = createServer({ docsUrl: 'https://docs.example', log: createLog('silent') })
    opened.push(app)
    const seen: Partial<RequestFacts>[] = []
    app.post('/deep', async (request) => {
      await new Promise((later) => setTimeout(later, 5))
      request.facts.merchant = `mer_${seen.length}`
      seen.push({ ...factsOfRequest() })
      return {}
    })
    const send = () =>
      talk(
        app,
        `POST /deep HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{`,
        '}',
      )
    const answers = await Promise.all([send(), send()])
    const ids = answers.map((answer) => /x-request-id: (\S+)/.exec(answer)?.[1])
    assert.deepEqual(seen.map(({ request_id }) => request_id).sort(), ids.sort())
    assert.deepEqual(
      seen.map(({ merchant }) => merchant),
      ['mer_0', 'mer_1'],
    )
    assert.equal(factsOfRequest(), undefined)
  })

  for (const [what, path] of [
    ['a broken escape', '/things/%zz4111111111111111'],
    ['an over-long part', `/things/${'4111'.repeat(100)}`],
  ] as const) {
    it(`answers a path with ${what} by a problem that quotes nothing`, async () => {
      const response = await makeServer().inject(path)
      assert.equal(response.statusCode, 404)
      assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
      assert.equal(response.json().code, 'route_not_found')
      assert.equal(response.headers['x-request-id'], response.json().request_id)
      assert.doesNotMatch(response.body, /4111|%zz/)
    })
  }

  it('takes a POST without a body for an empty one, with a content type or without', async () => {
    const app = makeServer()
    for (const headers of [{}, { 'content-type': 'application/json' }]) {
      assert.equal((await app.inject({ method: 'POST', url: '/cancel', headers })).statusCode, 200)
      const problem = (await app.inject({ method: 'POST', url: '/pay', headers })).json()
      assert.deepEqual([problem.code, problem.detail], ['parameter_missing', 'amount is required.'])
    }
  })

  it('refuses a body that has a key twice, and does not quote it', async () => {
    const response = await makeServer().inject({
      method: 'POST',
      url: '/pay',
      headers: { 'content-type': 'application/json' },
      payload: '{"amount":1,"amount":1000}',
    })
    assert.deepEqual([response.statusCode, response.json().code], [400, 'malformed_json'])
    assert.match(response.json().detail, /the same key twice/)
    assert.doesNotMatch(response.body, /amount|1000/)
  })

  /** The answer's status, headers and problem. */
  function readAnswer(text: string) {
    const [head = '', body = ''] = text.split('\r\n\r\n')
    const [first = '', ...lines] = head.split('\r\n')
    const headers = new Map(lines.map((line) => line.split(': ', 2) as [string, string]))
    return { status: Number(first.split(' ')[1]), headers, body, problem: JSON.parse(body) }
  }

  it('answers a broken message by a problem and ends its connection, whatever the client does', {
    timeout: 5_000,
  }, async () => {
    const app = makeServer()
    for (const text of [
      'no HTTP at all 4111111111111111\r\n\r\n',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      'POST /pay HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    ]) {
      const { status, headers, body, problem } = readAnswer(await talk(app, text))
      assert.deepEqual([status, problem.status, problem.code], [400, 400, 'malformed_http'])
      assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
      assert.equal(headers.get('content-length'), String(body.length))
      assert.equal(headers.get('x-request-id'), problem.request_id)
      assert.equal(problem.type, 'https://docs.example/errors#malformed_http')
      assert.doesNotMatch(body, /4111/)
    }
  })

  it('answers a request that comes too slowly by a problem', { timeout: 5_000 }, async () => {
    const app = makeServer()
    app.server.headersTimeout = 100
    app.server.requestTimeout = 200
    const { status, headers, problem } = readAnswer(await talk(app, 'GET /things/1 HTTP/1.1\r\nhost: x\r\n'))
    assert.deepEqual([status, problem.code, headers.get('retry-after')], [408, 'request_timeout', '1'])
  })

  it('gives a body that drips no longer than 15 s', { timeout: 10_000 }, async () => {
    const app = makeServer()
    assert.deepEqual([app.server.headersTimeout, app.server.requestTimeout], [10_000, 15_000])
    const faster = 20
    app.server.headersTimeout /= faster
    app.server.requestTimeout /= faster
    const begunAt = performance.now()
    const head = 'POST /pay HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{'
    const { status, problem } = readAnswer(await talk(app, head))
    assert.deepEqual([status, problem.code], [408, 'request_timeout'])
    // Beside its time, the second in which Node looks; a minute would be three seconds here.
    assert.ok((performance.now() - begunAt) * faster < 55_000)
  })

  for (const [name, lines] of [
    ['Host', 'host: a\r\nHost: a'],
    ['Authorization', 'host: a\r\nauthorization: Bearer 1\r\nAuthorization: Bearer 2'],
    ['Idempotency-Key', 'host: a\r\nidempotency-key: 1\r\nIdempotency-Key: 1'],
    ['Content-Type', 'host: a\r\ncontent-type: application/json\r\nContent-Type: text/plain'],
  ] as const) {
    it(`takes ${name} once`, async () => {
      const app = makeServer()
      const request = (head: string) =>
        `POST /cancel HTTP/1.1\r\n${head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`
      const { status, problem } = readAnswer(await talk(app, request(lines)))
      assert.deepEqual([status, problem.code, problem.param], [400, 'malformed_http', name])
      assert.match(problem.detail, new RegExp(`^The header ${name} stands more than once, .* Send it once\\.$`))
      const once = lines.split('\r\n').slice(0, -1).join('\r\n')
      assert.match(await talk(app, request(once)), /^HTTP\/1\.1 200 /)
    })
  }

  it('wants a Host of HTTP/1.1, and says so', async () => {
    const app = makeServer()
    const end = 'connection: close\r\n\r\n'
    const { status, problem } = readAnswer(await talk(app, `GET /things/1 HTTP/1.1\r\n${end}`))
    assert.deepEqual([status, problem.code, problem.param], [400, 'malformed_http', 'Host'])
    assert.match(await talk(app, `GET /things/1 HTTP/1.0\r\n${end}`), /^HTTP\/1\.1 200 /)
  })

  it('takes so many connections and no more, and looks for overdue requests every second', () => {
    const app = makeServer()
    assert.equal(app.server.maxConnections, 10_000)
    assert.equal(Reflect.get(app.server, 'connectionsCheckingInterval'), 1_000)
  })

  it('believes X-Forwarded-For of a trusted proxy, and of nobody else', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' }
    const seen = async (trusted: string[]) =>
      (await makeServer(trusted).inject({ url: '/things/1', headers, remoteAddress: '10.0.0.7' })).json().ip
    assert.equal(await seen([]), '10.0.0.7')
    assert.equal(await seen(['10.0.0.0/16']), '203.0.113.9')
    assert.equal(await seen(['10.1.0.0/16']), '10.0.0.7')
  })
})
