import { createHmac } from 'node:crypto'
import { migrate } from '@fincore/payment-service/store/migrate'
import pg from 'pg'

/** The role that the payment service runs as; the migrations make it, with no password of its own. */
export const appRole = 'fincore_app'

/**
 * Runs the payment service's migrations as the owner, and sees to it that the application's role can log in.
 * @returns the application's URL of the same database.
 */
export async function prepareDatabase(ownerUrl: string): Promise<string> {
  const appPassword = deriveAppPassword(ownerUrl)
  const appUrl = new URL(ownerUrl)
  appUrl.username = appRole
  appUrl.password = appPassword
  await migrate(ownerUrl)
  // Only when it must be: two that change one role at the same time fail with "tuple concurrently updated".
  if (!(await canLogIn(appUrl.href))) await migrate(ownerUrl, appPassword)
  return appUrl.href
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
