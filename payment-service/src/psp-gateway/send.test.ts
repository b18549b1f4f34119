import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type CertificateAuthority, createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import type { PspRequest } from './port.ts'
import { createSender, type Sender } from './send.ts'

const day = 24 * 60 * 60_000

describe('the way to PSPs', () => {
  let authority: CertificateAuthority
  let sender: Sender
  let tls: { cert: string; key: string }
  const closers: (() => void)[] = []

  before(async () => {
    authority = await createCertificateAuthority()
    tls = await certificate(authority)
    sender = createSender({ extraCa: authority.certificate })
  })
  after(async () => {
    for (const close of closers) close()
    await sender.close()
  })

  const notSent = { failure: 'refused', requestWasSent: false }

  it('sends a request as it is, and gives back status, headers and body', async () => {
    const got: string[] = []
    const psp = await startPsp(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      got.push(`${request.method} ${request.url} ${request.headers['idempotency-key']} ${body}`)
      response.writeHead(201, { 'x-request': 'r1', 'set-cookie': ['a=1', 'b=2'] }).end('{"ok":"ü"}')
    })
    const request: PspRequest = {
      ...get(psp.url),
      method: 'POST',
      headers: { 'idempotency-key': 'k1' },
      body: '{"é":1}',
    }
    const reply = await sender.send({ ...request, url: `${psp.url}/a/b?c=%20d` }, 2_000)
    assert('status' in reply)
    assert.deepEqual([reply.status, reply.body, reply.headers['x-request']], [201, '{"ok":"ü"}', 'r1'])
    assert.equal('set-cookie' in reply.headers, false)
    assert.deepEqual(got, ['POST /a/b?c=%20d k1 {"é":1}'])
  })

  it('keeps connections, and sends one request at a time on each', async () => {
    const psp = await startPsp((_request, response) => response.end('{}'))
    for (let count = 0; count < 5; count++) {
      await sender.send(get(psp.url), 2_000)
      await untilIdle()
    }
    assert.equal(psp.connections(), 1)
    await Promise.all(Array.from({ length: 4 }, () => sender.send(get(psp.url), 2_000)))
    assert.equal(psp.mostAtOnce(), 1)
  })

  it('follows no redirect', async () => {
    const psp = await startPsp((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end())
    const reply = await sender.send(get(psp.url), 2_000)
    assert('status' in reply)
    assert.equal(reply.status, 302)
    assert.equal(psp.requests(), 1)
  })

  it('knows that nothing was sent when nobody listens, nobody is found, or the address is not https', async () => {
    const closed = await startPsp(() => {})
    closed.close()
    const ports = [
      closed.url,
      'https://no-such-host.invalid',
      'http://127.0.0.1:9',
      'https://user:pw@127.0.0.1:9',
      'nonsense',
    ]
    for (const url of ports) assert.deepEqual(await sender.send(get(url), 3_000), notSent, url)
    const psp = await startPsp((_request, response) => response.end('{}'))
    const bad = await sender.send({ ...get(psp.url), headers: { authorization: 'Bearer a\r\nb: c' } }, 2_000)
    assert.deepEqual(bad, notSent)
    assert.equal(psp.requests(), 0)
  })

  it('sends nothing over a connection that it cannot trust', async () => {
    const untrusted = await certificate(await createCertificateAuthority('Somebody else'))
    const expired = await certificate(authority, {
      notBefore: new Date(Date.now() - 2 * day),
      notAfter: new Date(Date.now() - day),
    })
    const cases: [string, ServerOptions, string][] = [
      ['an unknown authority', untrusted, '127.0.0.1'],
      ['an expired certificate', expired, '127.0.0.1'],
      ['another host’s certificate', tls, '127.0.0.2'],
      [
        'TLS 1.1 at most',
        { ...tls, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
        '127.0.0.1',
      ],
    ]
    for (const [what, options, host] of cases) {
      const psp = await startPsp((_request, response) => response.end('{}'), options, host)
      assert.deepEqual(await sender.send(get(psp.url), 3_000), { failure: 'tls', requestWasSent: false }, what)
      assert.equal(psp.requests(), 0, what)
    }
    const plain = createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'))
    assert.deepEqual(await sender.send(get(await listen(plain)), 3_000), { failure: 'tls', requestWasSent: false })
  })

  it('knows that nothing was sent when the peer hangs up in the handshake, or never finishes it', async () => {
    const rude = createTcpServer((socket) => socket.once('data', () => socket.destroy()))
    const hungUp = await sender.send(get(await listen(rude)), 2_000)
    assert('failure' in hungUp && !hungUp.requestWasSent)
    const silent = createTcpServer(() => {})
    const reply = await sender.send(get(await listen(silent)), 200)
    assert.deepEqual(reply, { failure: 'timeout', requestWasSent: false })
  })

  it('never sends a request after it has said that it was not sent', async () => {
    // The handshake is held back until the request's time is up, and then let through.
    const psp = await startPsp((_request, response) => response.end('{}'))
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const proxy = createTcpServer(async (socket) => {
      socket.on('error', () => {})
      await held
      const onward = connect(Number(new URL(psp.url).port), '127.0.0.1')
      onward.on('error', () => {})
      socket.pipe(onward).pipe(socket)
    })
    const url = await listen(proxy)
    assert.deepEqual(await sender.send(get(url), 150), { failure: 'timeout', requestWasSent: false })
    release()
    const second = await sender.send(get(url), 2_000)
    assert('status' in second, 'the way is open again')
    assert.equal(psp.requests(), 1)
  })

  it('cannot know what happened once the request may have left', async () => {
    const cases: [string, (request: IncomingMessage, response: ServerResponse) => void, string][] = [
      ['hangs up', (request) => request.socket.destroy(), 'reset'],
      ['never answers', () => {}, 'timeout'],
      [
        'answers half',
        (_request, response) => void response.writeHead(200, { 'content-length': 90 }).write('{"half":'),
        'timeout',
      ],
      [
        'cuts its answer',
        (request, response) => {
          response.writeHead(200, { 'content-length': 90 }).write('{"half":')
          setTimeout(() => request.socket.destroy(), 20)
        },
        'reset',
      ],
      ['speaks nonsense', (request) => void request.socket.end('SMTP ready\r\n\r\n'), 'reset'],
      ['answers too much', (_request, response) => void response.end('x'.repeat(300_000)), 'reset'],
      [
        'answers too many headers',
        (_request, response) => void response.writeHead(200, { 'x-big': 'y'.repeat(20_000) }).end(),
        'reset',
      ],
    ]
    for (const [what, handle, failure] of cases) {
      const psp = await startPsp(handle)
      const reply = await sender.send(post(psp.url), 300)
      assert.deepEqual(reply, { failure, requestWasSent: true }, what)
      assert.equal(psp.requests(), 1, what)
    }
  })

  it('counts a reset of a connection that was kept alive as sent, and does not send again', async () => {
    let count = 0
    const psp = await startPsp((request, response) => {
      count += 1
      if (count === 1) response.end('{}')
      else request.socket.destroy()
    })
    assert('status' in (await sender.send(post(psp.url), 2_000)))
    await untilIdle()
    assert.deepEqual(await sender.send(post(psp.url), 2_000), { failure: 'reset', requestWasSent: true })
    assert.equal(psp.connections(), 1)
    assert.equal(count, 2)
  })

  it('gives no text for a body that is compressed or no UTF-8', async () => {
    for (const [headers, body] of [
      [{ 'content-encoding': 'gzip' }, '{}'],
      [{}, Buffer.from([0x7b, 0xff, 0x7d])],
    ] as const) {
      const psp = await startPsp((_request, response) => response.writeHead(200, headers).end(body))
      const reply = await sender.send(get(psp.url), 2_000)
      assert('status' in reply)
      assert.equal(reply.body, '')
    }
  })

  it('lets what is under way finish when it is closed', async () => {
    const psp = await startPsp((_request, response) => setTimeout(() => response.end('{"late":true}'), 150))
    const own = createSender({ extraCa: authority.certificate })
    const reply = own.send(get(psp.url), 2_000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await own.close()
    assert('status' in (await reply))
    assert.deepEqual(await own.send(get(psp.url), 500), notSent)
  })

  async function startPsp(
    handle: (request: IncomingMessage, response: ServerResponse) => unknown,
    options: ServerOptions = tls,
    host = '127.0.0.1',
  ) {
    let connections = 0
    let requests = 0
    let mostAtOnce = 0
    const busy = new Map<Socket, number>()
    const server = createHttpsServer(options, (request, response) => {
      requests += 1
      const atOnce = (busy.get(request.socket) ?? 0) + 1
      busy.set(request.socket, atOnce)
      mostAtOnce = Math.max(mostAtOnce, atOnce)
      response.on('finish', () => busy.set(request.socket, (busy.get(request.socket) ?? 1) - 1))
      handle(request, response)
    })
    server.on('secureConnection', () => {
      connections += 1
    })
    server.on('tlsClientError', () => {})
    const url = await listen(server, host)
    return {
      url,
      connections: () => connections,
      requests: () => requests,
      mostAtOnce: () => mostAtOnce,
      close: () => server.close(),
    }
  }

  async function listen(server: Server, host = '127.0.0.1'): Promise<string> {
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => {})
      sockets.add(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, host, resolve))
    closers.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `https://${host}:${(server.address() as AddressInfo).port}`
  }
})

/** undici takes a connection for free again one turn of the loop after its answer; until then it opens another. */
function untilIdle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}

async function certificate(authority: CertificateAuthority, more: { notBefore?: Date; notAfter?: Date } = {}) {
  const issued = await issueCertificate(authority, { kind: 'server', commonName: 'localhost', ...more })
  return { cert: issued.certificate, key: issued.key }
}

function get(origin: string): PspRequest {
  return { method: 'GET', url: `${origin}/`, headers: {}, body: null }
}

function post(origin: string): PspRequest {
  return { method: 'POST', url: `${origin}/`, headers: { 'content-type': 'application/json' }, body: '{"amount":1}' }
}
