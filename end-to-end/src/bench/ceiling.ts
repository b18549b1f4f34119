import { createBatcher } from '@fincore/payment-service/store/batcher'
import pg from 'pg'

/**
 * What this machine's PostgreSQL can do at most of what a charge needs: two writes one after the other, each sharing its
 * commit with whatever else waits, of rows as large as a charge's, and nothing else: no HTTP, no PSP, no index but the
 * key's.
 *
 * @returns pairs of commits that were done in a second.
 */
export async function measureCeiling(ownerUrl: string, callers: number, forMs: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 12 })
  try {
    await pool.query('create table if not exists bench_intents (id text primary key, body text not null)')
    await pool.query('create table if not exists bench_outcomes (id text primary key, body text not null)')
    const write = (table: string) =>
      createBatcher(async (items: { id: string; body: string }[]) => {
        const text = `insert into ${table} select * from json_to_recordset($1) as row (id text, body text)`
        await pool.query({ name: table, text, values: [JSON.stringify(items)] })
        return items.map(() => true)
      })
    const [intents, outcomes] = [write('bench_intents'), write('bench_outcomes')]
    const body = 'x'.repeat(1_000)
    let done = 0
    let number = 0
    const begunAt = performance.now()
    const call = async () => {
      while (performance.now() - begunAt < forMs) {
        const id = `row_${process.pid}_${number++}`
        await intents.submit({ id, body })
        await outcomes.submit({ id, body })
        done++
      }
    }
    await Promise.all(Array.from({ length: callers }, call))
    const seconds = (performance.now() - begunAt) / 1_000
    await pool.query('drop table bench_intents, bench_outcomes')
    return done / seconds
  } finally {
    await pool.end()
  }
}
