import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { overwriteRest } from './read-body.ts'

const text = 'card 4242'

describe('a body that nobody reads', () => {
  const server = createServer()
  after(() => server.close())

  /** Sends the head of a request of 100 bytes and the beginning of its body; gives the request and every chunk of it. */
  async function receive() {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
    const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
    client.on('error', () => {})
    client.write(`POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n${text}`)
    const [request] = (await once(server, 'request')) as [IncomingMessage]
    const chunks: Buffer[] = []
    const push = request.push.bind(request)
    request.push = (chunk: Buffer | null) => {
      if (chunk !== null) chunks.push(chunk)
      return push(chunk)
    }
    while (chunks.length === 0) await new Promise((done) => setImmediate(done))
    return { client, request, chunks }
  }

  it('is overwritten, and so is what still comes of it', async () => {
    const { client, request, chunks } = await receive()
    overwriteRest(request)
    client.write(text)
    while (chunks.length < 2) await new Promise((done) => setImmediate(done))
    await new Promise((done) => setImmediate(done))
    assert.ok(chunks.every((chunk) => chunk.every((byte) => byte === 0)))
    client.destroy()
  })

  it('is overwritten after the client went away', async () => {
    const { client, request, chunks } = await receive()
    assert.equal(chunks[0]?.toString(), text)
    client.destroy()
    await once(request, 'close')
    overwriteRest(request)
    assert.ok(chunks.every((chunk) => chunk.every((byte) => byte === 0)))
  })
})
