import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Shares out connections, for the card relay, which ends TLS itself: a Network Load Balancer, as far as a rollout notices it. */
export type ConnectionBalancer = {
  port: number
  /** From now on connections go to this port; resolves when those to the earlier one have ended. */
  moveTo(port: number): Promise<void>
  close(): Promise<void>
}

const pollMs = 20

export async function startConnectionBalancer(port = 0): Promise<ConnectionBalancer> {
  let target = 0
  const sockets = new Map<Socket, number>()
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    sockets.set(near, target)
    near.on('error', () => far.destroy()).on('close', () => sockets.delete(near))
    far.on('error', () => near.destroy())
    near.pipe(far).pipe(near)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async moveTo(next) {
      const earlier = target
      target = next
      while ([...sockets.values()].includes(earlier)) await sleep(pollMs)
    },
    async close() {
      for (const socket of sockets.keys()) socket.destroy()
      server.close()
    },
  }
}
