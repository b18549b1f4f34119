import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { Type } from 'typebox'
import { createLog } from '../log.ts'
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
async function talk(app: App, text: string): Promise<string> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  // Half open: a client that does not close its side when the server closes its own.
  const socket = connect({ port: (app.server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  let said = ''
  socket.on('data', (chunk) => {
    said += chunk
  })
  socket.write(text)
  await once(socket, 'end')
  while ((await countConnections(app)) > 0) await new Promise((wait) => setTimeout(wait, 5))
  socket.destroy()
  return said
}
const countConnections = (app: App) =>
  new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)))

describe('every server', () => {
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

  it('answers a broken message and ends its connection, whatever the client does', { timeout: 5_000 }, async () => {
    const app = makeServer()
    assert.match(await talk(app, 'no HTTP at all\r\n\r\n'), /^HTTP\/1\.1 400 /)
    assert.match(await talk(app, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
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
