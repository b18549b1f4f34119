import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { overwriteRest } from './read-body.ts'

const text = 'card 4242'

describe('a body that nobody reads', () => {
  const server = createServer()
  after(() => server.close())

  /** Sends the head of a request of 100 bytes and the beginning of its body; gives the request and its chunks. */
  async function receive() {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
    const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
    client.on('error', () => {})
    const chunks: Buffer[] = []
    const arrived = new EventEmitter()
    const received = new Promise<IncomingMessage>((resolve) => {
      server.once('request', (request) => {
        const push = request.push.bind(request)
        request.push = (chunk: Buffer | null) => {
          if (chunk !== null) chunks.push(chunk)
          const wantsMore = push(chunk)
          arrived.emit('chunk')
          return wantsMore
        }
        resolve(request)
      })
    })
    const first = once(arrived, 'chunk')
    client.write(`POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n${text}`)
    await first
    return { client, request: await received, chunks, arrived }
  }

  it('is overwritten, and so is what still comes of it', async () => {
    const { client, request, chunks, arrived } = await receive()
    overwriteRest(request)
    const second = once(arrived, 'chunk')
    client.write(text)
    await second
    assert.equal(chunks.length, 2)
    assert.ok(chunks.every((chunk) => chunk.every((byte) => byte === 0)))
    client.destroy()
  })

  it('is overwritten after the client went away', async () => {
    const { client, request, chunks } = await receive()
    assert.equal(chunks[0]?.toString(), text)
    const gone = new Promise((done) => request.once('close', done))
    client.destroy()
    await gone
    overwriteRest(request)
    assert.ok(chunks.every((chunk) => chunk.every((byte) => byte === 0)))
  })
})
