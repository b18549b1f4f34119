import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { drain, readBody } from './bounded-read.ts'
import { makeCardMemory } from './card-memory.ts'

function makeRequest(headers: Record<string, string> = {}) {
  const stream = Object.assign(new PassThrough(), { headers })
  return { stream, request: stream as unknown as IncomingMessage }
}

const bounds = { bytes: 64, timeoutMs: 10_000 }
const copy = (body: Buffer) => ({ text: body.toString() })

describe('reading a body', () => {
  it('gives up on one that does not come in time, and keeps nothing', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { stream, request } = makeRequest()
    const memory = makeCardMemory()
    const result = readBody(request, bounds, memory, copy)
    stream.write('{"amount"')
    context.mock.timers.tick(bounds.timeoutMs)
    assert.equal(await result, 'request_timeout')
    assert.equal(memory.count(), 0)
  })

  it('overwrites the pieces that it was given, and keeps nothing when the client goes away', async () => {
    const { stream, request } = makeRequest()
    const memory = makeCardMemory()
    const result = readBody(request, bounds, memory, copy)
    const chunk = Buffer.from('4242424242424242')
    stream.write(chunk)
    await new Promise((resolve) => setImmediate(resolve))
    stream.destroy()
    assert.equal(await result, 'client_gone')
    assert.ok(chunk.every((value) => value === 0))
    assert.equal(memory.count(), 0)
  })

  it('stops at its bound, and overwrites what still comes', async () => {
    const { stream, request } = makeRequest()
    const memory = makeCardMemory()
    const result = readBody(request, bounds, memory, copy)
    const chunks = Array.from({ length: 4 }, () => Buffer.from('4242424242424242 4242'))
    for (const chunk of chunks) stream.write(chunk)
    assert.equal(await result, 'body_too_large')
    assert.equal(memory.count(), 0)
    const rest = Buffer.from('4242424242424242')
    const discarded = drain(request, bounds, () => {})
    stream.end(rest)
    await discarded
    for (const chunk of [...chunks, rest]) assert.ok(chunk.every((value) => value === 0))
  })

  it('does not wait for one that is gone already', async () => {
    const { stream, request } = makeRequest()
    stream.destroy()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(await readBody(request, bounds, makeCardMemory(), copy), 'client_gone')
  })

  it('wipes the body when its reader throws', async () => {
    const { stream, request } = makeRequest({ 'content-length': '4' })
    const memory = makeCardMemory()
    const result = readBody(request, bounds, memory, () => {
      throw new Error('a bug')
    })
    stream.end('4242')
    await assert.rejects(result, /a bug/)
    assert.equal(memory.count(), 0)
  })

  it('reads the same wherever the pieces are cut', async () => {
    const body = fc.uint8Array({ minLength: 1, maxLength: 64 })
    const cuts = fc.array(fc.nat(64), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(body, cuts, fc.boolean(), async (bytes, places, isDeclared) => {
        const { stream, request } = makeRequest(isDeclared ? { 'content-length': String(bytes.length) } : {})
        const result = readBody(request, bounds, makeCardMemory(), (read) => ({ bytes: Buffer.from(read) }))
        let from = 0
        for (const place of [...places, bytes.length].sort((a, b) => a - b)) {
          stream.write(Buffer.from(bytes.slice(from, place)))
          from = Math.max(from, place)
        }
        stream.end()
        assert.deepEqual(await result, { bytes: Buffer.from(bytes) })
      }),
      { numRuns: 200, seed: 20_261_123 },
    )
  })
})
