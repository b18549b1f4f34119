import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { FincoreSignatureError, FincoreUsageError } from './errors.ts'
import { sign, verify, type WebhookHeaders } from './webhooks.ts'

const makeSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const secret = makeSecret()
const event = {
  object: 'event',
  id: 'evt_1',
  type: 'charge.captured',
  sequence: 1,
  data: { object: { object: 'charge', id: 'ch_1', description: 'Tüte' } },
}
const signed = sign(event, secret)

const refusal = (code: string) => (error: unknown) => {
  assert.ok(error instanceof FincoreSignatureError || error instanceof FincoreUsageError)
  assert.equal(error.code, code)
  return true
}
const refuses = (code: string, body: unknown, headers: unknown, secrets: unknown = secret, now = new Date()) =>
  assert.throws(() => verify(body as string, headers as WebhookHeaders, secrets as string, { now }), refusal(code))

describe('a webhook', () => {
  it('that the official library signed is verified, however its headers and its body are given', () => {
    const now = new Date()
    const body = JSON.stringify(event)
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('evt_1', now, body),
    }
    const given = [
      headers,
      new Headers(headers),
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]])),
    ]
    for (const one of given)
      for (const raw of [body, Buffer.from(body), new TextEncoder().encode(body)])
        assert.deepEqual(verify(raw, one, secret), event)
  })

  it('that is signed here is verified by the official library', () => {
    assert.deepEqual(new Webhook(secret).verify(signed.body, signed.headers), event)
  })

  it('is verified by any of several secrets, and by any of several signatures', () => {
    const [old, other] = [makeSecret(), makeSecret()]
    assert.equal(verify(signed.body, signed.headers, [other, secret]).id, 'evt_1')
    const both = `${sign(event, old).headers['webhook-signature']} ${signed.headers['webhook-signature']}`
    assert.equal(verify(signed.body, { ...signed.headers, 'webhook-signature': both }, secret).id, 'evt_1')
    refuses('webhook_signature_invalid', signed.body, signed.headers, [other, old])
  })

  it('is refused when any byte of it is another', () => {
    const bytes = Buffer.from(signed.body)
    const names = Object.keys(signed.headers).filter((name) => name.startsWith('webhook-'))
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(change, ([at, by]) => {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ by
        refuses('webhook_signature_invalid', changed, signed.headers)
      }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 1, max: 127 }), (name, place, by) => {
        const value = Buffer.from(signed.headers[name] ?? '')
        value[place % value.length] = (value[place % value.length] ?? 0) ^ by
        const headers = { ...signed.headers, [name]: value.toString('latin1') }
        assert.throws(() => verify(signed.body, headers, secret), FincoreSignatureError)
      }),
    )
    for (const rest of ['', ' ', '\n'])
      refuses('webhook_signature_invalid', signed.body.slice(1) + rest, signed.headers)
  })

  it('is refused when it is too old or from the future, and taken within the tolerance', () => {
    const at = (seconds: number) => new Date(Number(signed.headers['webhook-timestamp']) * 1000 + seconds * 1000)
    for (const seconds of [-301, 301, 86_400])
      refuses('webhook_timestamp_too_far', signed.body, signed.headers, secret, at(seconds))
    for (const seconds of [-300, 0, 300]) verify(signed.body, signed.headers, secret, { now: at(seconds) })
    verify(signed.body, signed.headers, secret, { now: at(3000), toleranceSeconds: 3600 })
  })

  it('is refused without its headers, and when it is no event', () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      for (const value of [undefined, '', ['a', 'b']])
        refuses('webhook_headers_missing', signed.body, { ...signed.headers, [name]: value })
    for (const body of ['{}', '[]', 'null', 'text']) {
      const timestamp = new Date()
      const signature = new Webhook(secret).sign('evt_1', timestamp, body)
      const headers = { ...sign(event, secret, { now: timestamp }).headers, 'webhook-signature': signature }
      refuses('webhook_body_unreadable', body, headers)
    }
  })

  it('cannot be verified from a parsed object, and the error says what to pass', () => {
    refuses('webhook_body_not_raw', event, signed.headers)
    refuses('webhook_secret_invalid', signed.body, signed.headers, 'sk_test_1')
    refuses('webhook_secret_invalid', signed.body, signed.headers, [])
    refuses('webhook_secret_invalid', signed.body, signed.headers, null)
  })
})
