import { createHmac } from 'node:crypto'
import { migrate } from '@fincore/payment-service/store/migrate'
import pg from 'pg'

/** The role that the payment service runs as; the migrations make it, with no password of its own. */
export const appRole = 'fincore_app'

/**
 * Runs the payment service's migrations as the owner, and sees to it that the application's role can log in.
 *
 * @param folder another version's migrations; for drills.
 * @returns the application's URL of the same database.
 */
export async function prepareDatabase(ownerUrl: string, folder?: URL): Promise<string> {
  const appUrl = appUrlOf(ownerUrl)
  const from = folder === undefined ? {} : { folder }
  await migrate(ownerUrl, from)
  // Only when it must be: two that change one role at the same time fail with "tuple concurrently updated".
  if (!(await canLogIn(appUrl))) await migrate(ownerUrl, { ...from, appPassword: deriveAppPassword(ownerUrl) })
  return appUrl
}

/** The URL of the same database for the application's role. */
export function appUrlOf(ownerUrl: string): string {
  const url = parseDatabaseUrl(ownerUrl)
  url.username = appRole
  url.password = deriveAppPassword(ownerUrl)
  return url.href
}

function parseDatabaseUrl(text: string): URL {
  const url = new URL(text)
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw Object.assign(new Error('The URL is not that of a PostgreSQL'), { code: 'ERR_INVALID_URL' })
  return url
}

/**
 * A role belongs to the whole server, so everybody who owns a database there must come to the same password: it follows
 * from the owner's own. A server that asks its owner for none checks this one as little.
 */
function deriveAppPassword(ownerUrl: string): string {
  return createHmac('sha256', decodeURIComponent(new URL(ownerUrl).password))
    .update(appRole)
    .digest('base64url')
}

async function canLogIn(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'))
    return true
  } catch (error) {
    // 28P01: wrong password; 28000: no such role, or it may not log in.
    if (error instanceof Error && 'code' in error && (error.code === '28P01' || error.code === '28000')) return false
    throw error
  }
}

/** What to do about a DATABASE_URL that cannot be used, by the code of the error: Node's, or PostgreSQL's SQLSTATE. */
const adviceByCode: Record<string, string> = {
  ERR_INVALID_URL: 'it is no URL; write it as postgres://user:password@host:5432/database',
  ECONNREFUSED: 'nothing listens there; start PostgreSQL or mend host and port',
  ENOTFOUND: 'there is no such host; mend the host',
  ETIMEDOUT: 'the host does not answer; mend host and port',
  '28P01': 'user or password is wrong; mend them',
  '28000': 'PostgreSQL does not let this user in; mend the user or pg_hba.conf',
  '3D000': 'there is no such database; make it with createdb, or mend the name',
  '42501': 'the user may not make tables and roles; give it CREATEROLE and the ownership of the database',
}

/** One line for an error of `prepareDatabase`, when the URL was the user's. Never quotes the URL: it holds a password. */
export function explainDatabaseUrl(error: unknown): Error {
  const failure = error instanceof AggregateError ? error.errors[0] : error
  const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const advice = adviceByCode[code] ?? `${failure instanceof Error ? failure.message : failure}`
  return new Error(`DATABASE_URL cannot be used: ${advice}. Without it, the PostgreSQL that came with npm starts.`)
}

export function urlOfDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
