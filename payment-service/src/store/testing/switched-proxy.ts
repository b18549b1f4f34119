import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** A way to the test database that can be cut, or fall silent, as a real network does. */
export type SwitchedProxy = {
  /** The database's URL by this way. */
  url: string
  /** Connections that were asked for, those that were cut at once included. */
  asked(): number
  /** `open` passes everything on; `silent` nothing; `cut` ends every connection, and each new one at once. */
  set(state: 'open' | 'silent' | 'cut'): void
  close(): Promise<void>
}

export async function startSwitchedProxy(databaseUrl: string): Promise<SwitchedProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let state: 'open' | 'silent' | 'cut' = 'open'
  let asked = 0
  const server = createServer((near) => {
    asked++
    if (state === 'cut') return void near.destroy()
    const far = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => {
        if (state === 'open') to.write(bytes)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    asked: () => asked,
    set(next) {
      state = next
      if (next === 'cut') cutAll()
    },
    async close() {
      cutAll()
      await new Promise((closed) => server.close(closed))
    },
  }
}
