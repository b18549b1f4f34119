import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLinkWorld } from '../../http/link/testing/link-world.ts'
import { newId } from '../../ids.ts'
import { openPool } from '../../store/pool.ts'
import type { Window } from '../compare-list.ts'
import { type Order, type Report, reconcile } from '../reconcile.ts'

export type BooksWorld = Awaited<ReturnType<typeof openBooksWorld>>

const minuteMs = 60_000

/**
 * FinCore's API on a real database and a whole sandbox PSP that sends no webhooks, so that what FinCore does not ask
 * for it does not hear of. Both books can be changed behind their programs' backs.
 */
export async function openBooksWorld() {
  const world = await openLinkWorld()
  const owner = openPool(world.ownerUrl, 2)
  const ledger = new DatabaseSync(world.ledgerFile)
  ledger.exec('PRAGMA busy_timeout=5000')
  // Beyond every limit behind which a comparison stays.
  world.state.aheadMs = 10 * minuteMs
  /** Up to now, with all that was done before. */
  const around = async (): Promise<Window> => {
    await sleep(3)
    return { from: new Date(Date.now() - 30 * minuteMs), to: new Date() }
  }

  return {
    ...world,
    owner,
    /** Changes the PSP's ledger. */
    tamper: (sql: string, ...values: (string | number)[]) => Number(ledger.prepare(sql).run(...values).changes),
    around,
    async charge(more: object = {}, card: Parameters<typeof world.makeToken>[0] = 'visa') {
      const answer = await world.call('POST', '/v1/charges', {
        amount: 1000,
        currency: 'EUR',
        payment_method: { type: 'token', token: await world.makeToken(card) },
        ...more,
      })
      return answer.body as { id: string; status: string; psp: { reference: string | null } }
    },
    refund: async (charge: string, amount: number) =>
      (await world.call('POST', '/v1/refunds', { charge, amount })).body as { id: string; status: string },
    async attemptOf(charge: string, kind = 'authorize'): Promise<string> {
      const { rows } = await owner.query('select id from attempts where charge_id = $1 and kind = $2', [charge, kind])
      return rows[0].id
    },
    findCharge: async (id: string) => (await world.call('GET', `/v1/charges/${id}`)).body,
    /** Compares the last half hour, which is all that these tests have. */
    async reconcile(more: Partial<Window & Pick<Order, 'applies' | 'signal' | 'onProgress'>> = {}): Promise<Report> {
      const account = await world.deps.directory.findPspAccount(world.merchant.account)
      if (account === null) throw new Error('The account is gone')
      const runId = newId('reconciliationRun')
      return reconcile(world.deps, { runId, account, applies: true, kind: 'command', ...(await around()), ...more })
    },
    async settle(text: string, applies = true): Promise<Report> {
      const account = await world.deps.directory.findPspAccount(world.merchant.account)
      if (account === null) throw new Error('The account is gone')
      async function* bytes() {
        yield Buffer.from(text)
      }
      const runId = newId('reconciliationRun')
      return reconcile(world.deps, { runId, account, applies, kind: 'settlement_file', bytes: bytes() })
    },
    async close() {
      ledger.close()
      await owner.end()
      await world.close()
    },
  }
}
