import { setTimeout as sleep } from 'node:timers/promises'
import { inTransaction, type Pool, type Transaction } from '@fincore/payment-service/store/pool'
import { outcomeOf, readBoth, type Twin, type tableNames } from './twin.ts'

/** One of the two databases, as a scenario of several transactions sees it. */
export type Side = {
  name: string
  pool: Pool
  /** All committed rows of a table. */
  rows(table: (typeof tableNames)[number]): Promise<object[]>
  /** Whether a call waits for a lock, `howMany` of them in all; or has ended. */
  waits(call: Promise<unknown>, howMany?: number): Promise<'waits' | 'ended'>
}

export function sidesOf(twin: Twin): Side[] {
  const hasEnded = (call: Promise<unknown>) => {
    const state = { ended: false }
    const note = () => {
      state.ended = true
    }
    call.then(note, note)
    return state
  }
  return [
    {
      name: 'PostgreSQL',
      pool: twin.real,
      rows: async (table) => (await readBoth(twin, table)).real,
      async waits(call, howMany = 1) {
        for (const state = hasEnded(call); ; await sleep(5)) {
          const { rows } = await twin.owner.query<{ count: number }>(
            `select count(distinct pid)::int from pg_locks join pg_stat_activity using (pid)
             where datname = current_database() and not granted`,
          )
          if (state.ended) return 'ended'
          if ((rows[0]?.count ?? 0) >= howMany) return 'waits'
        }
      },
    },
    {
      name: 'the stand-in',
      pool: twin.open(),
      rows: async (table) => (await readBoth(twin, table)).stand,
      async waits(call) {
        const state = hasEnded(call)
        // The store's batcher lets what arrives together go together, which takes a turn.
        for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate)
        return state.ended ? 'ended' : 'waits'
      },
    },
  ]
}

/** A transaction whose end is decided by the scenario. */
export type Open = {
  tx: Transaction
  commit(): Promise<void>
  rollBack(): Promise<void>
}

export async function open(pool: Pool): Promise<Open> {
  const opened = Promise.withResolvers<Transaction>()
  const decided = Promise.withResolvers<void>()
  const ended = inTransaction(pool, (tx) => {
    opened.resolve(tx)
    return decided.promise
  })
  const over = outcomeOf(ended)
  return {
    tx: await opened.promise,
    async commit() {
      decided.resolve()
      await ended
    },
    async rollBack() {
      decided.reject(new Error('rolled back'))
      await over
    },
  }
}
