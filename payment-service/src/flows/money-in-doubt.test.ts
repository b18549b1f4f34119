import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { faults } from '../audit/testing/broken-log.ts'
import { type Fault, type LinkWorld, openLinkWorld } from '../http/link/testing/link-world.ts'
import { newId } from '../ids.ts'
import type { PspReply, PspRequest } from '../psp-gateway/port.ts'
import { insertAttempt, setAttemptState } from '../store/attempts.ts'
import { openPool } from '../store/pool.ts'
import { alertUnresolved } from './alert-unresolved.ts'
import { chargeToken } from './charge-token.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { settleAttempt } from './settle-attempt.ts'

const silence: PspReply = { failure: 'timeout', requestWasSent: true }
const request = { amount: 1000, currency: 'EUR', payment_method: { type: 'token', token: 'tok_x' } } as const

/** What the sandbox answers when it captured what it was asked for. */
function captured(asked: PspRequest): PspReply {
  const { reference, amount } = JSON.parse(asked.body ?? '{}')
  const payment = {
    object: 'payment',
    id: `pay_${reference}`,
    reference,
    status: 'captured',
    amount,
    captured: amount.value,
    refunded: 0,
    checkout_session: null,
    decline: null,
    action: null,
    card: null,
    created: '2026-11-23T00:00:00.000Z',
    updated: '2026-11-23T00:00:00.000Z',
  }
  return { status: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify(payment) }
}

describe('money in doubt', () => {
  let world: LinkWorld
  before(async () => {
    world = await openLinkWorld()
  })
  afterEach(() => {
    world.state.fault = () => null
    world.state.aheadMs = 0
  })
  after(() => world.close())

  const charge = (key: string = randomUUID()) =>
    chargeToken(world.deps, { merchantId: world.merchant.id, idempotencyKey: key, request })
  const rowOf = async (table: 'charges' | 'attempts', column: string, value: string) =>
    (await world.deps.pool.query(`select * from ${table} where ${column} = $1 order by id`, [value])).rows

  it('is never sent once its intent took longer than its lease: “not found” could then be called proof too early', async (t) => {
    let aheadMs = 0
    const realNow = performance.now.bind(performance)
    t.mock.method(performance, 'now', () => realNow() + aheadMs)
    const sent: string[] = []
    world.state.fault = (asked) => {
      sent.push(asked.url)
      return Promise.resolve(captured(asked))
    }
    const { intents } = world.deps.hotPath
    const stalled = {
      submit: async (intent: Parameters<typeof intents.submit>[0]) => {
        const claimed = await intents.submit(intent)
        aheadMs = 60_000
        return claimed
      },
    }
    const deps = { ...world.deps, hotPath: { ...world.deps.hotPath, intents: stalled } }
    const answer = await chargeToken(deps, { merchantId: world.merchant.id, idempotencyKey: randomUUID(), request })
    assert.ok('body' in answer)
    assert.deepEqual(sent, [])
    const body = answer.body as { status: string; failure: { code: string } }
    assert.deepEqual([body.status, body.failure.code], ['failed', 'not_executed'])
  })

  it('waits longer than any call can last before “not found” counts', async () => {
    world.state.fault = (asked) => (asked.method === 'POST' ? Promise.resolve(silence) : null)
    const answer = await charge()
    assert.ok('body' in answer)
    const { id } = answer.body as { id: string }
    // The PSP's limit (2 s), the margin of the lease (4 s), and the PSP's own window (250 ms here).
    for (const [aheadMs, status] of [
      [5_900, 'processing'],
      [6_400, 'failed'],
    ] as const) {
      world.state.aheadMs = aheadMs
      await world.deps.pool.query(
        `update attempts set next_lookup_at = now() - interval '1 second' where charge_id = $1 and next_lookup_at is not null`,
        [id],
      )
      await resolveDueAttempts(world.deps)
      assert.equal((await rowOf('charges', 'id', id))[0].status, status, `after ${aheadMs} ms`)
    }
  })

  it('is not decided by an attempt whose place another has taken', async () => {
    world.state.fault = (asked) => (asked.method === 'POST' ? Promise.resolve(silence) : null)
    const answer = await charge()
    assert.ok('body' in answer)
    const { id } = answer.body as { id: string }
    const [first] = await rowOf('attempts', 'charge_id', id)
    await setAttemptState(world.deps.pool, first, { state: 'rejected', nextLookUpAt: null })
    const second = newId('attempt')
    await insertAttempt(world.deps.pool, {
      merchant_id: world.merchant.id,
      id: second,
      kind: 'authorize',
      psp_account_id: world.merchant.account,
      charge_id: id,
      amount: 1000n,
      leaseUntil: world.deps.now(),
    })

    const late = await settleAttempt(world.deps, first.id, { outcome: 'rejected', code: 'not_executed', pspCode: null })
    assert.equal(late?.result, 'same')
    const acted = await settleAttempt(world.deps, first.id, {
      outcome: 'approved',
      pspReference: 'pay_first',
      captured: 1000n,
      card: null,
    })
    assert.equal(acted?.result, 'contradiction')
    const [row] = await rowOf('charges', 'id', id)
    assert.deepEqual([row.status, row.psp_reference, row.flags], ['processing', null, ['psp_contradicts']])
    assert.deepEqual(await world.eventsOf(id), ['charge.updated'])
    const { rows: audited } = await world.deps.pool.query(
      `select from audit_records where resource = $1 and type = 'psp.contradiction'`,
      [id],
    )
    assert.equal(audited.length, 1)

    const settled = await settleAttempt(world.deps, second, {
      outcome: 'approved',
      pspReference: 'pay_second',
      captured: 1000n,
      card: null,
    })
    assert.equal(settled?.charge.status, 'captured')
    assert.equal(settled?.charge.psp_reference, 'pay_second')
  })

  it('of a PSP that is away holds up nobody else’s, and is not asked about over and over in one round', async () => {
    world.state.fault = (asked) => (asked.method === 'POST' ? Promise.resolve(silence) : null)
    await Promise.all(Array.from({ length: 40 }, () => charge()))
    await world.deps.pool.query(
      `update attempts set next_lookup_at = now() - interval '1 second' where next_lookup_at is not null`,
    )
    let lookUps = 0
    world.state.fault = () => {
      lookUps++
      return Promise.resolve(silence)
    }
    await resolveDueAttempts(world.deps)
    assert.ok(lookUps >= 3 && lookUps <= 12, `${lookUps} look-ups`)
    const { rows } = await world.deps.pool.query(`select count(*) from attempts where next_lookup_at <= now()`)
    assert.equal(Number(rows[0].count), 0)
  })

  it('is looked up and settled while the audit log takes no records; the alert comes as soon as it does', async () => {
    const owner = openPool(world.ownerUrl, 1)
    // Those of the other tests wait.
    await world.deps.pool.query(
      `update attempts set next_lookup_at = now() + interval '1 day' where next_lookup_at is not null`,
    )
    world.state.fault = (asked) => (asked.method === 'POST' ? Promise.resolve(silence) : null)
    const answers = await Promise.all(Array.from({ length: 12 }, () => charge()))
    const charges = answers.map((answer) => ('body' in answer ? (answer.body as { id: string }).id : ''))
    world.state.aheadMs = 16 * 60_000
    /** One round for all; how many have moved on, and how many are marked as alerted. */
    const resolveAll = async (answer: Fault) => {
      world.state.fault = answer
      await world.deps.pool.query('update attempts set next_lookup_at = now() where charge_id = any($1)', [charges])
      await resolveDueAttempts(world.deps)
      const told = await alertUnresolved(world.deps).then(
        () => 'told',
        (error: Error) => error.name,
      )
      const { rows } = await world.deps.pool.query(
        `select count(*) filter (where next_lookup_at > now() + interval '15 minutes') as moved, count(alerted_at) as alerted,
           count(r.id) as records
         from attempts a left join audit_records r on r.type = 'attempt.unresolved' and r.resource = a.id
         where charge_id = any($1)`,
        [charges],
      )
      return [told, ...[rows[0].moved, rows[0].alerted, rows[0].records].map(Number)]
    }
    const mend = await faults['no right to insert']?.(owner)
    assert.ok(mend)
    try {
      assert.deepEqual(await resolveAll(() => Promise.resolve(silence)), ['AuditLogUnavailableError', 12, 0, 0])
    } finally {
      await mend()
    }
    assert.deepEqual(await resolveAll(() => Promise.resolve(silence)), ['told', 12, 12, 12])
    assert.deepEqual(await resolveAll(() => Promise.resolve(silence)), ['told', 12, 12, 12])
    await owner.end()
  })

  it('is answered to a repeat although the account was disabled meanwhile', async () => {
    world.state.fault = (asked) => Promise.resolve(captured(asked))
    const key = randomUUID()
    const first = await charge(key)
    const turn = async (status: string) => {
      await world.deps.pool.query('update psp_accounts set status = $1', [status])
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await turn('disabled')
    const repeat = await charge(key)
    const fresh = await charge()
    await turn('active')
    assert.ok('body' in first && 'body' in repeat)
    assert.equal(repeat.replayed, true)
    assert.deepEqual(repeat.body, first.body)
    assert.ok('refused' in fresh && fresh.refused === 'psp_account_missing')
  })
})
