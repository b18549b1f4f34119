import { readFileSync } from 'node:fs'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import type { World } from './world.ts'

/** A client certificate and its key as PEM. */
export type ClientCertificate = { certificate: string; key: string }

/** The relay's address and, as PEM, the authority of its certificate. */
export type RelayDoor = { relay: string; ca: string }

export type Knock = {
  /** The API key; null sends no `Authorization` at all. */
  bearer: string | null
  /** Null connects without a certificate. */
  certificate: ClientCertificate | null
  body: string
  /** Wait for `100 Continue` before the body is sent, send it with the headers, or one byte at a time. */
  how: 'expects_continue' | 'at_once' | 'drips'
  headers?: Record<string, string>
  /** The address to call from. */
  localAddress?: string
}

export type KnockResult = {
  /** The relay asked for the body: whoever knocks is admitted, and goes away. */
  invited: boolean
  status: number
  /** The problem's code; empty when the relay asked for the body. */
  code: string
  bodyBytesSent: number
}

const knockTimeoutMs = 10_000
const dripEveryMs = 20

/** The certificate that the development merchant's grant lists. */
export function readRegisteredCertificate(world: World): ClientCertificate {
  const { client_cert, client_key } = world.fincore.dev
  return { certificate: readFileSync(client_cert, 'utf8'), key: readFileSync(client_key, 'utf8') }
}

export function doorOf(world: World): RelayDoor {
  const { relay, ca } = world.fincore.dev
  return { relay, ca: readFileSync(ca, 'utf8') }
}

/** Begins a raw-card charge on a connection of its own, and tells how far it got with its body before it was answered. */
export async function knock({ relay, ca }: RelayDoor, knock: Knock): Promise<KnockResult> {
  const { hostname, port } = new URL(relay)
  const socket = tls.connect({
    host: hostname,
    port: Number(port),
    ca,
    ...(knock.localAddress !== undefined && { localAddress: knock.localAddress }),
    ...(knock.certificate && { cert: knock.certificate.certificate, key: knock.certificate.key }),
  })
  const headers = {
    host: `${hostname}:${port}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(knock.body),
    'idempotency-key': crypto.randomUUID(),
    ...(knock.bearer !== null && { authorization: `Bearer ${knock.bearer}` }),
    ...(knock.how === 'expects_continue' && { expect: '100-continue' }),
    ...knock.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  let answer = ''
  let bodyBytesSent = 0
  let isOver = false
  const answered = new Promise<void>((done, fail) => {
    socket.setTimeout(knockTimeoutMs, () => fail(new Error('The relay gave no answer')))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (isWhole(answer)) done()
    })
    socket.once('error', fail)
    socket.once('close', () => (isWhole(answer) ? done() : fail(new Error(`The connection ended after: ${answer}`))))
  })
  const dripping = async () => {
    while (!isOver && bodyBytesSent < knock.body.length) {
      socket.write(knock.body.charAt(bodyBytesSent))
      bodyBytesSent += 1
      await sleep(dripEveryMs)
    }
  }
  const bodyAtOnce = knock.how === 'at_once' ? knock.body : ''
  bodyBytesSent += bodyAtOnce.length
  socket.write(`POST /v1/charges HTTP/1.1\r\n${lines.join('')}\r\n${bodyAtOnce}`)
  const dripped = knock.how === 'drips' ? dripping() : Promise.resolve()
  try {
    await answered
  } finally {
    isOver = true
    await dripped
    socket.destroy()
  }
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
  const code = status === 100 ? '' : String(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).code)
  return { invited: status === 100, status, code, bodyBytesSent }
}

/** An invitation to send the body, or an answer with all of its body. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end === -1) return false
  if (answer.startsWith('HTTP/1.1 100')) return true
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1] ?? 0)
  return answer.length - end - 4 >= length
}

export type RawAnswer = { status: number; text: string; code: string | null; param: string | null }

/** Posts bytes to the relay as they are. `chunked` leaves the length unsaid. */
export function postRaw(
  world: World,
  body: string | Buffer,
  options: { headers?: Record<string, string>; chunked?: boolean } = {},
): Promise<RawAnswer> {
  const { dev } = world.fincore
  const { certificate, key } = readRegisteredCertificate(world)
  return new Promise((done, fail) => {
    const request = https.request(
      `${dev.relay}/v1/charges`,
      {
        method: 'POST',
        agent: false,
        ca: readFileSync(dev.ca),
        cert: certificate,
        key,
        headers: {
          authorization: `Bearer ${dev.secret_key}`,
          'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID(),
          ...(options.chunked ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...options.headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => {
          const { code = null, param = null } = text.startsWith('{') ? JSON.parse(text) : {}
          done({ status: response.statusCode ?? 0, text, code, param })
        })
      },
    )
    request.once('error', fail)
    request.end(body)
  })
}
