import { connectionLost, connectionUnusable, transactionAborted } from './errors.ts'
import type { Answer, Statement } from './learn.ts'
import type { Waiter, Waits } from './slot.ts'
import type { Tables } from './tables.ts'
import {
  abortTransaction,
  beginTransaction,
  commitTransaction,
  type SetTimer,
  type Transaction,
} from './transaction.ts'

/** Where a statement stands, told before its effect and after it. */
export type Moment = { phase: 'before' | 'after'; what: string }
export type Pause = (at: Moment) => Promise<void> | undefined

/** What a connection works with; the connections of one process share it. */
export type Backend = {
  readonly tables: Tables
  readonly statements: ReadonlyMap<string, Statement>
  readonly now: () => Date
  readonly setTimer: SetTimer
  readonly pause: Pause | undefined
  readonly lockTimeoutMs: number
  /** The process is dead: nothing of it settles any more. */
  isDead: boolean
}

export type Connection = {
  readonly backend: Backend
  /** The transaction that was begun, or that of the one statement under way. */
  tx: Transaction | null
  /** The transaction that was begun has failed, and waits for its rollback. */
  isAborted: boolean
  /** What the connection died of. */
  lost: Error | null
  /** Ends the pause that the connection is in, when the connection is lost. */
  interrupt: ((error: Error) => void) | null
  onLost: ((error: Error) => void) | null
}

export type Result = { command: string; rowCount: number | null; rows: readonly object[]; oid: number; fields: never[] }

export function openConnection(backend: Backend): Connection {
  return { backend, tx: null, isAborted: false, lost: null, interrupt: null, onLost: null }
}

const done = (command: string): Result => ({ command, rowCount: null, rows: [], oid: 0, fields: [] })
/** A promise of its own each time: one for all would hold everything that ever waited for it. */
const never = () => new Promise<never>(() => {})

/** Runs one statement, in the connection's transaction or in one of its own. */
export function runStatement(connection: Connection, text: string, values: readonly unknown[]): Promise<Result> {
  const { backend, lost } = connection
  if (backend.isDead) return failOf(connection)
  if (lost !== null) return Promise.reject(connectionUnusable())
  switch (text) {
    case 'begin':
      connection.tx = begin(backend)
      return Promise.resolve(done('BEGIN'))
    case 'commit':
      return perform(connection, 'commit', () => end(connection, !connection.isAborted))
    case 'rollback':
      return Promise.resolve(end(connection, false))
  }
  if (connection.isAborted) return Promise.reject(transactionAborted())
  const statement = backend.statements.get(text)
  if (statement !== undefined) return perform(connection, statement.what, () => execute(connection, statement, values))
  const limit = /^set local lock_timeout = (\d+)$/.exec(text)?.[1]
  if (limit === undefined || connection.tx === null) return Promise.reject(new UntaughtStatementError(text))
  connection.tx.lockTimeoutMs = Number(limit)
  return Promise.resolve(done('SET'))
}

class UntaughtStatementError extends Error {
  constructor(text: string) {
    super(
      `Nobody taught the simulation's database this statement; add a lesson to simulation/src/database/statements: ${text}`,
    )
    this.name = 'UntaughtStatementError'
  }
}

function begin({ tables, now, setTimer, lockTimeoutMs }: Backend): Transaction {
  return beginTransaction(tables, now(), setTimer, lockTimeoutMs)
}

function end(connection: Connection, keep: boolean): Result {
  const { tx } = connection
  connection.tx = null
  connection.isAborted = false
  if (tx !== null && !tx.isOver) {
    if (keep) commitTransaction(tx)
    else abortTransaction(tx)
  }
  return done(keep ? 'COMMIT' : 'ROLLBACK')
}

function execute(connection: Connection, statement: Statement, values: readonly unknown[]): Result | Promise<Result> {
  const isAlone = connection.tx === null
  const tx = connection.tx ?? begin(connection.backend)
  connection.tx = tx
  const finish = (answer: Answer): Result => {
    if (isAlone) end(connection, true)
    const rows = typeof answer === 'number' ? [] : answer
    return { command: '', rowCount: typeof answer === 'number' ? answer : answer.length, rows, oid: 0, fields: [] }
  }
  const fail = (error: unknown): never => {
    // PostgreSQL gives the locks back at once, and not only when the client asks for the rollback.
    if (!tx.isOver) abortTransaction(tx)
    if (isAlone) connection.tx = null
    else connection.isAborted = true
    throw error
  }
  try {
    const answer = statement.meaning(tx, values as never[])
    if (typeof answer !== 'object' || !('next' in answer)) return finish(answer)
    const step = answer.next()
    return step.done ? finish(step.value) : goOnLater(connection, tx, step.value, answer, finish).catch(fail)
  } catch (error) {
    return fail(error)
  }
}

/** Goes on with a statement each time that what it waits for is over, to its end. */
async function goOnLater(
  connection: Connection,
  tx: Transaction,
  waiter: Waiter,
  rest: Waits<Answer>,
  finish: (answer: Answer) => Result,
): Promise<Result> {
  for (let next = waiter; ; ) {
    await next.over
    // The wait was over, and then the server or the process, before the statement's turn came.
    if (tx.isOver) return failOf(connection)
    const step = rest.next()
    if (step.done) return finish(step.value)
    next = step.value
  }
}

/** What a caller hears whose connection is gone: nothing, when its own process is dead. */
function failOf({ backend, lost }: Connection): Promise<never> {
  return backend.isDead ? never() : Promise.reject(lost ?? connectionLost())
}

/** Does something between its two pauses; without them, and without a wait, it is done when this returns. */
function perform(connection: Connection, what: string, work: () => Result | Promise<Result>): Promise<Result> {
  const { pause } = connection.backend
  if (pause === undefined) {
    try {
      return Promise.resolve(work())
    } catch (error) {
      return Promise.reject(error)
    }
  }
  return performWithPauses(connection, what, work, pause)
}

function performWithPauses(
  connection: Connection,
  what: string,
  work: () => Result | Promise<Result>,
  pause: Pause,
): Promise<Result> {
  try {
    const before = callPause(connection, pause, { phase: 'before', what })
    if (before !== undefined)
      return outlast(connection, before).then(() => workThenPause(connection, what, work, pause))
    const result = work()
    if (result instanceof Promise) return result.then((value) => pauseAfter(connection, what, value, pause))
    return pauseAfter(connection, what, result, pause)
  } catch (error) {
    return Promise.reject(error)
  }
}

async function workThenPause(
  connection: Connection,
  what: string,
  work: () => Result | Promise<Result>,
  pause: Pause,
): Promise<Result> {
  if (connection.backend.isDead || connection.lost !== null) return failOf(connection)
  return pauseAfter(connection, what, await work(), pause)
}

function pauseAfter(connection: Connection, what: string, result: Result, pause: Pause): Promise<Result> {
  const after = callPause(connection, pause, { phase: 'after', what })
  return after === undefined ? Promise.resolve(result) : outlast(connection, after).then(() => result)
}

/** A pause that throws at once means the same as one that rejects. */
function callPause(connection: Connection, pause: Pause, at: Moment): Promise<void> | undefined {
  try {
    const paused = pause(at)
    // The pause may have killed the process, or crashed the server.
    if (connection.backend.isDead) return never()
    if (connection.lost !== null) throw connection.lost
    return paused
  } catch (error) {
    throw breakConnection(connection, error)
  }
}

/** Waits for a pause of the world's, unless the connection is lost meanwhile; with its process dead it never ends. */
function outlast(connection: Connection, pause: Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  connection.interrupt = reject
  pause.then(
    () => {
      if (connection.lost === null && !connection.backend.isDead) {
        connection.interrupt = null
        resolve()
      }
    },
    (error: unknown) => {
      if (!connection.backend.isDead) reject(breakConnection(connection, error))
    },
  )
  return promise
}

function breakConnection(connection: Connection, cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error('The connection broke', { cause })
  loseConnection(connection, error)
  return error
}

/** The connection is gone: its transaction is rolled back, and what waits on it fails. */
export function loseConnection(connection: Connection, error: Error = connectionLost()): void {
  if (connection.lost !== null) return
  connection.lost = error
  if (connection.tx !== null && !connection.tx.isOver) abortTransaction(connection.tx, error)
  connection.tx = null
  connection.interrupt?.(error)
  connection.interrupt = null
  connection.onLost?.(error)
}

/** The process is gone with its connection: its transaction is rolled back, and what waits on it waits for ever. */
export function dropConnection(connection: Connection): void {
  if (connection.tx !== null && !connection.tx.isOver) abortTransaction(connection.tx)
  connection.tx = null
}
