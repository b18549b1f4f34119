import { randomUUID } from 'node:crypto'
import type { Canary } from './canaries.ts'

/** The bytes of one `POST /v1/charges`, head and body apart. */
export type ChargeRequest = { head: string; body: string }

export type RequestWish = {
  bearer: string
  body: string
  headers?: Record<string, string>
  /** Says no length, and sends the body in chunks of HTTP. */
  chunked?: boolean
}

export function makeRequest(wish: RequestWish): ChargeRequest {
  const headers = {
    host: '127.0.0.1',
    authorization: `Bearer ${wish.bearer}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
    ...(wish.chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': Buffer.byteLength(wish.body) }),
    ...wish.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `POST /v1/charges HTTP/1.1\r\n${lines.join('')}\r\n`
  return { head, body: wish.chunked ? intoChunks(wish.body) : wish.body }
}

/** The card as a merchant's server writes it: the code beside its holder, as `codeContexts` searches for it. */
export function cardJson({ number, code, marker }: Canary): string {
  return `{"number":"${number}","cvc":"${code}","exp_month":12,"exp_year":2034,"holder_name":"${marker}"}`
}

/** A charge of 10.00 EUR. `more`: further fields, each after a comma. */
export function chargeJson(card: string, more = ''): string {
  return `{"amount":1000,"currency":"EUR","payment_method":{"type":"card","card":${card}},"return_url":"https://shop.example/back"${more}}`
}

function intoChunks(body: string): string {
  const pieces = body.match(/.{1,50}/gs) ?? []
  return `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`
}
