import pg from 'pg'

type About = { table?: string; constraint?: string; column?: string }

/** An error as the driver throws it for what the server refuses: with SQLSTATE, and the constraint's name. */
export function databaseError(code: string, message: string, about: About = {}): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { severity: 'ERROR', code, ...about })
}

export function uniqueViolation(table: string, constraint: string): pg.DatabaseError {
  return databaseError('23505', `duplicate key value violates unique constraint "${constraint}"`, { table, constraint })
}

export function checkViolation(table: string, constraint: string): pg.DatabaseError {
  const message = `new row for relation "${table}" violates check constraint "${constraint}"`
  return databaseError('23514', message, { table, constraint })
}

export function notNullViolation(table: string, column: string): pg.DatabaseError {
  const message = `null value in column "${column}" of relation "${table}" violates not-null constraint`
  return databaseError('23502', message, { table, column })
}

export function foreignKeyViolation(table: string, constraint: string): pg.DatabaseError {
  const message = `insert or update on table "${table}" violates foreign key constraint "${constraint}"`
  return databaseError('23503', message, { table, constraint })
}

export const deadlockDetected = () => databaseError('40P01', 'deadlock detected')
export const lockTimeout = () => databaseError('55P03', 'canceling statement due to lock timeout')
export const transactionAborted = () =>
  databaseError('25P02', 'current transaction is aborted, commands ignored until end of transaction block')

/** What the driver says when the server is gone: without a SQLSTATE, since nobody was left to give one. */
export const connectionLost = () => new Error('Connection terminated unexpectedly')
/** What it says to a statement that comes after that. */
export const connectionUnusable = () => new Error('Client has encountered a connection error and is not queryable')
/** The pool's own, in the driver's words. */
export const noConnection = () => new Error('timeout exceeded when trying to connect')
