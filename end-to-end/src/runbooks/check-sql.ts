import type pg from 'pg'

/** What acts on connections, slots or sequences: planned like all else, and never run here. */
const acts = /pg_(cancel|terminate)_backend|pg_drop_replication_slot|setval/
const planned = /^(select|insert|update|delete|with)\b/
/** Statements without a plan. Their form is what a test can say of them. */
const withoutPlan = /^(analyze( [a-z_]+)?|show [a-z_.]+)$/

/**
 * What PostgreSQL says against a statement; null when it plans it and lets this login do it, and, where it only reads,
 * has run it. A statement that ends with `\gexec` makes others, which are judged too. Nothing is changed.
 */
export async function findSqlFault(pool: pg.Pool, sql: string): Promise<string | null> {
  if (withoutPlan.test(sql)) return null
  if (!planned.test(sql)) return 'it is of no kind that is looked at'
  const client = await pool.connect()
  try {
    await client.query('begin read only')
    if (sql.endsWith('\\gexec')) await runMade(client, sql)
    else await client.query(`explain ${sql}`)
    if (/^(select|with)\b/.test(sql) && !acts.test(sql) && !sql.endsWith('\\gexec')) await client.query(sql)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

/** What psql does at `\gexec`: runs each statement that the first one gave. */
export async function runMade(client: pg.ClientBase, sql: string): Promise<Record<string, unknown>[]> {
  const { rows } = await client.query<Record<string, string>>(sql.replace(/\\gexec$/, ''))
  const found: Record<string, unknown>[] = []
  for (const text of rows.flatMap((row) => Object.values(row))) {
    const made = await client.query<Record<string, unknown>>(text)
    found.push(...made.rows)
  }
  return found
}
