import type { Socket } from 'node:net'
import pg from 'pg'
import type { Log } from '../log.ts'
import type { Pool } from './pool.ts'

/** The server takes no writes: it stands by, or was the writer before a failover. */
class NoWriterError extends Error {
  /** PostgreSQL’s own, of a write to such a server. */
  readonly code = '25006'
  constructor() {
    super('The database at this address takes no writes')
    this.name = 'NoWriterError'
  }
}

/** How often it is looked whether somebody waits, and from when on that is suspicious, in ms. */
const watchMs = { every: 1_000, suspiciousAfter: 2_500 }
const askTimeoutMs = 2_000

/** Which server a connection leads to. A server that is no writer is one of the wrong kind, whichever it is. */
type Server = { startedAt: string; isWriter: boolean }
/** `busySince`: null while nobody uses it. */
type Known = { server: Server; busySince: number | null }

/**
 * Has a pool follow its address when that leads to another server, after a failover.
 *
 * A machine that is gone says nothing, not even that its connections are over: whoever waits for it waits as long as a
 * statement may take, and each idle connection looks as good as any. So a connection that waits suspiciously long has a
 * new one opened beside it, which asks where the address leads now; every connection to another server is then ended, and
 * whoever waited there is told that it broke. What was asked there may have happened or not, as always when a connection
 * breaks. A new connection to a server that takes no writes (the former writer, while the old address is still
 * remembered somewhere) is ended at once.
 *
 * @returns how to stop watching.
 */
export function followWriter(pool: Pool, log: Log): { stop(): void } {
  const connections = new Map<pg.ClientBase, Known>()
  let isAsking = false
  const settle = (writer: Server): void => {
    const others = [...connections].filter(([, { server }]) => server.startedAt !== writer.startedAt)
    for (const [client] of others) endAsBroken(client)
    if (others.length > 0)
      log.warn('the database’s address leads to another server; connections to the former were ended', {
        count: others.length,
      })
  }
  // Before anybody gets the connection. What this throws is thrown to whoever it was opened for.
  pool.options.onConnect = async (client) => {
    const server = await askServer(client)
    if (!server.isWriter) throw new NoWriterError()
    connections.set(client, { server, busySince: null })
    settle(server)
  }
  pool.on('acquire', (client) => {
    const known = connections.get(client)
    if (known !== undefined) known.busySince = performance.now()
  })
  pool.on('release', (_error, client) => {
    const known = connections.get(client)
    if (known !== undefined) known.busySince = null
  })
  pool.on('remove', (client) => void connections.delete(client))

  const look = async (): Promise<void> => {
    const since = performance.now() - watchMs.suspiciousAfter
    const isWaitedFor = [...connections.values()].some(({ busySince }) => busySince !== null && busySince < since)
    if (!isWaitedFor || isAsking) return
    isAsking = true
    const writer = await askAnew(pool.options).catch(() => null)
    isAsking = false
    if (writer?.isWriter === true) settle(writer)
  }
  const timer = setInterval(() => void look(), watchMs.every)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

async function askServer(client: pg.ClientBase): Promise<Server> {
  const { rows } = await client.query<Server>(
    `select pg_postmaster_start_time()::text as "startedAt", not pg_is_in_recovery() as "isWriter"`,
  )
  const [server] = rows
  if (server === undefined) throw new Error('The database does not say which it is')
  return server
}

/** Asks by a connection of its own, because all of the pool's may be taken, by what waits for an answer. */
async function askAnew(options: pg.PoolOptions): Promise<Server> {
  const client = new pg.Client({
    ...options,
    // Not among what is copied.
    ...(options.password === undefined ? {} : { password: options.password }),
    connectionTimeoutMillis: askTimeoutMs,
    query_timeout: askTimeoutMs,
    application_name: 'fincore probe',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await askServer(client)
  } finally {
    void client.end().catch(() => {})
  }
}

/** Ends it as if the other end had: the pool, and whoever waits for an answer, hear of a broken connection. */
function endAsBroken(client: pg.ClientBase): void {
  const { connection } = client as unknown as { connection: { stream: Socket } }
  connection.stream.destroy()
}
