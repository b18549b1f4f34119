import assert from 'node:assert/strict'
import net from 'node:net'
import { describe, it } from 'node:test'
import { makeLine } from './line.ts'
import { listenOnLoopback } from './listen.ts'

describe('a line that is cut', () => {
  async function cutWith(serve: (socket: net.Socket) => void, tls: { ca: Buffer } | null, moment?: Promise<unknown>) {
    const received: Buffer[] = []
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk) => received.push(chunk))
      serve(socket)
    })
    const port = await listenOnLoopback(server)
    const line = makeLine({ port, tls, received: () => {} })
    const ended = await line.cut('half of a request', moment)
    await new Promise((done) => server.close(done))
    return { ended, received: Buffer.concat(received).toString(), port }
  }

  it('says so when the text was written and nothing came back', async () => {
    const { ended, received } = await cutWith(() => {}, null)
    assert.deepEqual({ ended, received }, { ended: 'cut', received: 'half of a request' })
  })

  it('says that there was no connection when it was refused, or its handshake was', async () => {
    const { port } = await cutWith(() => {}, null)
    assert.equal(await makeLine({ port, tls: null, received: () => {} }).cut('half of a request'), 'no connection')
    const { ended } = await cutWith((socket) => socket.destroy(), { ca: Buffer.alloc(0) })
    assert.equal(ended, 'no connection')
  })

  it('says that the other end was first when it answered or went away before', async () => {
    const never = new Promise(() => {})
    const answer = (socket: net.Socket) => socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\n\r\n'))
    assert.equal((await cutWith(answer, null, never)).ended, 'answered before it was cut')
    const leave = (socket: net.Socket) => socket.once('data', () => socket.destroy())
    assert.equal((await cutWith(leave, null, never)).ended, 'closed before it was cut')
  })
})
