import type { Socket } from 'node:net'

/** Connections that are held without an answer, so that a shutdown can cut them. */
export type HeldConnections = Set<Socket>

/** Keeps a connection without an answer, and cuts it after this time. */
export function holdConnection(held: HeldConnections, socket: Socket, holdMs: number): void {
  held.add(socket)
  const timer = setTimeout(() => socket.destroy(), holdMs)
  socket.once('close', () => {
    clearTimeout(timer)
    held.delete(socket)
  })
}
