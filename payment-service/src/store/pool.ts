import pg from 'pg'
import { isRefusal, type Refusal } from '../refusal.ts'
import type { Connection } from './connection.ts'

// Money and counters are bigint from the socket on; a JavaScript number would round above 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, BigInt)

export type Pool = pg.Pool
export type Transaction = pg.PoolClient
/** What a single statement can run on: the pool, or a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>

/** How long one statement may take, in ms. */
export const serviceLimits = {
  // A statement that waits longer than this for a lock or a plan is a fault to be seen, not to be waited for.
  statement_timeout: 15_000,
  // The server's own limits end nothing when the server, or the way to it, has gone silent. Longer than they are, so
  // that a living server says first what was wrong.
  query_timeout: 16_000,
}
/** For reading the whole of a table: also what the login's own settings say does not apply. */
export const withoutLimits = { options: '-c statement_timeout=0' }

/**
 * Opens the pool of the application's login.
 *
 * @param connection an address, or what connectionOf makes of the settings.
 * @param max how many connections; two writes of a charge share commits, so few are enough.
 * @param more `preparesStatements`: false behind a pooler that gives each transaction another server’s connection and
 *   does not know which statements were prepared there (PgBouncer before 1.21).
 */
export function openPool(
  connection: string | Connection,
  max: number,
  limits: typeof serviceLimits | typeof withoutLimits = serviceLimits,
  { preparesStatements = true } = {},
): Pool {
  const pool = new pg.Pool({
    ...(typeof connection === 'string' ? { connectionString: connection } : connection),
    max,
    ...limits,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 20_000,
    connectionTimeoutMillis: 10_000,
    application_name: 'fincore',
  })
  // An idle connection that breaks (the database restarts) must not end the process; the next query opens another.
  pool.on('error', () => {})
  // Nor one that breaks between two of its uses, when neither the pool nor a transaction listens: its next query tells.
  pool.on('connect', (client) => void client.on('error', () => {}))
  pool.on('connect', doubtUnreplicated)
  if (!preparesStatements) pool.on('connect', leaveOutNames)
  return pool
}

/**
 * A commit that waits for its standby and is canceled (`pg_cancel_backend`) is answered as done, after a warning: this
 * server has it and no other may. Should it be a former writer, nobody ever sees it again. So the answer is none, and the
 * connection counts as broken: what was asked may have happened or not.
 */
function doubtUnreplicated(client: pg.PoolClient): void {
  client.on('notice', ({ routine }) => {
    if (routine !== 'SyncRepWaitForLSN') return
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
    const error = new Error('The commit was answered although no standby is known to have it')
    connection.emit('error', Object.assign(error, { code: 'unreplicated' }))
  })
}

/** A statement without a name is prepared anew for each use, in the same round trip. */
function leaveOutNames(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const unnamed = (statement: unknown, ...rest: unknown[]) =>
    query(isNamed(statement) ? { ...statement, name: undefined } : statement, ...rest)
  client.query = unnamed as typeof client.query
}

function isNamed(statement: unknown): statement is { name: string } {
  return typeof statement === 'object' && statement !== null && 'name' in statement
}

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws. No call to a PSP or to a
 * merchant may happen inside.
 *
 * @throws what `work` threw; or, when the connection was lost, what it died of. Was it lost during the commit, then
 *   nobody knows whether the transaction happened.
 */
export async function inTransaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const tx = await pool.connect()
  let lost: Error | undefined
  const onLost = (error: Error) => {
    lost ??= error
  }
  // The pool listens to idle connections only, and an `error` that nobody hears ends the process.
  tx.on('error', onLost)
  try {
    await tx.query('begin')
    const result = await work(tx)
    await tx.query('commit')
    return result
  } catch (error) {
    // What the connection died of says more than what the next statement on it met.
    const cause = lost ?? error
    // A statement without an answer still occupies its connection, so a rollback behind it would wait as long again.
    if (isQueryTimeout(error) || isReadOnlyServer(error)) onLost(error)
    else await tx.query('rollback').catch(onLost)
    throw cause
  } finally {
    tx.off('error', onLost)
    // Only a connection that is certainly whole, and outside a transaction, may be used again.
    tx.release(lost)
  }
}

/** Whether a statement got no answer in time. The driver tells it by the message alone. */
export function isQueryTimeout(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout'
}

/**
 * Whether the server takes no writes, as the one that was the writer before a failover. It would go on answering what is
 * only read, so a connection to it must not be used again. (A single statement that fails has its connection ended by the
 * pool, whatever the reason.)
 */
function isReadOnlyServer(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === '25006'
}

/** As inTransaction, and a refusal rolls back too: what is refused has written nothing, its idempotency claim included. */
export async function decideInTransaction<T extends object>(
  pool: Pool,
  work: (tx: Transaction) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  let refusal: Refusal | undefined
  try {
    return await inTransaction(pool, async (tx) => {
      const result = await work(tx)
      if (isRefusal(result)) {
        refusal = result
        throw rolledBack
      }
      return result
    })
  } catch (error) {
    if (error === rolledBack && refusal !== undefined) return refusal
    throw error
  }
}
const rolledBack = new Error('rolled back')
