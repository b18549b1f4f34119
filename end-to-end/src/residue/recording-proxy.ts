import { connect, createServer, type Socket } from 'node:net'
import { listenOnLoopback } from './listen.ts'
import type { StreamSearch } from './stream-search.ts'

export type RecordingProxy = {
  port: number
  /** Where connections go on to, on 127.0.0.1; set before the first comes. */
  forwardTo(port: number): void
  close(): Promise<void>
}

/** A TCP proxy on loopback that lets a search see every byte of both directions. What it carries must not be TLS. */
export async function startRecordingProxy(makeSearch: () => StreamSearch): Promise<RecordingProxy> {
  let target = 0
  const sockets = new Set<Socket>()
  const carry = (from: Socket, to: Socket) => {
    const search = makeSearch()
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (chunk) => {
      search.take(chunk)
      if (!to.write(chunk)) from.pause()
    })
    to.on('drain', () => from.resume())
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      search.finish()
      sockets.delete(from)
      to.destroySoon()
    })
  }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    carry(near, far)
    carry(far, near)
  })
  return {
    port: await listenOnLoopback(server),
    forwardTo: (port) => {
      target = port
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
