import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Charge } from '@fincore/api-contract/resources'
import type { Deps } from '../deps.ts'
import type { Outcome, PspReply } from '../psp-gateway/port.ts'
import { isRefusal } from '../refusal.ts'
import { alertUnresolved } from './alert-unresolved.ts'
import { chargeToken } from './charge-token.ts'
import { createRefund } from './create-refund.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { settleAttempt } from './settle-attempt.ts'
import { type DoubtWorld, openDoubtWorld, silence } from './testing/doubt-world.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const accepted: Outcome = { outcome: 'unknown', why: 'the PSP tells by webhook', tellsWithinMs: day }

/** It takes refunds, and charges of 7.77, and says no more of them; its webhook tells within a day, and it cannot be asked. */
describe('a PSP that cannot be asked and tells later', () => {
  let world: DoubtWorld
  let deps: Deps
  before(async () => {
    world = await openDoubtWorld()
    const { sandbox } = world.deps.psps
    const { payments } = sandbox
    deps = {
      ...world.deps,
      psps: {
        ...world.deps.psps,
        sandbox: {
          ...sandbox,
          payments: {
            ...payments,
            lookUp: () => null,
            readReply: (kind, reply, asked) =>
              'body' in reply && (kind === 'refund' || asked?.amount.amount === 777n)
                ? accepted
                : payments.readReply(kind, reply, asked),
          },
        },
      },
    }
  })
  afterEach(async () => {
    world.state.aheadMs = 0
    world.state.fault = () => null
    await world.deps.pool.query(
      `update attempts set alerted_at = coalesce(alerted_at, now()) where next_lookup_at is not null`,
    )
  })
  after(() => world.close())

  const refund = async () => {
    const { id } = await world.charge()
    const request = { merchantId: world.merchant.id, idempotencyKey: id, request: { charge: id } }
    const answer = await createRefund(deps, request)
    assert.ok(!isRefusal(answer))
    return world.attemptOf((answer.body as { id: string }).id)
  }
  /** Lets the resolver and the alert run every minute until then. */
  const letPass = async (untilMs: number) => {
    for (; world.state.aheadMs < untilMs; world.state.aheadMs += minute) {
      await resolveDueAttempts(deps)
      await alertUnresolved(deps)
    }
  }

  it('alerts nobody before its own time is over, and then does', async () => {
    const attempt = await refund()
    const expectedBy = attempt.expected_by.getTime() - Date.now()
    assert.ok(Math.abs(expectedBy - day) < minute, `${expectedBy} ms`)
    await letPass(hour)
    assert.equal((await world.rowOf('attempts', attempt.id)).alerted_at, null)
    world.state.aheadMs = day - 5 * minute
    await letPass(day + 5 * minute)
    assert.notEqual((await world.rowOf('attempts', attempt.id)).alerted_at, null)
    // Its webhook settles it all the same.
    const told: Outcome = { outcome: 'approved', pspReference: 'ref_later', captured: 0n, card: null }
    assert.equal((await settleAttempt(deps, attempt.id, told))?.result, 'applied')
  })

  it('says so in the reply to a charge too', async () => {
    const payment_method = { type: 'token', token: await world.makeToken('visa') } as const
    const request = { amount: 777, currency: 'EUR', payment_method }
    const answer = await chargeToken(deps, { merchantId: world.merchant.id, idempotencyKey: 'accepted', request })
    assert.ok(!isRefusal(answer))
    const { id, status } = answer.body as Charge
    assert.equal(status, 'processing')
    const expectedBy = (await world.attemptOf(id)).expected_by.getTime() - Date.now()
    assert.ok(Math.abs(expectedBy - day) < minute, `${expectedBy} ms`)
  })

  it('is alerted of after 15 minutes when it never said that it accepted', async () => {
    world.state.fault = (asked) => (asked.url.includes('refund') ? Promise.resolve(silence) : null)
    const attempt = await refund()
    assert.equal(attempt.expected_by, null)
    await letPass(20 * minute)
    assert.notEqual((await world.rowOf('attempts', attempt.id)).alerted_at, null)
  })

  it('that it cannot be asked is written down once, and again for the operator who wants it asked', async () => {
    const attempt = await refund()
    const saidBy = async () => {
      const { look_up_log, lookups } = await world.rowOf('attempts', attempt.id)
      return [lookups, ...look_up_log.map((one: { by: string; said: string }) => `${one.by}: ${one.said}`)]
    }
    await letPass(hour)
    assert.deepEqual(await saidBy(), [1, 'resolver: no_way_to_ask'])
    await world.deps.pool.query(`update attempts set look_up_asked_by = 'ann', next_lookup_at = now() where id = $1`, [
      attempt.id,
    ])
    await letPass(2 * hour)
    assert.deepEqual(await saidBy(), [2, 'resolver: no_way_to_ask', 'operator ann: no_way_to_ask'])
    assert.equal((await world.rowOf('attempts', attempt.id)).look_up_asked_by, null)
  })

  it('gets money that must go back until it has accepted it, under one reference, and no more after that', async () => {
    const answers: PspReply[] = [
      silence,
      { failure: 'refused', requestWasSent: false },
      { status: 200, headers: {}, body: '{}' },
    ]
    const attempt = await refund()
    await world.deps.pool.query(
      `update attempts set origin = 'give_back', expected_by = null, state = 'sent', lookups = 0, look_up_log = null, next_lookup_at = now() where id = $1`,
      [attempt.id],
    )
    const references: (string | undefined)[] = []
    world.state.fault = (asked) => {
      references.push(asked.headers['idempotency-key'])
      return Promise.resolve(answers[references.length - 1] ?? silence)
    }
    await letPass(hour)
    assert.deepEqual(references, [attempt.id, attempt.id, attempt.id])
    assert.notEqual((await world.rowOf('attempts', attempt.id)).expected_by, null)
  })

  it('is not sent it again when it may have forgotten the reference, and could give it back twice', async () => {
    const attempt = await refund()
    await world.deps.pool.query(
      `update attempts set origin = 'give_back', expected_by = null, state = 'sent', sent_at = now() - interval '24 hours',
         lookups = 0, look_up_log = null, next_lookup_at = now() where id = $1`,
      [attempt.id],
    )
    let sent = 0
    world.state.fault = () => {
      sent++
      return Promise.resolve(silence)
    }
    await letPass(hour)
    assert.equal(sent, 0)
    assert.notEqual((await world.rowOf('attempts', attempt.id)).next_lookup_at, null)
  })
})
