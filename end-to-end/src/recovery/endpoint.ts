import { once } from 'node:events'
import net from 'node:net'

/** One address that leads to whichever server is the writer: what a cluster’s endpoint or a virtual address is. */
export type Endpoint = {
  /** From now on connections lead there; null: nobody listens. */
  lead(port: number | null): void
  /** The other end has vanished with its machine: what is connected stays open and silent, and hears of no end. */
  fallSilent(): void
  close(): Promise<void>
}

/** @param delayMs each way takes so long, in order: a replica far away. */
export async function startEndpoint(port: number, target: number | null, delayMs = 0): Promise<Endpoint> {
  let leadsTo = target
  const pairs = new Set<Pair>()
  const server = net.createServer({ noDelay: true, allowHalfOpen: false }, (client) => {
    client.on('error', () => {})
    if (leadsTo === null) return void client.resetAndDestroy()
    const onward = net.connect({ host: '127.0.0.1', port: leadsTo, noDelay: true })
    const pair: Pair = { client, onward, isSilent: false }
    pairs.add(pair)
    carry(client, onward, delayMs)
    carry(onward, client, delayMs, pair)
    onward.on('error', () => {})
    client.once('close', () => {
      pairs.delete(pair)
      onward.destroy()
    })
    onward.once('close', () => {
      if (!pair.isSilent) client.resetAndDestroy()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    lead(next) {
      leadsTo = next
    },
    fallSilent() {
      for (const pair of pairs) pair.isSilent = true
    },
    async close() {
      const closed = new Promise((done) => server.close(done))
      for (const { client, onward } of pairs) {
        client.destroy()
        onward.destroy()
      }
      await closed
    },
  }
}

type Pair = { client: net.Socket; onward: net.Socket; isSilent: boolean }

/** What is still on its way when an end is gone never arrives. */
function carry(from: net.Socket, to: net.Socket, delayMs: number, pair?: Pair): void {
  from.on('data', (chunk) => {
    const pass = () => {
      if (!to.destroyed && pair?.isSilent !== true) to.write(chunk)
    }
    if (delayMs === 0) pass()
    else setTimeout(() => !from.destroyed && pass(), delayMs)
  })
}
