import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Deps } from '../../deps.ts'
import { openLinkWorld } from '../../http/link/testing/link-world.ts'
import { newId } from '../../ids.ts'
import type { PspReply } from '../../psp-gateway/port.ts'
import { isRefusal, type Refusal } from '../../refusal.ts'
import { openDirectory } from '../../store/directory.ts'
import { listHeldPspEvents } from '../../store/held-psp-events.ts'
import { createHotPath } from '../../store/hot-path.ts'
import { openPool } from '../../store/pool.ts'
import { findSession, type SessionRow } from '../../store/sessions.ts'
import { applyPspEvent, type EventFate } from '../apply-psp-event.ts'
import { chargeToken } from '../charge-token.ts'
import { lookUpAttempt } from '../look-up-attempt.ts'
import type { Answer } from '../replay.ts'
import { resolveDueAttempts } from '../resolve-attempts.ts'
import { type BookedAttempt, type BookedCharge, type Books, readBooks } from './books.ts'
import { findFaults, type Movement } from './faults-at-bank.ts'
import type { Told } from './faults-of-books.ts'

export type RaceWorld = Awaited<ReturnType<typeof openRaceWorld>>

/**
 * Two payment services that share a database, in one process: each with connections, statements and a cache of its
 * own. The sandbox PSP is the bank, and its truth ledger the judge.
 */
export async function openRaceWorld() {
  const world = await openLinkWorld({ timings: { lateApprovalMs: 100 } })
  const { merchant } = world
  const pool = openPool(world.appUrl, 8)
  const directory = await openDirectory(world.deps.config, pool, world.deps.vault, world.deps.log)
  // A thousand requests at once wait for each other, on a busy machine longer than a PSP may usually take.
  const first: Deps = { ...world.deps, config: { ...world.deps.config, pspTimeoutMs: 20_000 } }
  const second: Deps = { ...first, pool, directory, hotPath: createHotPath(pool) }
  // Lines contestants up, and watches them.
  const owner = openPool(world.ownerUrl, 3)
  const account = await first.directory.findPspAccount(merchant.account)
  if (account === null) throw new Error('The account is gone')
  const { secret_key: secretKey = '', public_key: publicKey = '' } = account.credentials
  // Every event must get a delivery.
  await first.pool.query(
    `insert into webhook_endpoints (merchant_id, id, url, events, status, secret) values ($1, $2, 'http://127.0.0.1:1/hook', '{*}', 'enabled', '')`,
    [merchant.id, newId('webhookEndpoint')],
  )

  const askSandbox = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${secretKey}` }
    const reply = await world.sendToPsp(
      { method: 'GET', url: `${world.sandbox.apiUrl}${path}`, headers, body: null },
      5_000,
    )
    assert.ok('body' in reply)
    return JSON.parse(reply.body)
  }
  const books = (): Promise<Books> => readBooks(first.pool, merchant.id)
  const makeAllDue = () =>
    first.pool.query(
      `update attempts set next_lookup_at = now() - interval '1 second' where next_lookup_at is not null`,
    )

  return {
    ...world,
    first,
    second,
    /** Connections that no contestant waits for. */
    onlooker: owner,
    books,
    async makeToken(card: MagicCardName): Promise<string> {
      const response = await fetch(`${world.sandbox.pagesUrl}/v2/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ number: magicCardNumber(card), cvc: '123', expiry_month: 12, expiry_year: 2034 }),
      })
      return ((await response.json()) as { id: string }).id
    },
    /** Charges a card by token, at the first service. */
    async charge(
      card: MagicCardName,
      captureMethod: 'automatic' | 'manual',
      amount = 1000,
      key: string = randomUUID(),
    ): Promise<Answer> {
      const token = await this.makeToken(card)
      const answer = await chargeToken(first, {
        merchantId: merchant.id,
        idempotencyKey: key,
        request: { amount, currency: 'EUR', capture_method: captureMethod, payment_method: { type: 'token', token } },
      })
      assert.ok(!isRefusal(answer))
      return answer
    },
    /** Another account of the merchant at the PSP, to which a card charge can fail over. */
    async addAccount(): Promise<void> {
      const id = newId('pspAccount')
      await first.pool.query(
        `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, 'sandbox', 'second', $3, $4)`,
        [merchant.id, id, account.config, first.vault.seal(JSON.stringify(account.credentials), id)],
      )
      for (const { directory } of [first, second])
        await waitFor(async () => (await directory.listPspAccounts(merchant.id)).length === 2)
    },
    async findCharge(id: string): Promise<BookedCharge> {
      const found = (await books()).charges.find((charge) => charge.id === id)
      assert.ok(found)
      return found
    },
    async attemptOf(chargeId: string, kind: BookedAttempt['kind']): Promise<string> {
      const { rows } = await first.pool.query<{ id: string }>(
        'select id from attempts where charge_id = $1 and kind = $2 order by id desc limit 1',
        [chargeId, kind],
      )
      return rows[0]?.id ?? ''
    },
    /** The PSP's event about an attempt, with what the PSP says of it at this moment. */
    async applyEventAbout(deps: Deps, attemptId: string): Promise<EventFate> {
      const { rows } = await deps.pool.query('select * from attempts where id = $1', [attemptId])
      const { answer } = await lookUpAttempt(deps, rows[0], 5_000)
      assert.ok(answer.found === true)
      return applyPspEvent(deps, merchant.id, merchant.account, {
        id: `wev_${randomUUID()}`,
        type: 'any',
        about: { kind: 'attempt', reference: attemptId, attemptKind: rows[0].kind, outcome: answer.outcome },
      })
    },
    /** A session that its shopper has opened; `url` is the PSP's page. */
    async openSession(more: object = {}): Promise<{ session: SessionRow; created: string; url: string }> {
      const { id } = await world.createSession({ amount: 1000, ...more })
      const session = await findSession(first.pool, merchant.id, id)
      assert.ok(session?.psp_url)
      return { session, created: await world.createAttemptOf(id), url: session.psp_url }
    },
    /** Waits for what the bank does of itself after a session's end. */
    async waitForMoneyOf(sessionId: string): Promise<void> {
      await waitFor(async () => (await world.truthOf(sessionId)).length > 0)
    },
    /** The PSP's events about the payments of a session, with what the PSP says of them at this moment. */
    async applyEventsOfSession(deps: Deps, created: string): Promise<EventFate[]> {
      const hosted = deps.psps.sandbox.hostedSessions
      assert.ok(hosted)
      const question = { reference: created, pspReference: null, sentAt: new Date() }
      const request = hosted.lookUp(account, question)
      assert.ok(request)
      const state = hosted.readLookUp(account, question, await world.sendToPsp(request, 5_000))
      assert.ok(state.found === true)
      return Promise.all(
        state.payments.map((payment) =>
          applyPspEvent(deps, merchant.id, merchant.account, {
            id: `wev_${randomUUID()}`,
            type: 'any',
            about: { kind: 'hosted_payment', reference: created, payment },
          }),
        ),
      )
    },
    /** The payment of an attempt, as the PSP's API shows it. */
    async findPaymentAtPsp(attemptId: string): Promise<object> {
      const { payments } = await askSandbox<{ payments: object[] }>(`/v2/lookup?reference=${attemptId}`)
      return payments[0] ?? {}
    },
    /** Sends an event through the door for PSPs, signed; returns the answer's status. */
    async tellByWebhook(event: object): Promise<number> {
      const payload = JSON.stringify(event)
      const at = Math.floor(Date.now() / 1000)
      const secret = account.credentials.webhook_secret ?? ''
      const signature = createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex')
      const headers = { 'content-type': 'application/json', 'sandbox-signature': `t=${at},v1=${signature}` }
      const url = `/v1/psp_webhooks/${merchant.account}`
      return (await world.app.inject({ method: 'POST', url, headers, payload })).statusCode
    },
    shownToOperators: () =>
      listHeldPspEvents(first.pool, { state: null, merchantId: merchant.id }, { before: null, limit: 10 }),
    /** Lets both services look up everything whose outcome is not known, until nothing is. */
    async settleAll(): Promise<void> {
      for (let round = 0; round < 20; round++) {
        if ((await books()).attempts.every(({ is_open, state }) => !is_open || state === 'action_required')) return
        await makeAllDue()
        await Promise.all([resolveDueAttempts(first), resolveDueAttempts(second)])
        await sleep(50)
      }
      assert.fail('Something is still in doubt')
    },
    makeAllDue,
    /**
     * Starts contestants one after another while their row is locked, so that they stand at it in this order and at
     * the same moment, each on a connection of its own; then lets them go.
     *
     * @param mayPass whether a contestant may go around the locked row.
     */
    async lineUp<T>(
      row: { table: 'charges' | 'payment_sessions' | 'attempts'; id: string },
      contestants: (() => Promise<T>)[],
      mayPass = false,
    ): Promise<T[]> {
      const holder = await owner.connect()
      const running: Promise<T>[] = []
      try {
        await holder.query('begin')
        await holder.query(`select from ${row.table} where id = $1 for update`, [row.id])
        for (const start of contestants) {
          let isOver = false
          const contestant = start().finally(() => {
            isOver = true
          })
          contestant.catch(() => {})
          running.push(contestant)
          await waitFor(async () => isOver || (await countWaiting()) >= running.length)
        }
        if (!mayPass) assert.equal(await countWaiting(), contestants.length, 'Not every contestant came to the row')
      } finally {
        await holder.query('commit')
        holder.release()
      }
      return Promise.all(running)
    },
    /**
     * Keeps the replies to such requests back after the PSP has acted. One request, the first that comes.
     */
    keepReply(path: RegExp) {
      let arrive = () => {}
      let letGo = () => {}
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve
      })
      const released = new Promise<void>((resolve) => {
        letGo = resolve
      })
      world.state.fault = (asked) => {
        if (asked.method !== 'POST' || !path.test(asked.url)) return null
        world.state.fault = () => null
        return world.sendToPsp(asked, 5_000).then(async (reply) => {
          arrive()
          await released
          return reply
        })
      }
      return { arrived, release: letGo }
    },
    /** The PSP acts on such requests, and its replies are lost. */
    loseReplies(path: RegExp) {
      const lost: PspReply = { failure: 'timeout', requestWasSent: true }
      world.state.fault = (asked) =>
        asked.method === 'POST' && path.test(asked.url) ? world.sendToPsp(asked, 5_000).then(() => lost) : null
    },
    /** When nothing is under way any more: nothing is wrong with anybody's money, in the books or at the bank. */
    async assertMoneyIsRight(told: (Told | Refusal)[] = []): Promise<Books> {
      const { movements } = await askSandbox<{ movements: Movement[] }>('/truth')
      const now = await books()
      const answered = told.flatMap((answer) => (isRefusal(answer) ? [] : [answer]))
      assert.deepEqual(findFaults(now, movements, answered), [])
      return now
    },
    async close() {
      await pool.end()
      await directory.close()
      await owner.end()
      await world.close()
    },
  }

  async function countWaiting(): Promise<number> {
    const { rows } = await owner.query<{ count: bigint }>(
      `select count(distinct pid) from pg_locks join pg_stat_activity using (pid)
       where not granted and datname = current_database()`,
    )
    return Number(rows[0]?.count)
  }
}

async function waitFor(isTrue: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await isTrue()); await sleep(2))
    assert.ok(Date.now() < deadline, 'A contestant never came to the row')
}
