import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { rootCertificates } from 'node:tls'
import { isLoopbackHost } from '../loopback.ts'
import { CommandFailure, ProblemFailure } from './failures.ts'

/** An API of FinCore, and the secret with which it is called. */
export type Door = {
  name: 'the admin API' | 'the API'
  /** Without a slash at its end. */
  url: string
  token: string
  /** PEM of a further authority to trust. */
  ca: string | null
}
export type Call = {
  body?: object
  query?: Readonly<Record<string, string | number | undefined>>
  /** Of a POST to the merchants' API. */
  idempotencyKey?: string
  timeoutMs?: number
}

const defaultTimeoutMs = 30_000
const mostBytes = 16 * 1024 * 1024

/**
 * Calls a route and gives its answer. Throws `ProblemFailure` for what FinCore does not do, and `CommandFailure` where no
 * answer of FinCore's came.
 */
export async function call<T>(
  door: Door,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  call: Call = {},
): Promise<T> {
  const response = await open(door, method, path, call)
  const text = await readAll(response, door)
  const body = parse(text)
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300 && body !== null) return body as T
  throw explainAnswer(door, response, body)
}

/** Calls a route that answers with a stream of lines, and hands its bytes on. */
export async function download(door: Door, path: string, call: Call = {}): Promise<AsyncIterable<Uint8Array>> {
  const response = await open(door, 'GET', path, { ...call, timeoutMs: call.timeoutMs ?? 600_000 })
  if (response.statusCode === 200) return response
  throw explainAnswer(door, response, parse(await readAll(response, door)))
}

function open(door: Door, method: string, path: string, { body, query, ...call }: Call): Promise<IncomingMessage> {
  const url = new URL(door.url + path)
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value))
  refusePlainHttp(door)
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const options = {
    method,
    headers: {
      authorization: `Bearer ${door.token}`,
      accept: 'application/json',
      'user-agent': 'fincore-cli',
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
      ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
    },
    signal: AbortSignal.timeout(call.timeoutMs ?? defaultTimeoutMs),
    ...(door.ca === null ? {} : { ca: [...rootCertificates, door.ca] }),
  }
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, options, resolve)
    request.once('error', (error) => reject(explainNoAnswer(door, error)))
    request.end(payload)
  })
}

/** A token must not cross a network readable. */
export function refusePlainHttp({ name, url }: Pick<Door, 'name' | 'url'>): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isLoopbackHost(hostname)) return
  throw new CommandFailure(
    `${name} at ${url} has no TLS, and its token would be readable on the way.`,
    'Use its https address, or a tunnel to it that ends on this machine.',
  )
}

async function readAll(response: IncomingMessage, door: Door): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk)
      size += chunk.length
      if (size > mostBytes) throw new CommandFailure(`The answer of ${door.name} is too large.`)
    }
  } catch (error) {
    throw error instanceof CommandFailure ? error : explainNoAnswer(door, error)
  }
  return Buffer.concat(chunks).toString()
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function explainAnswer(door: Door, response: IncomingMessage, body: Record<string, unknown> | null): CommandFailure {
  const status = response.statusCode ?? 0
  const isProblem = String(response.headers['content-type']).startsWith('application/problem+json')
  if (!isProblem || typeof body?.code !== 'string')
    return new CommandFailure(
      `What answered at ${door.url} is not FinCore (status ${status}).`,
      `Is this the address of ${door.name}? \`fincore profile list\` shows it.`,
    )
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : '')
  return new ProblemFailure({
    status,
    code: body.code,
    title: text('title'),
    detail: text('detail'),
    param: typeof body.param === 'string' ? body.param : null,
    type: text('type'),
    requestId: text('request_id'),
  })
}

/** In our own words: an error's text could quote what it was about. */
function explainNoAnswer({ name, url }: Door, error: unknown): CommandFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const isLate = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name)
  const [why, next] = isLate ? lateWords : describeConnectionFault(code)
  return new CommandFailure(`${name} did not answer at ${url}: ${why}.`, next)
}

const lateWords = ['there was no answer in time', 'Try it again; if it stays so, look at the service’s log.'] as const

/** Why a connection was not made, by the code of Node's error, and what to do. */
export function describeConnectionFault(code: string): readonly [why: string, next: string] {
  if (code === 'ECONNREFUSED') return ['nothing listens there', 'Is FinCore running, and is this its address?']
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return ['there is no such name', 'Is the address written right?']
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return ['it cannot be reached', 'Is there a way from here: a VPN, a firewall, a tunnel?']
  if (code === 'CERT_HAS_EXPIRED') return ['its certificate has expired', 'Renew the certificate.']
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return ['its certificate is of another name', 'Use the name that the certificate is of.']
  if (/CERT|SELF_SIGNED|SIGNATURE|ISSUER/.test(code))
    return [
      'its certificate is not trusted here',
      'Name the authority that it is of: --ca-file at `fincore login`, or FINCORE_CA_FILE.',
    ]
  return [`the connection broke (${code || 'no reason given'})`, 'Try it again.']
}
