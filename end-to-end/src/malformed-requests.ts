import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { StartedWorld } from './world.ts'

/** A listener of one of the processes, and a request there that would be heard. */
export type Door = {
  name: string
  origin: string
  path: string
  method: string
  headers: Record<string, string>
  /** A body with all that is needed, where one is read as JSON. */
  good?: object
}

/** Every door of every process that the outside, or another process, can reach. */
export function listDoors(world: StartedWorld): Door[] {
  const { dev, processes } = world.fincore
  const json = { 'content-type': 'application/json', 'idempotency-key': 'malformed' }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token ?? ''}` })
  const post = (name: string, origin: string, path: string, headers: Record<string, string>): Door => ({
    name,
    origin,
    path,
    method: 'POST',
    headers,
  })
  const ofMerchant = { ...json, ...bearer(dev.secret_key) }
  const operator = { ...json, ...bearer(dev.operators[0]?.token) }
  const relay = { ...json, ...bearer(dev.internal_token) }
  const internal = processes['payment-service'].listening.internal ?? ''
  const charge = { amount: 1, currency: 'EUR', payment_method: { type: 'token', token: 'x' } }
  const payment = {
    reference: 'x',
    amount: { value: 1, currency: 'EUR' },
    source: { type: 'token', token: 'x' },
    capture: 'automatic',
  }
  return [
    { ...post('the API', dev.api, '/v1/charges', ofMerchant), good: charge },
    post('the API, sessions', dev.api, '/v1/payment_sessions', ofMerchant),
    post('the API, endpoints', dev.api, '/v1/webhook_endpoints', ofMerchant),
    { ...post('the API, lists', dev.api, '/v1/charges', ofMerchant), method: 'GET' },
    { ...post('the API, from browsers', dev.api, '/v1/client_config', bearer(dev.publishable_key)), method: 'GET' },
    post('the link', dev.api, `/s/${'x'.repeat(43)}`, form),
    post('the inbox', dev.api, `/v1/psp_webhooks/${dev.psp_account}`, { ...json, 'sandbox-signature': 't=1,v1=00' }),
    { ...post('the admin API', dev.admin, '/admin/v1/merchants', operator), good: { name: 'x' } },
    post('the admin API, PSP accounts', dev.admin, `/admin/v1/merchants/${dev.merchant}/psp_accounts`, operator),
    { ...post('the admin API, its log', dev.admin, '/admin/v1/audit_log', operator), method: 'GET' },
    post('the internal listener', internal, '/internal/admission', relay),
    post('the internal listener, charges', internal, '/internal/card_charges', relay),
    post('the internal listener, strangers', internal, '/internal/card_charges', ofMerchant),
    post('the card relay', dev.relay, '/v1/charges', ofMerchant),
    {
      ...post('the PSP’s API', dev.psp_api, '/v2/payments', { ...json, ...bearer(dev.psp_secret_key) }),
      good: payment,
    },
    post('the PSP’s pages', dev.psp, '/v2/tokens', { ...json, ...bearer(dev.psp_public_key) }),
    post('the PSP’s hosted page', dev.psp, '/pay/x', form),
    post('the shop’s checkout', dev.shop, '/checkout/morning-cup', form),
    post('the shop’s webhooks', dev.shop, '/webhooks', json),
  ]
}

type Shape = (door: Door, text: string) => Partial<Request> | null
type Request = { start: string; headers: Record<string, string>; more: string; body: string | Buffer }

/** A body; who reads only addresses is sent none. */
const body = (make: (text: string) => string | Buffer): Shape => {
  return (door, text) => (door.method === 'GET' ? null : { body: make(text) })
}
const header = (name: string, make: (text: string) => string = (text) => text): Shape => {
  return (_door, text) => ({ headers: { [name]: make(text) }, body: '{}' })
}
const path = (make: (path: string, text: string) => string): Shape => {
  return (door, text) => ({ start: `${door.method} ${make(door.path, text)} HTTP/1.1`, body: '{}' })
}

/** Every way in which a request can be broken, with a text where the break is. */
export const shapes: Readonly<Record<string, Shape>> = {
  'JSON that breaks off': body((text) => `{"amount": "${text}`),
  'a word that is no JSON': body((text) => `{"amount": ${text}}`),
  'JSON with something behind it': body((text) => `{"amount": 1} ${text}`),
  'JSON that is a text': body((text) => `"${text}"`),
  'JSON that is a list': body((text) => `["${text}"]`),
  'a field of the wrong type': body((text) => `{"amount":"${text}","currency":["${text}"],"name":{"x":"${text}"}}`),
  'a field that is not known': body((text) => `{"amount":1,"what":"${text}"}`),
  'a name that is not known': body((text) => `{"${text}":1}`),
  'a name beside all that is needed': (door, text) =>
    door.good === undefined ? null : { body: JSON.stringify({ ...door.good, [text]: 1 }) },
  'a name inside metadata': body((text) => `{"amount":1,"currency":"EUR","metadata":{"${text}":"x"}}`),
  'a NUL beside it': body((text) => `{"amount":1,"metadata":{"a b":"${text}\\u0000"}}`),
  'a NUL below a name': body((text) => `{"metadata":{"${text}":"\\u0000"}}`),
  'half a surrogate pair': body((text) => `{"description":"${text}\\ud800"}`),
  'a number past every number': body((text) => `{"amount":${text.replaceAll(/\D/g, '') || '9'}e999}`),
  'a name that is a trap': body((text) => `{"__proto__":{"x":"${text}"}}`),
  'nested too deeply': body((text) => `{"a":${'['.repeat(60)}"${text}"${']'.repeat(60)}}`),
  'bytes that are no UTF-8': body((text) =>
    Buffer.concat([Buffer.from(`{"a":"${text}`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
  ),
  'a form where none belongs': body((text) => `amount=${text}&%zz=${text}&attempt=${text}&way=${text}`),
  'a card that is none': body(
    (text) => `{"number":"${text}","cvc":"${text}","expiry_month":"${text}","source":{"type":"${text}"}}`,
  ),
  'an address that is none': body((text) => `{"url":"${text}","events":["${text}"],"success_url":"http://${text}"}`),
  'a body that is too large': body((text) => `{"a":"${text}${'x'.repeat(300_000)}"}`),
  'another content type': header('content-type', (text) => `${text}/x`),
  'a content type with a parameter': header('content-type', (text) => `application/json; charset=${text}`),
  'a content encoding': header('content-encoding'),
  'an idempotency key that is too long': header('idempotency-key', (text) => text.padEnd(300, 'x')),
  'an idempotency key in broken quotes': header('idempotency-key', (text) => `"${text}`),
  'a key that is none': header('authorization', (text) => `Bearer ${text}`),
  'a key in another scheme': header('authorization', (text) => `Basic ${text}`),
  'a signature that is none': header('sandbox-signature', (text) => `t=${text},v1=${text}`),
  'a webhook’s headers': (_door, text) => ({
    headers: { 'webhook-id': text, 'webhook-timestamp': text, 'webhook-signature': `v1,${text}` },
    body: `{"type":"${text}"}`,
  }),
  'a cookie': header('cookie', (text) => `__Host-link_${text}=${text}; ${text}`),
  'a forwarded address': header('x-forwarded-for'),
  'an agent, a referrer and an origin': (_door, text) => ({
    headers: {
      'user-agent': text,
      referer: `https://${text}/`,
      origin: text,
      'accept-language': text,
      traceparent: text,
    },
    body: '{"amount":',
  }),
  'an expectation': header('expect'),
  'an upgrade': header('upgrade'),
  'a host': header('host'),
  'a length that is none': header('content-length'),
  'a transfer coding': header('transfer-encoding'),
  'a chunk that is none': (_door, text) => ({
    headers: { 'transfer-encoding': 'chunked', 'content-length': '' },
    body: `x${text}\r\n${text}\r\n0\r\n\r\n`,
  }),
  'a header without a colon': (_door, text) => ({ more: `${text}\r\n`, body: '{}' }),
  'a header’s name': (_door, text) => ({ more: `${text}: x\r\nx y${text}: 1\r\n`, body: '{}' }),
  'headers that are too large': header('x-large', (text) => text.repeat(2_000)),
  'a method': (door, text) => ({ start: `${text} ${door.path} HTTP/1.1` }),
  'a method that is not there': (door, text) => ({ start: `PROPFIND ${door.path}?${text} HTTP/1.1` }),
  'a version': (door, text) => ({ start: `POST ${door.path} HTTP/${text}` }),
  'no HTTP at all': (_door, text) => ({ start: text }),
  'a query': path(
    (path, text) => `${path}?${encodeURIComponent(text)}=${encodeURIComponent(text)}&limit=${encodeURIComponent(text)}`,
  ),
  'a broken query': path((path, text) => `${path}?${encodeURIComponent(text)}%zz=%`),
  'a path': path((path, text) => `${path}/${encodeURIComponent(text)}`),
  'a path in place of an id': path((path, text) => `${path.replace(/[^/]*$/, '')}${encodeURIComponent(text)}/return`),
  'a broken path': path((path, text) => `${path}/${encodeURIComponent(text)}%zz`),
  'a path that is too long': path((_path, text) => `/v1/charges/${encodeURIComponent(text).repeat(40)}`),
  'a path with a NUL': path((path, text) => `${path}/${encodeURIComponent(text)}%00`),
  'an absolute address': path((path, text) => `http://${encodeURIComponent(text)}${path}`),
}

/** An answer is there at once; a listener that waits for more is not waited for. */
const silenceMs = 3_000

/**
 * Sends one broken request on a connection of its own, and gives every byte that came back; null when a request to this
 * door cannot be broken so.
 */
export async function sendMalformed(
  world: StartedWorld,
  door: Door,
  shape: string,
  text: string,
): Promise<Buffer | null> {
  const { hostname, port, host, protocol } = new URL(door.origin)
  const made = shapes[shape]?.(door, text) ?? null
  if (made === null) return null
  const content = Buffer.from(made.body ?? '')
  const headers: Record<string, string> = {
    host,
    connection: 'close',
    ...door.headers,
    ...(content.length > 0 && { 'content-length': String(content.length) }),
    ...made.headers,
  }
  const head = Object.entries(headers)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const start = made.start ?? `${door.method} ${door.path} HTTP/1.1`
  const message = Buffer.concat([Buffer.from(`${start}\r\n${head}${made.more ?? ''}\r\n`), content])
  const { ca, client_cert, client_key } = world.fincore.dev
  const read = (file: string) => readFileSync(file)
  const socket =
    protocol === 'https:'
      ? connectTls({ host: hostname, port: Number(port), ca: read(ca), cert: read(client_cert), key: read(client_key) })
      : connect(Number(port), hostname)
  const chunks: Buffer[] = []
  await new Promise<void>((done) => {
    socket.setTimeout(silenceMs, () => socket.destroy())
    socket.on('data', (chunk) => void chunks.push(chunk))
    // A listener that refuses may cut the connection while the rest is still being written.
    socket.on('error', () => {})
    socket.once('close', () => done())
    socket.write(message)
  })
  return Buffer.concat(chunks)
}
