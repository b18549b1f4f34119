import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLinkWorld } from '../../http/link/testing/link-world.ts'
import { lowestIdAt, newId } from '../../ids.ts'
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
    ledger,
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
    /** A day's file as the PSP gives it. */
    async downloadSettlement(date: string): Promise<string> {
      const account = await world.deps.directory.findPspAccount(world.merchant.account)
      const headers = { authorization: `Bearer ${account?.credentials.secret_key}` }
      const url = `${world.sandbox.apiUrl}/v1/settlement_files/${date}`
      const reply = await world.send({ method: 'GET', url, headers, body: null })
      if (!('body' in reply) || reply.status !== 200) throw new Error('The PSP gave no settlement file')
      return reply.body
    },
    async settle(text: string, applies = true): Promise<Report> {
      const account = await world.deps.directory.findPspAccount(world.merchant.account)
      if (account === null) throw new Error('The account is gone')
      async function* bytes() {
        yield Buffer.from(text)
      }
      const runId = newId('reconciliationRun')
      return reconcile(world.deps, { runId, account, applies, kind: 'settlement_file', openFile: bytes })
    },
    async close() {
      ledger.close()
      await owner.end()
      await world.close()
    },
  }
}

/** So many captured payments in both books, evenly over a time; straight into the tables, because there are many. */
export async function addPayments(world: BooksWorld, count: number, from: Date, overMs: number): Promise<void> {
  const { merchant, owner } = world
  const account = String(world.ledger.prepare('SELECT id FROM accounts').get()?.id)
  const addPayment = world.ledger.prepare(
    `INSERT INTO payments (id, account, reference, status, amount, currency, capture, captured, brand, first6, last4, expiry_month, expiry_year, created, updated)
     VALUES (?1, ?2, ?3, 'captured', 1000, 'EUR', 'automatic', 1000, 'visa', '424242', '4242', 12, 2034, ?4, ?4)`,
  )
  const addMovement = world.ledger.prepare(
    `INSERT INTO movements (kind, id, account, payment, reference, own_reference, amount, currency, at)
     VALUES (?1, ?2, ?3, ?2, ?4, ?4, 1000, 'EUR', ?5)`,
  )
  const batch = 20_000
  for (let first = 0; first < count; first += batch) {
    const rows = Array.from({ length: Math.min(batch, count - first) }, (_, n) => {
      const at = from.getTime() + Math.floor(((first + n) * overMs) / count)
      const id = (kind: 'attempt' | 'charge') => lowestIdAt(kind, new Date(at)).slice(0, -9) + serial(first + n + 1)
      return { at, attempt: id('attempt'), charge: id('charge'), payment: `pay_${serial(first + n + 1)}` }
    })
    await owner.query(
      `with given as (select * from json_to_recordset($1) as row (at bigint, attempt text, charge text, payment text)), made as (
         insert into charges (merchant_id, id, status, flow, amount, currency, capture_method, captured, psp_account_id, psp, psp_reference, metadata)
         select $2, charge, 'captured', 'token', 1000, 'EUR', 'automatic', 1000, $3, 'sandbox', payment, '{}' from given)
       insert into attempts (merchant_id, id, kind, state, psp_account_id, charge_id, amount, psp_reference, sent_at, settled_at)
       select $2, attempt, 'authorize', 'approved', $3, charge, 1000, payment, to_timestamp(at / 1000.0), to_timestamp(at / 1000.0) from given`,
      [JSON.stringify(rows), merchant.id, merchant.account],
    )
    world.ledger.exec('BEGIN')
    for (const { at, attempt, payment } of rows) {
      addPayment.run(payment, account, attempt, at)
      for (const kind of ['authorization', 'capture']) addMovement.run(kind, payment, account, attempt, at)
    }
    world.ledger.exec('COMMIT')
  }
}

function serial(n: number): string {
  return String(n).padStart(9, '0')
}
