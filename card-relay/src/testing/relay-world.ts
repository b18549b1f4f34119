import { X509Certificate } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type {
  AdmissionAnswer,
  AdmissionRequest,
  CardChargeReport,
  CardChargeRequest,
  Instruction,
  SendReport,
  StrayNumberAnswer,
  StrayNumberReport,
} from '@fincore/api-contract/card-door'
import { allocateOutsideHeap, makeCardMemory } from '../card-memory.ts'
import type { Config } from '../config.ts'
import { type Limits, limits } from '../limits.ts'
import { makeLog } from '../log.ts'
import { startRelay } from '../server.ts'
import { type Authority, type KeyAndCertificate, makeAuthority } from './certificates.ts'

export type PspHandler = (request: IncomingMessage, body: string, response: ServerResponse) => void
type MaybeLater<Value> = Value | Promise<Value>
/** What the payment service answers; null breaks the connection off, a number is an HTTP status. */
type PaymentServiceHandlers = {
  admission(request: AdmissionRequest): MaybeLater<AdmissionAnswer | null>
  charge(request: CardChargeRequest): MaybeLater<Instruction | null>
  report(attempt: string, report: SendReport): MaybeLater<Instruction | number>
  stray(report: StrayNumberReport): MaybeLater<StrayNumberAnswer | number | null>
}
export type HttpAnswer = { status: number; headers: http.IncomingHttpHeaders; body: string }

/**
 * A relay with everything around it: a payment service that says what a test wants, a PSP over TLS, certificates, and
 * a memory that keeps every buffer which card data was ever in. `world.on` is what a test replaces, `settings` are
 * other settings of the relay.
 */
export async function startWorld(bounds: Partial<Limits> = {}, settings: Partial<Config> = {}) {
  const authority = await makeAuthority('Test authority')
  const strangers = await makeAuthority('Another authority')
  const on = {
    admission: (() => ({ decision: 'admit', exemptKeys: [] })) as PaymentServiceHandlers['admission'],
    charge: (() => replyWith(201, '{"object":"charge"}')) as PaymentServiceHandlers['charge'],
    report: (() => replyWith(201, '{"object":"charge"}')) as PaymentServiceHandlers['report'],
    stray: (() => ({ taken: true })) as PaymentServiceHandlers['stray'],
    psp: ((_request, _body, response) => response.end('{"status":"captured"}')) as PspHandler,
  }
  const seen = {
    admissions: [] as AdmissionRequest[],
    charges: [] as CardChargeRequest[],
    reports: [] as SendReport[],
    /** What was said beside them of ids and durations. */
    times: [] as Partial<CardChargeRequest & CardChargeReport>[],
    strays: [] as StrayNumberReport[],
  }
  const paymentService = await startPaymentService(on, seen)
  const psp = await startPsp(await authority.issue({ name: 'psp', use: 'server' }), (...all) => on.psp(...all))
  const misnamedPsp = await startPsp(
    await authority.issue({ name: 'psp', use: 'server', host: 'psp.example' }),
    (...all) => on.psp(...all),
  )

  const buffers: Buffer[] = []
  const memory = makeCardMemory((size) => {
    const buffer = allocateOutsideHeap(size)
    buffers.push(buffer)
    return buffer
  })
  const logLines: string[] = []
  const own = await authority.issue({ name: 'relay', use: 'server' })
  const closedOrigin = await findClosedOrigin()
  const config: Config = {
    host: '127.0.0.1',
    port: 0,
    tlsCert: own.cert,
    tlsKey: own.key,
    clientCa: authority.cert,
    trustedProxies: undefined,
    paymentServiceUrl: paymentService.url,
    internalToken: 'i'.repeat(32),
    pspOrigins: [psp.url, misnamedPsp.url, closedOrigin],
    pspCa: authority.cert,
    docsUrl: 'http://127.0.0.1:4000/docs',
    ...settings,
  }
  const relay = await startRelay(
    config,
    makeLog((line) => logLines.push(line)),
    memory,
    { ...limits, ...bounds },
  )
  const client = await authority.issue({ name: 'merchant', use: 'client' })

  return {
    relay,
    config,
    on,
    seen,
    psp,
    misnamedPsp,
    closedOrigin,
    buffers,
    memory,
    logLines,
    certificates: await issueClients(authority, strangers, client),
    clientFingerprint: new X509Certificate(client.cert).fingerprint256.replaceAll(':', '').toLowerCase(),
    /** Posts a charge as the merchant would, with changes. */
    post: (body: string | Buffer, options: PostOptions = {}) => post(relay.url, authority.cert, client, body, options),
    stop: async () => {
      await relay.stop()
      await Promise.all([paymentService.stop(), psp.stop(), misnamedPsp.stop()])
    },
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>

export function replyWith(status: number, body: string): Instruction {
  return { do: 'reply', reply: { status, headers: { 'content-type': 'application/json' }, body } }
}

async function issueClients(authority: Authority, strangers: Authority, good: KeyAndCertificate) {
  return {
    good,
    expired: await authority.issue({ name: 'merchant', use: 'client', expired: true }),
    forServers: await authority.issue({ name: 'merchant', use: 'server' }),
    ofStrangers: await strangers.issue({ name: 'merchant', use: 'client' }),
    none: { cert: '', key: '' },
  }
}

async function startPaymentService(
  on: PaymentServiceHandlers,
  seen: {
    admissions: AdmissionRequest[]
    charges: CardChargeRequest[]
    reports: SendReport[]
    times: Partial<CardChargeRequest & CardChargeReport>[]
    strays: StrayNumberReport[]
  },
) {
  const server = http.createServer(async (request, response) => {
    const body = JSON.parse(await readText(request))
    let answer: unknown
    if (request.url === '/internal/admission') {
      seen.admissions.push(body)
      answer = await on.admission(body)
    } else if (request.url === '/internal/card_charges') {
      const { elapsedMs, readMs, ...charge } = body
      seen.charges.push(charge)
      seen.times.push({ elapsedMs, readMs })
      answer = await on.charge(body)
    } else if (request.url === '/internal/stray_numbers') {
      seen.strays.push(body)
      answer = await on.stray(body)
    } else {
      const { requestId, elapsedMs, pspMs, ...report } = body
      seen.reports.push(report)
      seen.times.push({ requestId, elapsedMs, pspMs })
      answer = await on.report(request.url?.split('/')[3] ?? '', report)
    }
    if (answer === null) {
      request.socket.destroy()
      return
    }
    response.statusCode = typeof answer === 'number' ? answer : 200
    response.end(JSON.stringify(answer))
  })
  return listen(server, 'http')
}

async function startPsp(own: KeyAndCertificate, handle: PspHandler) {
  const calls: { headers: http.IncomingHttpHeaders; body: string }[] = []
  const server = https.createServer({ cert: own.cert, key: own.key }, async (request, response) => {
    const body = await readText(request)
    calls.push({ headers: request.headers, body })
    handle(request, body, response)
  })
  return { ...(await listen(server, 'https')), calls }
}

async function listen(server: http.Server, protocol: string) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `${protocol}://127.0.0.1:${port}`, stop }
}

async function findClosedOrigin(): Promise<string> {
  const server = await listen(http.createServer(), 'https')
  await server.stop()
  return server.url
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

export type PostOptions = {
  certificate?: KeyAndCertificate
  headers?: Record<string, string>
  path?: string
  method?: string
  /** Sends the body in pieces of this many bytes, with a pause between, and without a Content-Length. */
  drip?: number
  /** The address to call from. */
  localAddress?: string
  /** Breaks the connection off. */
  signal?: AbortSignal
}

function post(url: string, ca: string, good: KeyAndCertificate, body: string | Buffer, options: PostOptions) {
  const { cert, key } = options.certificate ?? good
  const bytes = Buffer.from(body)
  return new Promise<HttpAnswer & { continued: boolean }>((resolve, reject) => {
    const request = https.request(new URL(options.path ?? '/v1/charges', url), {
      method: options.method ?? 'POST',
      agent: false,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ca,
      ...(cert === '' ? {} : { cert, key }),
      headers: {
        authorization: 'Bearer sk_test_abc',
        'content-type': 'application/json',
        'idempotency-key': 'key-1',
        ...(options.drip === undefined ? { 'content-length': String(bytes.length) } : {}),
        ...options.headers,
      },
    })
    let continued = false
    let answered = false
    request.on('continue', () => {
      continued = true
      request.end(bytes)
    })
    // A server may close a connection while a refused body is still on its way; what counts is the answer.
    request.on('error', (error) => (answered ? undefined : reject(error)))
    request.on('response', async (response) => {
      answered = true
      const text = await readText(response)
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, continued })
      request.destroy()
    })
    if (options.headers?.expect !== undefined) request.flushHeaders()
    else if (options.drip !== undefined) void dripInto(request, bytes, options.drip)
    else request.end(bytes)
  })
}

async function dripInto(request: http.ClientRequest, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length && !request.destroyed; at += size) {
    request.write(bytes.subarray(at, at + size))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  request.end()
}
