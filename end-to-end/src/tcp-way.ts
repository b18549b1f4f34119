import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A port of this machine that leads to another one: what a load balancer, or a cluster’s endpoint, is to connections. */
export type TcpWay = {
  port: number
  /** From now on new connections lead there; null: they are reset. Those that there are stay. */
  lead(target: number | null): void
  /** The other ends have vanished with their machine: what is connected stays open and silent, and hears of no end. */
  fallSilent(): void
  /** Resolves when no connection leads there. */
  untilLeft(target: number): Promise<void>
  /** What has passed so far, both ways together. */
  bytes(): number
  close(): Promise<void>
}

type Pair = { near: net.Socket; far: net.Socket; target: number; isSilent: boolean }

const pollMs = 20

/** @param options `port` to listen at, in place of a free one. */
export async function startTcpWay(target: number | null, { port = 0 }: { port?: number } = {}): Promise<TcpWay> {
  let leadsTo = target
  let bytes = 0
  const pairs = new Set<Pair>()
  const carry = (from: net.Socket, to: net.Socket, pair: Pair): void => {
    from.on('error', () => {})
    from.on('data', (chunk) => {
      bytes += chunk.length
      if (to.writable && !pair.isSilent) to.write(chunk)
    })
  }
  const server = net.createServer({ noDelay: true }, (near) => {
    if (leadsTo === null) return void near.on('error', () => {}).resetAndDestroy()
    const far = net.connect({ host: '127.0.0.1', port: leadsTo, noDelay: true })
    const pair = { near, far, target: leadsTo, isSilent: false }
    pairs.add(pair)
    carry(near, far, pair)
    carry(far, near, pair)
    near.once('close', () => {
      pairs.delete(pair)
      far.destroySoon()
    })
    // After what was read before, so that an answer which ends its connection arrives whole.
    far.once('close', () => {
      if (!pair.isSilent) near.destroySoon()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    lead(next) {
      leadsTo = next
    },
    fallSilent() {
      for (const pair of pairs) pair.isSilent = true
    },
    async untilLeft(left) {
      while ([...pairs].some((pair) => pair.target === left)) await sleep(pollMs)
    },
    bytes: () => bytes,
    async close() {
      const closed = new Promise((done) => server.close(done))
      for (const { near, far } of pairs) {
        near.destroy()
        far.destroy()
      }
      await closed
    },
  }
}

/** The same address by way of another port. */
export function throughPort(url: string, port: number): string {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.href
}
