import type { Socket } from 'node:net'
import { limits } from './limits.ts'
import { namePeer } from './peers.ts'

/** Fresh until the first request; busy while one is under way; idle after its answer, while a refused body still comes in too. */
type State = 'fresh' | 'idle' | 'busy'
/** How many connections of one peer may be in the states that cost it nothing. */
export type ConnectionBounds = { freshPerPeer: number; idlePerPeer: number }

export type Connections = {
  open(socket: Socket): void
  /** `socket` may be the TLS socket over the one that was opened. */
  mark(socket: Socket, state: 'idle' | 'busy'): void
}

/**
 * Keeps one peer from holding all the connections that there may be. Where a peer has too many fresh or idle ones, the
 * one that has been so for longest is closed; a busy one never is. The load balancer is exempt: it holds connections
 * for everybody, and has bounds of its own.
 */
export function makeConnections(
  isExempt: (address: string) => boolean,
  bounds: ConnectionBounds = limits,
): Connections {
  const most = { fresh: bounds.freshPerPeer, idle: bounds.idlePerPeer, busy: Number.POSITIVE_INFINITY }
  const known = new Map<string, { socket: Socket; peer: string; state: State }>()
  /** By peer and state, those longest in it first. */
  const alike = new Map<string, Set<Socket>>()

  function enter(socket: Socket, peer: string, state: State): void {
    const group = alike.get(`${state} ${peer}`) ?? new Set()
    alike.set(`${state} ${peer}`, group.add(socket))
    const [longest] = group
    if (group.size <= most[state] || longest === undefined) return
    leave(longest, peer, state)
    longest.destroy()
  }

  function leave(socket: Socket, peer: string, state: State): void {
    const group = alike.get(`${state} ${peer}`)
    group?.delete(socket)
    if (group?.size === 0) alike.delete(`${state} ${peer}`)
  }

  return {
    open(socket) {
      const name = nameConnection(socket)
      if (name === null || isExempt(socket.remoteAddress ?? '')) return
      const connection = { socket, peer: namePeer(socket.remoteAddress ?? ''), state: 'fresh' as State }
      known.set(name, connection)
      socket.once('close', () => {
        if (known.get(name) === connection) known.delete(name)
        leave(socket, connection.peer, connection.state)
      })
      enter(socket, connection.peer, 'fresh')
    },
    mark(socket, state) {
      const connection = known.get(nameConnection(socket) ?? '')
      if (connection === undefined || connection.socket.destroyed) return
      leave(connection.socket, connection.peer, connection.state)
      connection.state = state
      enter(connection.socket, connection.peer, state)
    },
  }
}

/** Null when the other side is gone already. */
function nameConnection({ remoteAddress, remotePort }: Socket): string | null {
  return remoteAddress === undefined ? null : `${remoteAddress} ${remotePort}`
}
