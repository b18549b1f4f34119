import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { createApiServer, perMinute } from '../http/api-server.ts'
import { newId } from '../ids.ts'
import { createLog, type Log, type LogFields } from '../log.ts'
import { digestOf } from '../secrets.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { createDoor, type Door, kindOf } from './door.ts'
import { type App, createServer } from './server.ts'

type Answer = { status: number; headers: Record<string, unknown>; body: string; ms: number }

/** A server whose requests stay under way until they are let go. */
async function startHeld(
  test: TestContext,
  kinds: { away?: 'awaited' | 'left'; beforeWork?: () => Promise<void> } = {},
) {
  const told: LogFields[] = []
  const log: Log = { ...createLog('silent'), warn: (_message, fields = {}) => void told.push(fields) }
  const door = createDoor('https://docs.example', log, { least: 64, first: 128, most: 1_024 })
  const app = createServer({ docsUrl: 'https://docs.example', log, door })
  let gate = Promise.withResolvers<void>()
  let underWay = 0
  app.addHook('onRequest', async () => kinds.beforeWork?.())
  // So a handler that returns its reply waits until the response has ended.
  app.addHook('onSend', () => sleep(1))
  const hold = async (_request: unknown, reply: FastifyReply) => {
    underWay++
    const call = kinds.away === undefined ? gate.promise : door.away(() => gate.promise)
    await (kinds.away === 'left' ? sleep(400) : call)
    return reply.send({ done: true })
  }
  for (const url of ['/v1/charges', '/v1/psp_webhooks/:account', '/s/:token', '/v1/client_config'])
    app.route({ method: ['GET', 'POST'], url, handler: hold })
  app.get('/health/live', async () => ({ status: 'ok' }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = (path: string, { key = 'nobody', method = 'POST' } = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const begunAt = performance.now()
      const options = {
        host: '127.0.0.1',
        port,
        path,
        method,
        agent: false,
        headers: { authorization: `Bearer ${key}` },
      }
      const request = httpRequest(options, async (response) => {
        const body = Buffer.concat(await response.toArray()).toString()
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body, ms: performance.now() - begunAt })
      })
      request.on('error', reject).end()
    })
  test.after(async () => {
    gate.resolve()
    await app.close()
  })
  return {
    http: app.server,
    door,
    told,
    port,
    ask,
    underWay: () => underWay,
    open: () => gate.resolve(),
    /** Lets go what is under way, and holds what comes. */
    reopen() {
      gate.resolve()
      gate = Promise.withResolvers()
    },
  }
}

/** Asks so often at once, and waits until each is under way or answered. */
async function crowd(server: Awaited<ReturnType<typeof startHeld>>, times: number, ask: () => Promise<Answer>) {
  const before = server.underWay()
  const answered: Answer[] = []
  const all = Array.from({ length: times }, () => ask().then((answer) => void answered.push(answer)))
  while (server.underWay() - before + answered.length < times) await sleep(5)
  return { shed: [...answered], finished: () => Promise.all(all).then(() => answered) }
}

describe('the door', { timeout: 60_000 }, () => {
  it('sends the surplus away at once, with what a caller needs to know, and finishes what it let in', async (test) => {
    const server = await startHeld(test)
    const { shed, finished } = await crowd(server, 200, () => server.ask('/v1/charges'))
    // Two thirds of 128.
    assert.deepEqual([server.underWay(), shed.length], [86, 114])
    for (const { status, headers, body } of shed) {
      const problem = JSON.parse(body)
      assert.deepEqual([status, problem.status, problem.code], [503, 503, 'overloaded'])
      assert.equal(problem.type, 'https://docs.example/errors#overloaded')
      assert.match(problem.request_id, /^req_[0-9a-z]{26}$/)
      assert.equal(headers['x-request-id'], problem.request_id)
      assert.equal(headers['content-type'], 'application/problem+json; charset=utf-8')
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(String(headers['retry-after']), /^[123]$/)
    }
    assert.ok(new Set(shed.map(({ headers }) => headers['retry-after'])).size > 1, 'not all come back together')
    server.open()
    const all = await finished()
    assert.equal(all.filter(({ status }) => status === 200).length, 86)
    assert.equal((await server.ask('/v1/charges')).status, 200, 'its places are free again')
    await sleep(1_050)
    assert.deepEqual(server.told, [{ code: 'overloaded', count: 114 }], 'one line for all of them')
  })

  it('lets a merchant in however much another asks for', async (test) => {
    const server = await startHeld(test)
    for (const name of ['greedy', 'modest']) server.door.learnOwner(digestOf(name).toString('hex'), `mer_${name}`)
    const greedy = await crowd(server, 200, () => server.ask('/v1/charges', { key: 'greedy' }))
    const modest = await crowd(server, 20, () => server.ask('/v1/charges', { key: 'modest' }))
    const unknown = await crowd(server, 10, () => server.ask('/v1/charges'))
    assert.ok(greedy.shed.length > 100)
    assert.deepEqual([modest.shed.length, unknown.shed.length], [0, 0])
  })

  it('sheds reads first, and never health checks, shoppers or PSPs for what merchants ask', async (test) => {
    const server = await startHeld(test)
    await crowd(server, 70, () => server.ask('/v1/charges'))
    assert.equal((await server.ask('/v1/charges', { method: 'GET' })).status, 503)
    await crowd(server, 200, () => server.ask('/v1/charges'))
    assert.equal((await server.ask('/health/live', { method: 'GET' })).status, 200)
    for (const [path, method] of [
      ['/v1/psp_webhooks/pspa_1', 'POST'],
      ['/s/token', 'GET'],
      ['/s/token', 'POST'],
      ['/v1/client_config', 'GET'],
    ] as const)
      assert.equal((await crowd(server, 20, () => server.ask(path, { method }))).shed.length, 0, path)
  })

  it('bounds the webhooks of a PSP account, however they are addressed, and leaves room for those of another', async (test) => {
    const server = await startHeld(test)
    for (const id of ['pspa_1', 'pspa_2']) server.door.learnPspAccount(id)
    let asked = 0
    const flood = await crowd(server, 300, () => server.ask(`/v1/psp_webhooks/pspa_1?${asked++}`))
    const other = await crowd(server, 20, () => server.ask('/v1/psp_webhooks/pspa_2'))
    // Two thirds of 256.
    assert.deepEqual([flood.shed.length, other.shed.length], [300 - 171, 0])
    assert.ok(flood.shed.every(({ status }) => status === 503))
  })

  it('has one part for the webhooks of all accounts that nobody knows', async (test) => {
    const server = await startHeld(test)
    server.door.learnPspAccount('pspa_1')
    let asked = 0
    const invented = await crowd(server, 300, () => server.ask(`/v1/psp_webhooks/pspa_${asked++ + 2}`))
    const known = await crowd(server, 80, () => server.ask('/v1/psp_webhooks/pspa_1'))
    assert.deepEqual([invented.shed.length, known.shed.length], [300 - 171, 0])
  })

  it('counts no request as its own work while a PSP is waited for', async (test) => {
    const server = await startHeld(test, { away: 'awaited' })
    assert.equal((await crowd(server, 400, () => server.ask('/v1/charges'))).shed.length, 0)
  })

  it('answers before the body comes', { timeout: 5_000 }, async (test) => {
    const server = await startHeld(test)
    await crowd(server, 200, () => server.ask('/v1/charges'))
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      'POST /v1/charges HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n',
    )
    const [said] = (await socket.take(1).toArray()) as [Buffer]
    assert.match(said.toString(), /^HTTP\/1\.1 503 .*"code":"overloaded"/s)
    socket.destroy()
  })

  /** So many requests of clients that go away while their requests are under way. */
  async function abandon(server: Awaited<ReturnType<typeof startHeld>>, times: number, afterMs = 0) {
    const before = server.underWay()
    const sockets = Array.from({ length: times }, () => connect(server.port, '127.0.0.1'))
    for (const socket of sockets) socket.write('POST /v1/charges HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
    while (server.underWay() - before < times) await sleep(5)
    await sleep(afterMs)
    for (const socket of sockets) socket.destroy()
    await sleep(100)
  }

  it('keeps the place of a client that goes away until its work is done', async (test) => {
    const server = await startHeld(test)
    await abandon(server, 86)
    assert.equal((await crowd(server, 1, () => server.ask('/v1/charges'))).shed.length, 1)
    server.reopen()
    await sleep(100)
    assert.equal((await crowd(server, 40, () => server.ask('/v1/charges'))).shed.length, 0)
  })

  it('gets every place back of requests that stood in line on a connection that broke', async (test) => {
    const server = await startHeld(test)
    // As in a Node 24 from before nodejs/node#62534, whose responses in line are not told that their connection broke.
    const keepFromHearing = (_request: IncomingMessage, response: ServerResponse) => {
      response.destroy = () => response
    }
    server.http.prependListener('request', keepFromHearing)
    const socket = connect(server.port, '127.0.0.1')
    socket.write('POST /v1/charges HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'.repeat(80))
    while (server.underWay() < 80) await sleep(5)
    server.http.off('request', keepFromHearing)
    socket.destroy()
    await sleep(100)
    server.reopen()
    await sleep(100)
    assert.equal((await crowd(server, 40, () => server.ask('/v1/charges'))).shed.length, 0)
  })

  it('begins nothing for a client that went away before', async (test) => {
    const arrived = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const server = await startHeld(test, {
      async beforeWork() {
        arrived.resolve()
        await gate.promise
      },
    })
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /v1/charges HTTP/1.1\r\nhost: x\r\n\r\n')
    await arrived.promise
    socket.destroy()
    await sleep(100)
    gate.resolve()
    await sleep(100)
    assert.equal(server.underWay(), 0)
  })

  for (const [away, whose] of [
    ['awaited', 'whose client does not wait for it'],
    ['left', 'whose handler does not wait for it'],
  ] as const)
    it(`does not count a PSP's time as its own for a request ${whose}`, async (test) => {
      const kinds: Parameters<typeof startHeld>[1] = {}
      const server = await startHeld(test, kinds)
      // The limit only changes while places are wanted.
      await crowd(server, 40, () => server.ask('/v1/charges'))
      kinds.away = away
      for (let round = 0; round < 2; round++) {
        if (away === 'awaited') await abandon(server, 20, 400)
        else await Promise.all(Array.from({ length: 20 }, () => server.ask('/v1/charges')))
      }
      delete kinds.away
      const { shed } = await crowd(server, 100, () => server.ask('/v1/charges'))
      // Two thirds of 128 at least, as before; a limit that has shrunk to 64 lets none in.
      assert.ok(100 - shed.length >= 46, `${100 - shed.length}`)
    })
})

describe('the door of the public API', () => {
  let world: ApiWorld
  before(async () => {
    world = await createApiWorld()
  })
  after(() => world.close())

  it('knows of every route who is shed first', () => {
    const kinds = world.app.routeTable
      .map(({ url }) => [url, kindOf(url)] as const)
      .filter(([, kind]) => kind !== 'merchant')
    assert.deepEqual(Object.fromEntries(kinds.map(([url, kind]) => [url.replace(/-[0-9a-f]{12}\./, '-*.'), kind])), {
      '/s/:token': 'shopper',
      '/s/:token/return': 'shopper',
      '/s/:token/cancel': 'shopper',
      '/c/:token/return': 'shopper',
      '/link-assets/link-*.css': 'shopper',
      '/link-assets/open-*.js': 'shopper',
      '/v1/client_config': 'shopper',
      '/health/live': 'always',
      '/health/ready': 'always',
      '/v1/psp_webhooks/:pspAccount': 'psp_webhook',
    })
  })

  it('is told of a PSP account that there is, and of no other', async () => {
    const learned: string[] = []
    const door: Door = { ...createDoor('', world.log), learnPspAccount: (id) => void learned.push(id) }
    const app: App = await createApiServer(world.deps, perMinute, door)
    const id = await world.addPspAccount(await world.addMerchant(), { webhook_secret: 'secret' })
    for (const account of [id, newId('pspAccount')])
      await app.inject({ method: 'POST', url: `/v1/psp_webhooks/${account}`, payload: {} })
    assert.deepEqual(learned, [id])
    await app.close()
  })

  it('shows a shopper a page, when even shoppers must come again', async () => {
    const full: Door = { ...createDoor('', world.log), findShed: () => ({ retryAfterSeconds: 2 }) }
    const app: App = await createApiServer(world.deps, perMinute, full)
    const page = await app.inject({ url: `/s/${'a'.repeat(43)}`, headers: { 'accept-language': 'en' } })
    assert.deepEqual([page.statusCode, page.headers['retry-after']], [503, '2'])
    assert.match(String(page.headers['content-type']), /^text\/html/)
    await app.close()
  })
})
