import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { applyPspEvent } from '../flows/apply-psp-event.ts'
import { applyDueSettlements, endNeedlessSettlements } from '../flows/apply-settlements.ts'
import { chargeToken } from '../flows/charge-token.ts'
import { type DoubtWorld, openDoubtWorld, silence } from '../flows/testing/doubt-world.ts'
import { startResolver } from '../jobs/resolver.ts'
import { type Job, runEvery } from '../jobs/run-every.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import type { App } from '../server/server.ts'
import { upsertOperators } from '../store/operators.ts'
import { createAdminServer } from './server.ts'

const operators = { ada: 'a'.repeat(32), ben: 'b'.repeat(32) }
const minute = 60_000
const proof = 'PSP support case 4711'
const reason = 'The PSP’s look-up is broken.'
const unknownId = '0'.repeat(26)

type Answer = { status: number; headers: Record<string, unknown>; body: Record<string, unknown> & { id: string } }

describe('an attempt without an outcome, and its operators', () => {
  let world: DoubtWorld
  let admin: App
  let workers: Job[]
  before(async () => {
    world = await openDoubtWorld()
    admin = createAdminServer(world.deps)
    await upsertOperators(
      world.deps.pool,
      Object.entries(operators).map(([name, token]) => ({ name, token })),
    )
    workers = [
      startResolver(world.deps),
      runEvery(50, 'settlements by hand', () => applyDueSettlements(world.deps), world.deps),
    ]
  })
  afterEach(() => {
    world.state.fault = () => null
    world.state.aheadMs = 0
  })
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    await admin.close()
    await world.close()
  })

  const call = async (who: keyof typeof operators, method: 'GET' | 'POST', path: string, body?: object) => {
    const response = await admin.inject({
      method,
      url: `/admin/v1${path}`,
      headers: { authorization: `Bearer ${operators[who]}` },
      ...(method === 'POST' ? { payload: body ?? {} } : {}),
    })
    return { status: response.statusCode, headers: response.headers, body: response.json() } as Answer
  }
  /** From now on the PSP answers nothing, and 20 minutes have passed. */
  const wait = () => {
    world.state.fault = () => Promise.resolve(silence)
    world.state.aheadMs = 20 * minute
  }
  /** Calls that the PSP never got, and that nobody knows anything of, 20 minutes later. */
  const inDoubt = {
    async authorize(capture_method?: 'manual') {
      world.state.fault = (asked) => (asked.method === 'POST' ? Promise.resolve(silence) : null)
      const charge = await world.charge({ ...(capture_method === undefined ? {} : { capture_method }) })
      wait()
      return { charge: charge.id, attempt: (await world.attemptOf(charge.id)).id as string }
    },
    async followUp(kind: 'capture' | 'cancel' | 'refund', captured?: number) {
      const { id } = await world.charge(kind === 'refund' ? {} : { capture_method: 'manual' })
      world.state.fault = () => Promise.resolve(silence)
      await (kind === 'capture' ? world.capture(id, captured) : world[kind](id))
      wait()
      return { charge: id, attempt: (await world.attemptOf(id)).id as string }
    },
  }
  const settle = (attempt: string, body: object) =>
    call('ada', 'POST', `/unresolved_attempts/${attempt}/settle`, { reason, ...body })
  const approve = (id: string) => call('ben', 'POST', `/attempt_settlements/${id}/approve`)
  /** By both operators. */
  const settleWhole = async (attempt: string, body: object) => {
    const asked = await settle(attempt, body)
    assert.equal(asked.status, 201, JSON.stringify(asked.body))
    const answer = await approve(asked.body.id)
    assert.deepEqual([answer.status, answer.body.state], [200, 'applied'], JSON.stringify(answer.body))
    return answer.body
  }
  const chargeRow = (id: string) => world.rowOf('charges', id)
  /** What the PSP says of it in the end. */
  const tell = (attempt: string, kind: 'authorize' | 'capture' | 'cancel' | 'refund', outcome: Outcome) =>
    applyPspEvent(world.deps, world.merchant.id, world.merchant.account, {
      id: randomUUID(),
      type: 'x',
      about: { kind: 'attempt', reference: attempt, attemptKind: kind, outcome },
    })
  const approved = (pspReference: string, captured: bigint): Outcome => ({
    outcome: 'approved',
    pspReference,
    captured,
    card: null,
  })

  it('is shown with its charge, why, what was asked when, and what to search for at the PSP', async () => {
    const { charge, attempt } = await inDoubt.authorize()
    const asked = await call('ada', 'POST', `/unresolved_attempts/${attempt}/look_up`)
    assert.equal(asked.status, 200)
    const { body: list } = await call('ada', 'GET', `/unresolved_attempts?merchant=${world.merchant.id}`)
    const [shown] = (list.data as Record<string, unknown>[]).filter(({ id }) => id === attempt)
    assert.ok(shown)
    const { why, last_look_up, ...facts } = shown
    assert.match(
      String(why),
      /may or may not have acted.*the last answer of the PSP: timeout\. It did not answer in time/,
    )
    const { merchant, charge_status, search_for, currency, amount, psp_account, psp_account_status } = facts
    assert.deepEqual(
      [facts.charge, merchant, charge_status, search_for, currency, amount, psp_account, psp_account_status],
      [charge, world.merchant.id, 'processing', attempt, 'EUR', 1000, world.merchant.account, 'active'],
    )
    assert.equal((last_look_up as { said: string }).said, 'timeout')
    const { body } = await call('ben', 'GET', `/unresolved_attempts/${attempt}`)
    const looks = body.look_ups as { by: string; said: string; ms: number; at: string }[]
    assert.ok(looks.some(({ by, said, ms }) => by === 'operator ada' && said === 'timeout' && ms >= 0))
    assert.equal(looks.length, body.lookups)
    assert.ok(Date.parse(String(body.next_lookup_at)) > world.deps.now().getTime())
    assert.equal((await call('ada', 'GET', `/unresolved_attempts/att_${unknownId}`)).body.code, 'resource_not_found')
  })

  it('of a page at the PSP is searched for by the reference that made the page', async () => {
    const session = await world.createSession()
    const made = await world.createAttemptOf(session.id)
    world.state.fault = () => Promise.resolve(silence)
    await world.call('POST', `/v1/payment_sessions/${session.id}/expire`)
    const { id } = await world.attemptOf(session.id)
    const { body } = await call('ada', 'GET', `/unresolved_attempts/${id}`)
    assert.deepEqual([body.kind, body.search_for, body.payment_session], ['expire_session', made, session.id])
    world.state.aheadMs = 20 * minute
    const refused = await settle(id, { outcome: 'not_executed', proof })
    assert.deepEqual([refused.status, refused.body.code], [409, 'attempt_not_settleable'])
  })

  it('is looked up when an operator asks, but not while its call may be running', async () => {
    world.loseNextReply()
    const { id } = await world.charge()
    const { id: attempt } = await world.attemptOf(id)
    const answer = await call('ada', 'POST', `/unresolved_attempts/${attempt}/look_up`)
    assert.deepEqual([answer.status, answer.body.state, answer.body.charge_status], [200, 'approved', 'captured'])
    const again = await call('ada', 'POST', `/unresolved_attempts/${attempt}/look_up`)
    assert.deepEqual([again.status, again.body.code], [409, 'attempt_settled'])

    let isSent = () => {}
    const sent = new Promise<void>((resolve) => {
      isSent = resolve
    })
    const reply = Promise.withResolvers<typeof silence>()
    world.state.fault = () => {
      isSent()
      return reply.promise
    }
    const running = world.charge()
    await sent
    const { rows } = await world.deps.pool.query(
      `select id from attempts where state = 'sent' order by id desc limit 1`,
    )
    const early = await call('ada', 'POST', `/unresolved_attempts/${rows[0].id}/look_up`)
    assert.deepEqual([early.status, early.body.code], [409, 'attempt_running'])
    const seconds = Number(early.headers['retry-after'])
    assert.ok(seconds >= 1 && seconds <= 6, String(seconds))
    reply.resolve(silence)
    await running
  })

  it('is not settled by what is too early, too much, another’s, or proven by nothing', async () => {
    const other = await world.charge()
    const taken = (await chargeRow(other.id)).psp_reference
    const { id: heldId } = await world.charge({ capture_method: 'manual' })
    const earlier = await world.capture(heldId)
    const takenOperation = (await world.attemptOf(earlier.id)).psp_reference
    const again = () => {
      world.state.aheadMs = 0
      world.state.fault = () => null
    }
    const refund = (await inDoubt.followUp('refund')).attempt
    again()
    const capture = (await inDoubt.followUp('capture')).attempt
    again()
    const part = (await inDoubt.followUp('capture', 400)).attempt
    again()
    const { attempt } = await inDoubt.authorize()
    type Case = [id: string, body: object, status: number, code: string, param: string | null]
    const cases: Case[] = [
      [attempt, { outcome: 'approved', captured: 1000 }, 400, 'parameter_missing', 'psp_reference'],
      [attempt, { outcome: 'approved', psp_reference: 'pay_x' }, 400, 'parameter_invalid', 'captured'],
      [
        attempt,
        { outcome: 'approved', psp_reference: 'pay x', captured: 1000 },
        400,
        'parameter_invalid',
        'psp_reference',
      ],
      [
        attempt,
        { outcome: 'approved', psp_reference: 'pay_x', captured: 1001 },
        422,
        'settlement_amount_wrong',
        'captured',
      ],
      [
        attempt,
        { outcome: 'approved', psp_reference: taken, captured: 1000 },
        422,
        'psp_reference_wrong',
        'psp_reference',
      ],
      [attempt, { outcome: 'not_executed' }, 400, 'parameter_missing', 'proof'],
      [attempt, { outcome: 'declined', psp_reference: 'pay_x' }, 400, 'parameter_missing', 'proof'],
      [attempt, { outcome: 'not_executed', proof, captured: 5 }, 400, 'parameter_invalid', 'captured'],
      [attempt, { outcome: 'not_executed', proof, psp_reference: 'pay_x' }, 400, 'parameter_invalid', 'psp_reference'],
      [attempt, { outcome: 'not_executed', proof, reason: ' ' }, 400, 'parameter_invalid', 'reason'],
      [attempt, { outcome: 'failed', proof }, 400, 'parameter_invalid', 'outcome'],
      [
        capture,
        { outcome: 'approved', psp_reference: 'cap_x', captured: 0 },
        422,
        'settlement_amount_wrong',
        'captured',
      ],
      ...[399, 401, 1000].map(
        (captured): Case => [
          part,
          { outcome: 'approved', psp_reference: 'cap_x', captured },
          422,
          'settlement_amount_wrong',
          'captured',
        ],
      ),
      [
        capture,
        { outcome: 'approved', psp_reference: takenOperation, captured: 1000 },
        422,
        'psp_reference_wrong',
        'psp_reference',
      ],
      [refund, { outcome: 'approved', psp_reference: 'ref_x', captured: 1000 }, 400, 'parameter_invalid', 'captured'],
      [`att_${unknownId}`, { outcome: 'not_executed', proof }, 404, 'resource_not_found', null],
    ]
    for (const [id, body, status, code, param] of cases) {
      const answer = await settle(id, body)
      const said = JSON.stringify([body, answer.body])
      assert.deepEqual([answer.status, answer.body.code, answer.body.param], [status, code, param], said)
    }
    world.state.aheadMs = 14 * minute
    const early = await settle(attempt, { outcome: 'not_executed', proof })
    assert.deepEqual([early.status, early.body.code], [409, 'settlement_too_early'])
    const { rows } = await world.deps.pool.query('select from attempt_settlements')
    assert.equal(rows.length, 0)
  })

  it('needs two operators, one settlement at a time, and takes none twice', async () => {
    const { attempt, charge } = await inDoubt.authorize()
    const never = { outcome: 'not_executed', proof }
    const first = await settle(attempt, never)
    assert.deepEqual([first.body.state, first.body.requested_by], ['requested', 'ada'])
    assert.equal((await settle(attempt, never)).body.code, 'conflict')
    const own = await call('ada', 'POST', `/attempt_settlements/${first.body.id}/approve`)
    assert.deepEqual([own.status, own.body.code], [403, 'two_operators_required'])
    await assert.rejects(
      world.deps.pool.query(
        `update attempt_settlements set state = 'approved', approved_by = 'ada', next_try_at = now() where id = $1`,
        [first.body.id],
      ),
      { code: '23514' },
    )
    assert.equal((await call('ben', 'POST', `/attempt_settlements/${first.body.id}/withdraw`)).body.state, 'withdrawn')
    assert.equal((await approve(first.body.id)).body.code, 'conflict')
    assert.equal((await chargeRow(charge)).status, 'processing')

    const second = await settle(attempt, never)
    const answers = await Promise.all([1, 2, 3].map(() => approve(second.body.id)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
    assert.equal((await chargeRow(charge)).status, 'failed')
    assert.deepEqual(await world.eventsOf(charge), ['charge.failed'])
    assert.equal((await settle(attempt, never)).body.code, 'attempt_settled')
    const { body } = await call('ada', 'GET', '/attempt_settlements?state=applied')
    assert.equal((body.data as { id: string }[])[0]?.id, second.body.id)
    const whole = (await call('ada', 'GET', `/unresolved_attempts/${attempt}`)).body
    assert.equal(whole.settled_by_hand, true)
    assert.equal((whole.settlements as object[]).length, 2)
  })

  it('gives way to the PSP’s own word when it is asked once more', async () => {
    world.loseNextReply()
    const { id } = await world.charge()
    const { id: attempt } = await world.attemptOf(id)
    wait()
    const { body } = await settle(attempt, { outcome: 'not_executed', proof })
    // The resolver's own look-up would be as good, but it is the last one before settling that is tried here.
    await world.deps.pool.query(`update attempts set next_lookup_at = now() + interval '1 day' where id = $1`, [
      attempt,
    ])
    // The PSP is back in the moment in which the second operator agrees.
    world.state.fault = () => null
    const answer = await approve(body.id)
    assert.deepEqual([answer.status, answer.body.code], [409, 'psp_answered'], JSON.stringify(answer.body))
    assert.equal((await chargeRow(id)).status, 'captured')
    assert.deepEqual(await world.eventsOf(id), ['charge.captured'])
    const { rows } = await world.deps.pool.query(
      `select actor, outcome, details from audit_records where type = 'attempt_settlement.apply' and resource = $1`,
      [attempt],
    )
    assert.deepEqual(
      rows.map(({ outcome, details }) => [outcome, details.state, details.requested_by, details.approved_by]),
      [['refused', 'superseded', 'ada', 'ben']],
    )
  })

  const kinds: {
    name: string
    begin: () => Promise<{ charge: string; attempt: string }>
    body: object
    becomes: Record<string, unknown>
    events: string[]
    /** What the PSP says later against it, and what then became of it. */
    later: [kind: 'authorize' | 'capture' | 'cancel' | 'refund', outcome: Outcome]
    after?: Record<string, unknown>
  }[] = [
    {
      name: 'an approved charge',
      begin: () => inDoubt.authorize(),
      body: { outcome: 'approved', psp_reference: 'pay_hand_1', captured: 1000 },
      becomes: { status: 'captured', captured: 1000n, psp_reference: 'pay_hand_1' },
      events: ['charge.captured'],
      later: [
        'authorize',
        { outcome: 'declined', pspReference: 'pay_hand_1', code: 'card_declined', pspCode: null, card: null },
      ],
    },
    {
      name: 'a charge that is only held',
      begin: () => inDoubt.authorize('manual'),
      body: { outcome: 'approved', psp_reference: 'pay_hand_2', captured: 0 },
      becomes: { status: 'authorized', captured: 0n, psp_reference: 'pay_hand_2' },
      events: ['charge.authorized'],
      later: ['authorize', approved('pay_other', 0n)],
    },
    {
      name: 'a declined charge',
      begin: () => inDoubt.authorize(),
      body: { outcome: 'declined', proof },
      becomes: { status: 'failed', captured: 0n },
      events: ['charge.failed'],
      later: ['authorize', approved('pay_late', 1000n)],
    },
    {
      name: 'a charge that never happened',
      begin: () => inDoubt.authorize(),
      body: { outcome: 'not_executed', proof },
      becomes: { status: 'failed', captured: 0n },
      events: ['charge.failed'],
      later: ['authorize', approved('pay_late_2', 1000n)],
    },
    {
      name: 'a capture',
      begin: () => inDoubt.followUp('capture'),
      body: { outcome: 'approved', psp_reference: 'cap_hand', captured: 1000 },
      becomes: { status: 'captured', captured: 1000n, pending_operation: null },
      events: ['charge.authorized', 'charge.captured'],
      later: [
        'capture',
        { outcome: 'declined', pspReference: 'cap_hand', code: 'do_not_honor', pspCode: null, card: null },
      ],
    },
    {
      name: 'a capture that never happened',
      begin: () => inDoubt.followUp('capture'),
      body: { outcome: 'not_executed', proof },
      becomes: { status: 'authorized', captured: 0n, pending_operation: null },
      events: ['charge.authorized', 'charge.updated'],
      later: ['capture', approved('cap_late', 1000n)],
      // Not final before, so it goes where the money went, and is flagged.
      after: { status: 'captured', captured: 1000n },
    },
    {
      name: 'a cancel',
      begin: () => inDoubt.followUp('cancel'),
      body: { outcome: 'approved', psp_reference: 'can_hand' },
      becomes: { status: 'canceled', pending_operation: null },
      events: ['charge.authorized', 'charge.canceled'],
      later: ['cancel', { outcome: 'declined', pspReference: null, code: 'do_not_honor', pspCode: null, card: null }],
    },
    {
      name: 'a refund',
      begin: () => inDoubt.followUp('refund'),
      body: { outcome: 'approved', psp_reference: 'ref_hand' },
      becomes: { status: 'captured', refunded: 1000n, refunds_pending: 0n },
      events: ['charge.captured', 'charge.refunded'],
      later: [
        'refund',
        { outcome: 'declined', pspReference: null, code: 'refund_declined', pspCode: null, card: null },
      ],
    },
    {
      name: 'a refund that was declined',
      begin: () => inDoubt.followUp('refund'),
      body: { outcome: 'declined', proof },
      becomes: { status: 'captured', refunded: 0n, refunds_pending: 0n },
      events: ['charge.captured'],
      later: ['refund', approved('ref_late', 0n)],
    },
  ]
  for (const { name, begin, body, becomes, events, later, after: afterwards } of kinds) {
    it(`${name} is settled by hand like by the PSP, and what the PSP says against it later is flagged`, async () => {
      const { charge, attempt } = await begin()
      await settleWhole(attempt, body)
      const row = await chargeRow(charge)
      assert.deepEqual(Object.fromEntries(Object.keys(becomes).map((column) => [column, row[column]])), becomes)
      assert.deepEqual(await world.eventsOf(charge), events)
      assert.equal((await tell(attempt, ...later)) === 'flagged', true)
      const flagged = await chargeRow(charge)
      const expected = { ...becomes, ...afterwards, flags: ['psp_contradicts'] }
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((column) => [column, flagged[column]])), expected)
      const told = await world.eventsOf(charge)
      assert.equal(told.at(-1), 'charge.updated')
      assert.equal(told.length, flagged.sequence, 'without a gap')
    })
  }

  it('of a charge that has ended can be settled as not done, unless the PSP says that it was', async () => {
    const { id } = await world.charge({ capture_method: 'manual' })
    const { id: authorize, psp_reference: pspReference } = await world.attemptOf(id)
    world.loseNextReply()
    await world.capture(id)
    const { id: capture } = await world.attemptOf(id)
    await tell(authorize, 'authorize', { outcome: 'ended', pspReference, reason: 'authorization_expired' })
    assert.equal((await chargeRow(id)).status, 'canceled')
    wait()
    // Only settling asks the PSP.
    await world.deps.pool.query(`update attempts set next_lookup_at = now() + interval '1 day' where id = $1`, [
      capture,
    ])
    const done = await settle(capture, { outcome: 'approved', psp_reference: 'cap_ended', captured: 1000 })
    assert.deepEqual([done.status, done.body.code], [409, 'attempt_not_settleable'])
    const asked = await settle(capture, { outcome: 'declined', proof })
    world.state.fault = () => null
    const contradicted = await approve(asked.body.id)
    assert.deepEqual([contradicted.status, contradicted.body.code], [409, 'attempt_not_settleable'])
    assert.match(String(contradicted.body.detail), /answered “.*does not fit.*cannot follow canceled.*Neither/)
    assert.deepEqual((await chargeRow(id)).flags, ['psp_contradicts'])

    world.state.fault = () => Promise.resolve(silence)
    const before = await chargeRow(id)
    await settleWhole(capture, { outcome: 'declined', proof })
    const { state, next_lookup_at, settled_by_hand } = await world.rowOf('attempts', capture)
    assert.deepEqual([state, next_lookup_at, settled_by_hand], ['declined', null, true])
    assert.deepEqual(await chargeRow(id), before)
  })

  it('and another one are not settled by one reference of the PSP, even when both are applied at once', async () => {
    const again = () => {
      world.state.aheadMs = 0
      world.state.fault = () => null
    }
    const captures = [await inDoubt.followUp('capture')]
    again()
    captures.push(await inDoubt.followUp('capture'))
    again()
    const authorize = await inDoubt.authorize()
    const by = (psp_reference: string) => ({ outcome: 'approved', psp_reference, captured: 1000 })
    const [first, second] = captures.map(({ attempt }) => attempt) as [string, string]
    const asked = await settle(first, by('cap_one'))
    assert.equal(asked.status, 201)
    const refused = await settle(second, by('cap_one'))
    assert.deepEqual([refused.status, refused.body.code], [422, 'psp_reference_wrong'])
    assert.match(String(refused.body.detail), new RegExp(`${asked.body.id} of ${first}.*is requested`))
    // A payment's reference is of another kind.
    const payment = await settle(authorize.attempt, by('cap_one'))
    assert.equal(payment.status, 201)
    await call('ada', 'POST', `/attempt_settlements/${payment.body.id}/withdraw`)
    assert.equal((await settle(second, by('cap_two'))).status, 201)
    // Both workers' transactions begin together, because each waits for its charge.
    const holder = await world.deps.pool.connect()
    await holder.query('begin')
    await holder.query('select from charges where id = any($1) for update', [captures.map(({ charge }) => charge)])
    // As when both had been asked for at the same moment, and approved.
    await world.deps.pool.query(
      `update attempt_settlements set psp_reference = 'cap_one', state = 'approved', approved_by = 'ben', approved_at = now(), next_try_at = now()
       where attempt_id = any($1)`,
      [[first, second]],
    )
    const states = async () => {
      const { rows } = await world.deps.pool.query(
        'select state, note from attempt_settlements where attempt_id = any($1) order by state',
        [[first, second]],
      )
      return rows
    }
    const waitUntil = async (isSo: () => Promise<boolean>) => {
      const deadline = performance.now() + 5_000
      while (!(await isSo()) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await waitUntil(async () => {
      const { rows } = await world.deps.pool.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      )
      return rows.length === 2
    })
    await holder.query('commit')
    holder.release()
    await waitUntil(async () => (await states()).every(({ state }) => state !== 'approved'))
    const ended = await states()
    assert.deepEqual(
      ended.map(({ state }) => state),
      ['applied', 'refused'],
    )
    assert.match(ended[1].note, /One reference is one operation/)
    const rows = await Promise.all(captures.map(({ charge }) => chargeRow(charge)))
    assert.deepEqual(rows.map(({ status }) => status).sort(), ['authorized', 'captured'])
  })

  it('a charge that was declined by hand only learns its card when the PSP declines it too', async () => {
    const { charge, attempt } = await inDoubt.authorize()
    await settleWhole(attempt, { outcome: 'declined', proof })
    const card = { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2034 }
    const declined = { outcome: 'declined', pspReference: null, code: 'card_declined', pspCode: null, card } as const
    assert.notEqual(await tell(attempt, 'authorize', declined), 'flagged')
    const row = await chargeRow(charge)
    assert.deepEqual([row.status, row.flags, row.card.last4], ['failed', [], '4242'])
  })

  it('is answered to a repeat of the merchant’s request as it was settled by hand', async () => {
    world.state.fault = () => Promise.resolve(silence)
    const payment_method = { type: 'token' as const, token: 'tok_gone' }
    const request = { amount: 1000, currency: 'EUR', payment_method }
    const send = () => chargeToken(world.deps, { merchantId: world.merchant.id, idempotencyKey: 'order-4711', request })
    const first = await send()
    assert.ok('body' in first)
    const { id } = first.body as { id: string }
    wait()
    await settleWhole((await world.attemptOf(id)).id, {
      outcome: 'approved',
      psp_reference: 'pay_hand_9',
      captured: 1000,
    })
    const repeat = await send()
    assert.ok('body' in repeat)
    const { status, psp } = repeat.body as { status: string; psp: { reference: string } }
    assert.deepEqual([repeat.status, repeat.replayed, status, psp.reference], [201, true, 'captured', 'pay_hand_9'])
  })

  it('is not left waiting for an approval once the PSP has given its outcome', async () => {
    const { attempt } = await inDoubt.authorize()
    const { body: asked } = await settle(attempt, { outcome: 'not_executed', proof })
    await tell(attempt, 'authorize', approved('pay_own', 1000n))
    await endNeedlessSettlements(world.deps)
    const { body } = await call('ada', 'GET', '/attempt_settlements?state=superseded')
    assert.equal((body.data as { id: string }[])[0]?.id, asked.id)
    const late = await approve(asked.id)
    assert.deepEqual([late.status, late.body.code], [409, 'conflict'])
    assert.match(String(late.body.detail), /superseded.*The PSP gave an outcome/)
  })

  it('of a shopper on the PSP’s page is left to its session', async () => {
    const { id, url } = await world.createSession()
    const browser = new Map()
    const { location } = await world.visit(browser, 'POST', url)
    await world.pay(location ?? '', 'challenge')
    await world.visit(browser, 'GET', `${url}/return`)
    const [charge] = await world.chargesOf(id)
    const attempt = await world.attemptOf(charge.id)
    assert.equal(attempt.state, 'action_required')
    // The shopper comes back once more, and is still not done.
    await world.visit(browser, 'GET', `${url}/return`)
    wait()
    const answer = await settle(attempt.id, { outcome: 'not_executed', proof })
    assert.deepEqual([answer.status, answer.body.code], [409, 'attempt_not_settleable'])
    assert.match(String(answer.body.detail), /ends with its session/)
    const { body } = await call('ada', 'GET', `/unresolved_attempts/${attempt.id}`)
    assert.equal(body.search_for, await world.createAttemptOf(id))
    const looks = (body.look_ups as { by: string; said: string }[]).map(({ by, said }) => `${by}: ${said}`)
    assert.equal(looks[0], 'return of the shopper: session_open')
    assert.equal(body.in_doubt_since, null, 'one that waits for the shopper is in no doubt')
  })
})
