import type { Pool } from '@fincore/payment-service/store/pool'
import {
  type Backend,
  type Connection,
  dropConnection,
  loseConnection,
  openConnection,
  type Result,
  runStatement,
} from './connection.ts'
import { noConnection } from './errors.ts'

/** A pool as the store's functions take it, of one process of the payment service. */
export type SimPool = Pool & {
  /** The process is dead: its open transactions roll back, its locks go, and nothing that it waits for ever settles. */
  kill(): void
}

type Query = string | { text: string; values?: readonly unknown[] }
type Waiting = { connect: (connection: Connection) => void; cancelTimer: () => void }

/**
 * @param max how many connections it has; who asks for one more waits for its turn, `connectionTimeoutMs` at most.
 * @returns the pool, and how the server breaks all its connections.
 */
export function makePool(backend: Backend, limits: { max: number; connectionTimeoutMs: number }) {
  const inUse = new Set<Connection>()
  const waiting: Waiting[] = []

  const open = (): Connection => {
    const connection = openConnection(backend)
    inUse.add(connection)
    return connection
  }
  const giveBack = (connection: Connection): void => {
    if (!inUse.delete(connection)) return
    // As the server does for a session that ends inside a transaction.
    dropConnection(connection)
    const next = waiting.shift()
    next?.cancelTimer()
    next?.connect(open())
  }
  const take = (): Promise<Connection> => {
    if (inUse.size < limits.max) return Promise.resolve(open())
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    const entry: Waiting = {
      connect: resolve,
      cancelTimer: backend.setTimer(limits.connectionTimeoutMs, () => {
        waiting.splice(waiting.indexOf(entry), 1)
        reject(noConnection())
      }),
    }
    waiting.push(entry)
    return promise
  }
  const runAlone = (connection: Connection, text: string, values: readonly unknown[]): Promise<Result> =>
    runStatement(connection, text, values).finally(() => giveBack(connection))

  const pool = {
    query(query: Query, values?: readonly unknown[]): Promise<Result> {
      const [text, given] = readQuery(query, values)
      if (inUse.size < limits.max) return runAlone(open(), text, given)
      return take().then((connection) => runAlone(connection, text, given))
    },
    connect: () => take().then((connection) => makeClient(connection, () => giveBack(connection))),
    on: () => pool,
    end: () => Promise.resolve(),
    kill() {
      backend.isDead = true
      for (const connection of inUse) dropConnection(connection)
      inUse.clear()
      for (const entry of waiting.splice(0)) entry.cancelTimer()
    },
  }
  const crash = () => {
    for (const connection of [...inUse]) loseConnection(connection)
  }
  // The store uses of the driver's pool what stands here.
  return { pool: pool as unknown as SimPool, crash }
}

function readQuery(query: Query, values: readonly unknown[] = []): [text: string, values: readonly unknown[]] {
  return typeof query === 'string' ? [query, values] : [query.text, query.values ?? values]
}

/** A connection as the store's transactions have it. */
function makeClient(connection: Connection, giveBack: () => void) {
  const listeners = new Set<(error: Error) => void>()
  /** The statement under way; another one waits for it, as in the driver. */
  let last: Promise<unknown> | null = null
  connection.onLost = (error) => {
    for (const listener of listeners) listener(error)
  }
  const client = {
    query(query: Query, values?: readonly unknown[]): Promise<Result> {
      const [text, given] = readQuery(query, values)
      const run = () => runStatement(connection, text, given)
      const running = last === null ? run() : last.then(run, run)
      const over = () => {
        if (last === running) last = null
      }
      last = running
      running.then(over, over)
      return running
    },
    on(_name: 'error', listener: (error: Error) => void) {
      listeners.add(listener)
      return client
    },
    off(_name: 'error', listener: (error: Error) => void) {
      listeners.delete(listener)
      return client
    },
    release: giveBack,
  }
  return client
}
