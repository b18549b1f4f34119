import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { makeCardMemory } from './card-memory.ts'
import { limits } from './limits.ts'
import { readBody } from './request-body.ts'

function makeRequest() {
  const stream = Object.assign(new PassThrough(), { headers: {} })
  return { stream, request: stream as unknown as IncomingMessage }
}

describe('reading the body', () => {
  it('gives up on a body that does not come in time', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { stream, request } = makeRequest()
    const memory = makeCardMemory()
    const result = readBody(request, memory, { bytesRead: 0, bytesDiscarded: 0 })
    stream.write('{"amount"')
    context.mock.timers.tick(limits.bodyTimeoutMs)
    assert.deepEqual(await result, { kind: 'refused', refusal: { code: 'request_timeout' } })
    assert.equal(memory.count(), 0)
  })

  it('overwrites the pieces that it was given, and keeps nothing when the client goes away', async () => {
    const { stream, request } = makeRequest()
    const memory = makeCardMemory()
    const result = readBody(request, memory, { bytesRead: 0, bytesDiscarded: 0 })
    const chunk = Buffer.from('4242424242424242')
    stream.write(chunk)
    await new Promise((resolve) => setImmediate(resolve))
    stream.destroy()
    assert.deepEqual(await result, { kind: 'client_gone' })
    assert.ok(chunk.every((value) => value === 0))
    assert.equal(memory.count(), 0)
  })
})
