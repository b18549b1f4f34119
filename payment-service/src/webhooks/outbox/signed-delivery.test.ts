import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { createWebhookWorld, type Received, startReceiver, until, type WebhookWorld } from '../testing/webhook-world.ts'
import { startOutbox } from './outbox.ts'

type Headers = Record<string, string>

/** A delivery as a merchant's server gets it, judged by the official library of Standard Webhooks. */
describe('a delivery that was really received', { concurrency: false }, () => {
  let world: WebhookWorld
  let secret: string
  let body: string
  let headers: Headers
  before(async () => {
    world = await createWebhookWorld()
    const receiver = await startReceiver()
    const merchant = await world.addMerchant()
    const endpoint = await world.addEndpoint(merchant, receiver.url)
    await world.addEvent(merchant)
    const outbox = startOutbox(world)
    await until('it was received', () => receiver.received.length === 1)
    await outbox.stop()
    await receiver.close()
    secret = endpoint.secret
    const [got] = receiver.received as [Received]
    body = got.body
    headers = got.headers as Headers
  })
  after(() => world.close())
  const isGenuine = (text: string | Buffer, change: Headers = {}, by = secret): boolean => {
    try {
      new Webhook(by).verify(text, { ...headers, ...change })
      return true
    } catch {
      return false
    }
  }

  it('verifies', () => {
    assert.ok(isGenuine(body))
    assert.ok(isGenuine(Buffer.from(body)))
  })

  it('does not when any byte of its body is another, is missing, or is there twice', () => {
    const bytes = Buffer.from(body)
    assert.ok(bytes.length > 100)
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 7))
      assert.ok(!isGenuine(changed.toString('latin1')), `byte ${at} changed`)
      assert.ok(!isGenuine(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])), `byte ${at} missing`)
      assert.ok(!isGenuine(Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)])), `byte ${at} twice`)
    }
    for (const more of [' ', '\n', '\0']) assert.ok(!isGenuine(body + more))
    assert.ok(!isGenuine(''))
  })

  it('does not when any character of a signed header is another, or the header is missing', () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const value = headers[name] ?? ''
      for (let at = 0; at < value.length; at++) {
        const other = value[at] === '1' ? '2' : '1'
        const changed = value.slice(0, at) + other + value.slice(at + 1)
        // The last character before the padding of base64 carries bits that mean nothing.
        if (Buffer.from(changed.slice(3), 'base64').equals(Buffer.from(value.slice(3), 'base64')) && at > 2) continue
        assert.ok(!isGenuine(body, { [name]: changed }), `${name}, character ${at}`)
      }
      assert.ok(!isGenuine(body, { [name]: '' }), `${name} empty`)
    }
  })

  it('does not six minutes before or after its time, though it is signed again for that time', () => {
    const at = Number(headers['webhook-timestamp'])
    assert.ok(Math.abs(at - Date.now() / 1000) < 60)
    const id = headers['webhook-id'] ?? ''
    for (const seconds of [-600, -360, 360, 600]) {
      const time = new Date((at + seconds) * 1000)
      const signature = new Webhook(secret).sign(id, time, body)
      assert.ok(!isGenuine(body, { 'webhook-timestamp': String(at + seconds) }), `the header alone, ${seconds} s`)
      const moved = { 'webhook-timestamp': String(at + seconds), 'webhook-signature': signature }
      assert.ok(!isGenuine(body, moved), `signed, ${seconds} s`)
    }
    const soon = new Date((at + 30) * 1000)
    const signature = new Webhook(secret).sign(id, soon, body)
    assert.ok(isGenuine(body, { 'webhook-timestamp': String(at + 30), 'webhook-signature': signature }))
  })

  it('does not under another secret, be it one bit away', () => {
    const key = Buffer.from(secret.slice(6), 'base64')
    for (const bit of [0, 100, key.length * 8 - 1]) {
      const near = Buffer.from(key)
      near[bit >> 3] = (near[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.ok(!isGenuine(body, {}, `whsec_${near.toString('base64')}`), `bit ${bit}`)
    }
    assert.ok(!isGenuine(body, {}, `whsec_${randomBytes(32).toString('base64')}`))
  })
})
