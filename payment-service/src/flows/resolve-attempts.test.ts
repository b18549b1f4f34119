import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../deps.ts'
import { startResolver } from '../jobs/resolver.ts'
import { rootSpanIdOf, traceIdOf } from '../observability/trace-ids.ts'
import { createTracing, type FinishedSpan } from '../observability/tracing.ts'
import type { PspReply } from '../psp-gateway/port.ts'
import { alertUnresolved } from './alert-unresolved.ts'
import { expireDueSessions } from './expire-payment-session.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { type DoubtWorld, openDoubtWorld, silence } from './testing/doubt-world.ts'

const second = 1_000
const minute = 60_000
const error500: PspReply = { status: 500, headers: {}, body: '' }

describe('the resolver', () => {
  let world: DoubtWorld
  before(async () => {
    world = await openDoubtWorld()
  })
  afterEach(async () => {
    world.state.fault = () => null
    world.state.aheadMs = 0
    // What a test leaves in doubt is none of the next one's.
    await world.deps.pool.query(
      `update attempts set next_lookup_at = now() + interval '1 year' where next_lookup_at is not null`,
    )
  })
  after(() => world.close())

  const changeAccount = async (set: string, value: unknown) => {
    await world.deps.pool.query(`update psp_accounts set ${set} = $1 where id = $2`, [value, world.merchant.account])
    await sleep(100)
  }
  const seal = (credentials: object) => world.deps.vault.seal(JSON.stringify(credentials), world.merchant.account)
  const credentials = async () => (await world.deps.directory.findPspAccount(world.merchant.account))?.credentials ?? {}
  const makeDue = (id: string) =>
    world.deps.pool.query(`update attempts set next_lookup_at = now() - interval '1 second' where id = $1`, [id])

  it('a refund that never reached the PSP failed as a refund does: it says nothing of the payment', async () => {
    const { id } = await world.charge()
    world.state.fault = () => Promise.resolve({ failure: 'refused', requestWasSent: false })
    const { status, failure } = await world.refund(id)
    assert.deepEqual([status, failure?.code, failure?.shopper_can_retry], ['failed', 'not_executed', 'no'])
    assert.match(failure?.message ?? '', /^The refund was not made, and nothing was given back/)
  })

  it('asks 2, 5, 15 and 30 s after a call that ended without an answer, and then every minute', async () => {
    world.state.fault = () => Promise.resolve(silence)
    const { id } = await world.charge()
    const attempt = await world.attemptOf(id)
    const doubtSince = attempt.next_lookup_at.getTime() - 2 * second
    const asked: number[] = []
    world.state.fault = () => {
      asked.push(Math.floor((world.deps.now().getTime() - doubtSince) / second))
      return Promise.resolve(silence)
    }
    for (let seconds = 0.1; seconds < 160; seconds += 0.5) {
      world.state.aheadMs = doubtSince + seconds * second - Date.now()
      await resolveDueAttempts(world.deps)
    }
    assert.deepEqual(asked, [2, 5, 15, 30, 90, 150])
    const record = (await world.rowOf('attempts', attempt.id)).look_up_log
    assert.deepEqual(
      record.map((one: { said: string; by: string }) => `${one.by}: ${one.said}`),
      Array(6).fill('resolver: timeout'),
    )
  })

  it('is traced under the charge, with its question to the PSP', async () => {
    world.state.fault = () => Promise.resolve(silence)
    const { id } = await world.charge()
    const attempt = await world.attemptOf(id)
    const spans: FinishedSpan[] = []
    await makeDue(attempt.id)
    await resolveDueAttempts({ ...world.deps, tracing: createTracing(1, (span) => spans.push(span)) })
    const own = spans.filter(({ traceId }) => traceId === traceIdOf(id))
    assert.deepEqual(
      own.map(({ name, attributes }) => [name, attributes['fincore.operation'], attributes['fincore.outcome']]),
      [
        ['call the PSP', 'look_up', 'timeout'],
        ['look up the attempt', undefined, 'timeout'],
      ],
    )
    assert.deepEqual([own[0]?.parentId, own[1]?.parentId], [own[1]?.spanId, rootSpanIdOf(traceIdOf(id))])
    assert.deepEqual([own[0]?.attributes['error.type'], own[1]?.attributes['fincore.object']], ['timeout', id])
  })

  it('asks about a call whose process is gone as soon as its lease has run out', async () => {
    world.state.fault = () => new Promise(() => {})
    void world.charge().catch(() => {})
    await sleep(200)
    const { rows } = await world.deps.pool.query(`select * from attempts where state = 'sent' order by id desc limit 1`)
    world.state.fault = () => Promise.resolve(silence)
    const lease = rows[0].next_lookup_at.getTime()
    for (const [aheadMs, lookups] of [
      [-100, 0],
      [100, 1],
      [2_500, 1],
      [3_100, 2],
    ] as const) {
      world.state.aheadMs = lease + aheadMs - Date.now()
      await resolveDueAttempts(world.deps)
      assert.equal((await world.rowOf('attempts', rows[0].id)).lookups, lookups, `${aheadMs} ms after the lease`)
    }
  })

  it('takes “not found” for proof after the window of the attempt’s own PSP, whatever those of others are', async () => {
    const patient = { ...world.deps.psps.sandbox, consistencyWindowMs: 60 * minute }
    const both = { ...world.deps.psps, patient } as unknown as Deps['psps']
    const atPatient = {
      ...world.deps.directory,
      findPspAccount: async (id: string) => {
        const account = await world.deps.directory.findPspAccount(id)
        return account === null ? null : { ...account, psp: 'patient' as 'sandbox' }
      },
    }
    const deps: Deps = { ...world.deps, psps: both }
    world.state.fault = (asked) => (asked.method === 'POST' ? Promise.resolve(silence) : null)
    const charge = await world.charge()
    const attempt = await world.attemptOf(charge.id)
    world.state.aheadMs = 30 * second
    await makeDue(attempt.id)
    await resolveDueAttempts({ ...deps, directory: atPatient })
    assert.equal((await world.rowOf('charges', charge.id)).status, 'processing')
    await makeDue(attempt.id)
    await resolveDueAttempts(deps)
    const failed = await world.rowOf('charges', charge.id)
    assert.deepEqual([failed.status, failed.failure.code], ['failed', 'not_executed'])
    assert.deepEqual(
      (await world.rowOf('attempts', attempt.id)).look_up_log.map(({ said }: { said: string }) => said),
      ['not_found', 'not_found'],
    )
  })

  it('keeps the first ten look-ups and the last ten, and counts them all', async () => {
    world.state.fault = () => Promise.resolve(silence)
    const attempt = await world.attemptOf((await world.charge()).id)
    for (let count = 1; count <= 25; count++) {
      world.state.fault = () => Promise.resolve(count <= 12 ? silence : error500)
      await makeDue(attempt.id)
      await resolveDueAttempts(world.deps)
    }
    const { lookups, look_up_log } = await world.rowOf('attempts', attempt.id)
    const said = look_up_log.map((one: { said: string }) => one.said)
    assert.deepEqual([lookups, said], [25, [...Array(10).fill('timeout'), ...Array(10).fill('server_error')]])
    assert.ok(look_up_log[19].at > look_up_log[9].at)
  })

  it('does not take attempts that a PSP answers strangely for its silence: the others are asked all the same', async () => {
    world.state.fault = () => Promise.resolve(silence)
    await Promise.all(Array.from({ length: 16 }, () => world.charge()))
    const { rows } = await world.deps.pool.query(
      `update attempts set next_lookup_at = now() - interval '1 second' where state = 'unknown' and lookups = 0 returning id`,
    )
    assert.equal(rows.length, 16)
    let asked = 0
    world.state.fault = () => {
      asked++
      return Promise.resolve({ status: 200, headers: {}, body: '{"odd": true}' })
    }
    await resolveDueAttempts(world.deps)
    assert.equal(asked, 16)
  })

  it('lets no PSP account wait for another whose PSP hangs, and alerts meanwhile', async () => {
    world.state.fault = () => Promise.resolve(silence)
    const [stuck, other] = [await world.attemptOf((await world.charge()).id), await world.charge()]
    const otherAttempt = await world.attemptOf(other.id)
    const account = 'pspa_00000000000000000000000001'
    const owned = { pool: world.deps.pool, ids: [world.merchant.id, account] }
    await owned.pool.query(
      `insert into psp_accounts (merchant_id, id, psp, name, config, credentials, status)
       select merchant_id, $2, psp, 'Other', config, $3, 'disabled' from psp_accounts where merchant_id = $1 limit 1`,
      [...owned.ids, world.deps.vault.seal(JSON.stringify(await credentials()), account)],
    )
    await owned.pool.query(
      `update attempts set psp_account_id = $1, next_lookup_at = now() + interval '1 day' where id = $2`,
      [account, otherAttempt.id],
    )
    const hung = Promise.withResolvers<PspReply>()
    let isHanging = false
    world.state.fault = (asked) => {
      if (!asked.url.includes(stuck.id)) return null
      isHanging = true
      return hung.promise
    }
    world.state.aheadMs = 16 * minute
    await makeDue(stuck.id)
    const resolver = startResolver(world.deps)
    try {
      while (!isHanging) await sleep(20)
      await makeDue(otherAttempt.id)
      const deadline = Date.now() + 3_000
      while ((await world.rowOf('charges', other.id)).status === 'processing' && Date.now() < deadline) await sleep(20)
      assert.equal((await world.rowOf('charges', other.id)).status, 'failed')
      await alertUnresolved(world.deps)
      assert.ok((await world.rowOf('attempts', stuck.id)).alerted_at)
    } finally {
      hung.resolve(silence)
      await resolver.stop()
    }
    assert.equal((await world.rowOf('attempts', stuck.id)).lookups, 1, 'what was under way is finished by stop()')
  })

  it('alerts once of a session that is tried again every few minutes, 15 minutes after the doubt began', async () => {
    const session = await world.createSession({ expires_in: 300 })
    world.state.fault = () => Promise.resolve(silence)
    const alerts = async () =>
      (
        await world.deps.pool.query(
          `select from audit_records r join attempts a on a.id = r.resource where type = 'attempt.unresolved' and payment_session_id = $1`,
          [session.id],
        )
      ).rowCount
    const counts: (number | null)[] = []
    for (let minutes = 6; minutes <= 30; minutes += 4) {
      world.state.aheadMs = minutes * minute
      await expireDueSessions(world.deps)
      world.state.aheadMs += 20 * second
      await resolveDueAttempts(world.deps)
      await alertUnresolved(world.deps)
      counts.push(await alerts())
    }
    // The first try to close it is at 6 minutes, so 15 minutes of doubt are over at 22.
    assert.deepEqual(counts, [0, 0, 0, 0, 1, 1, 1])
    assert.equal((await world.attemptOf(session.id)).kind, 'expire_session')
  })

  it('does not settle the making of a page as never done while it is being made again', async () => {
    world.state.fault = () => Promise.resolve(silence)
    const order = { amount: 1000, currency: 'EUR', success_url: 'https://s.example/', cancel_url: 'https://s.example/' }
    assert.equal((await world.call('POST', '/v1/payment_sessions', order, 'order-1')).status, 503)
    const { rows } = await world.deps.pool.query('select id from payment_sessions order by id desc limit 1')
    const { id: attempt } = await world.attemptOf(rows[0].id)
    world.state.aheadMs = minute
    const lookedUp = Promise.withResolvers<PspReply>()
    const made = Promise.withResolvers<void>()
    world.state.fault = (asked) => (asked.method === 'GET' ? lookedUp.promise : made.promise.then(() => silence))
    const round = resolveDueAttempts(world.deps)
    await sleep(50)
    const repeat = world.call('POST', '/v1/payment_sessions', order, 'order-1')
    while ((await world.rowOf('attempts', attempt)).state !== 'sent') await sleep(10)
    const nothing = { payments: [], operations: [], checkout_sessions: [] }
    lookedUp.resolve({ status: 200, headers: {}, body: JSON.stringify(nothing) })
    await round
    assert.equal((await world.rowOf('attempts', attempt)).state, 'sent')
    made.resolve()
    await repeat
    assert.equal((await world.rowOf('attempts', attempt)).state, 'unknown')
  })

  it('calls the making of a page never done when the PSP does not know it, once that is proof', async () => {
    const order = {
      amount: 1990,
      currency: 'EUR',
      success_url: 'https://s.example/a',
      cancel_url: 'https://s.example/b',
    }
    world.state.fault = () => Promise.resolve(silence)
    assert.equal((await world.call('POST', '/v1/payment_sessions', order)).status, 503)
    world.state.fault = () => null
    const { rows } = await world.deps.pool.query('select id from payment_sessions order by id desc limit 1')
    const { id } = await world.attemptOf(rows[0].id)
    await makeDue(id)
    await resolveDueAttempts(world.deps)
    assert.equal((await world.rowOf('attempts', id)).state, 'unknown', 'before that it proves nothing')
    world.state.aheadMs = minute
    await makeDue(id)
    await resolveDueAttempts(world.deps)
    const { state, next_lookup_at } = await world.rowOf('attempts', id)
    assert.deepEqual([state, next_lookup_at], ['rejected', null])
  })

  it('calls the closing of a page declined when it was paid before', async () => {
    const session = await world.createSession()
    const { location } = await world.visit(new Map(), 'POST', session.url)
    await world.pay(location ?? '', 'visa')
    world.state.fault = () => Promise.resolve(silence)
    await world.call('POST', `/v1/payment_sessions/${session.id}/expire`)
    const { id, kind } = await world.attemptOf(session.id)
    assert.equal(kind, 'expire_session')
    world.state.fault = () => null
    await makeDue(id)
    await resolveDueAttempts(world.deps)
    assert.equal((await world.rowOf('attempts', id)).state, 'declined')
  })

  describe('finds out what became of an attempt of every kind, also when its account was disabled meanwhile', () => {
    const kinds: Record<string, () => Promise<{ attempt: { id: string }; check(): Promise<void> }>> = {
      async authorize() {
        world.loseNextReply()
        const { id, status } = await world.charge()
        assert.equal(status, 'processing')
        const attempt = await world.attemptOf(id)
        return {
          attempt,
          check: async () => {
            assert.equal((await world.rowOf('charges', id)).status, 'captured')
            assert.deepEqual(await world.bankOf(attempt.id), ['authorization 1000', 'capture 1000'])
          },
        }
      },
      async capture() {
        const { id } = await world.charge({ capture_method: 'manual' })
        world.loseNextReply()
        assert.equal((await world.capture(id)).pending?.operation, 'capture')
        return {
          attempt: await world.attemptOf(id),
          check: async () => assert.equal((await world.rowOf('charges', id)).status, 'captured'),
        }
      },
      async cancel() {
        const { id } = await world.charge({ capture_method: 'manual' })
        world.loseNextReply()
        assert.equal((await world.cancel(id)).pending?.operation, 'cancel')
        return {
          attempt: await world.attemptOf(id),
          check: async () => assert.equal((await world.rowOf('charges', id)).status, 'canceled'),
        }
      },
      async refund() {
        const { id } = await world.charge()
        world.loseNextReply()
        const refund = await world.refund(id)
        assert.equal(refund.status, 'pending')
        return {
          attempt: await world.attemptOf(refund.id),
          check: async () => {
            assert.equal((await world.rowOf('refunds', refund.id)).status, 'succeeded')
            assert.equal((await world.rowOf('charges', id)).refunded, 1000n)
          },
        }
      },
      async create_session() {
        world.loseNextReply()
        const request = {
          amount: 1000,
          currency: 'EUR',
          success_url: 'https://s.example/',
          cancel_url: 'https://s.example/',
        }
        assert.equal((await world.call('POST', '/v1/payment_sessions', request)).status, 503)
        const { rows } = await world.deps.pool.query('select id from payment_sessions order by id desc limit 1')
        return {
          attempt: await world.attemptOf(rows[0].id),
          check: async () => {
            const session = await world.rowOf('payment_sessions', rows[0].id)
            assert.ok(session.psp_reference && session.psp_url)
          },
        }
      },
      async expire_session() {
        const { id } = await world.createSession()
        world.loseNextReply((asked) => asked.url.endsWith('/expire'))
        await world.call('POST', `/v1/payment_sessions/${id}/expire`)
        return {
          attempt: await world.attemptOf(id),
          check: async () => assert.equal((await world.attemptOf(id)).state, 'approved'),
        }
      },
      async give_back() {
        const { id, url } = await world.createSession()
        const browser = new Map()
        const { location } = await world.visit(browser, 'POST', url)
        await world.deps.pool.query(`update payment_sessions set status = 'expired' where id = $1`, [id])
        await world.pay(location ?? '', 'visa')
        await world.visit(browser, 'GET', `${url}/return`)
        const [charge] = await world.chargesOf(id)
        const attempt = await world.attemptOf(charge.id)
        assert.deepEqual([attempt.kind, attempt.origin, attempt.state], ['refund', 'give_back', 'sent'])
        world.loseNextReply()
        await resolveDueAttempts(world.deps)
        return {
          attempt,
          check: async () => {
            assert.equal((await world.rowOf('charges', charge.id)).refunded, 1999n)
            assert.deepEqual(await world.truthOf(id), ['authorization 1999', 'capture 1999', 'refund 1999'])
          },
        }
      },
    }
    for (const [kind, begin] of Object.entries(kinds)) {
      it(kind, async () => {
        const { attempt, check } = await begin()
        const state = async () => (await world.rowOf('attempts', attempt.id)).state
        assert.equal(await state(), 'unknown')
        const right = await credentials()
        await changeAccount('status', 'disabled')
        await changeAccount('credentials', seal({ ...right, secret_key: `sk_sandbox_${'x'.repeat(24)}` }))
        world.state.aheadMs = 60 * minute
        await makeDue(attempt.id)
        await resolveDueAttempts(world.deps)
        assert.equal(await state(), 'unknown', 'a look-up that the PSP refuses proves nothing')
        await changeAccount('credentials', seal(right))
        await makeDue(attempt.id)
        await resolveDueAttempts(world.deps)
        await changeAccount('status', 'active')
        assert.equal((await world.rowOf('attempts', attempt.id)).next_lookup_at, null)
        const said = (await world.rowOf('attempts', attempt.id)).look_up_log.map((one: { said: string }) => one.said)
        assert.equal(said.at(-2), 'turned_away')
        await check()
      })
    }
  })
})
