import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type Stripe from 'stripe'
import { type Bench, openBench } from './testing/bench.ts'
import { pay } from './testing/pay.ts'

let bench: Bench
before(async () => {
  bench = await openBench()
})
after(() => bench.close())

test('refunds give back what was captured and no more, in parts, each once', async () => {
  const paid = await pay(bench, 'visa')
  const half = await bench.stripe.refunds.create(
    {
      payment_intent: paid.id,
      amount: 1_000,
      metadata: { fincore_reference: 'att_r1' },
      reason: 'requested_by_customer',
    },
    { idempotencyKey: 'att_r1' },
  )
  assert.deepEqual([half.status, half.amount, half.metadata?.fincore_reference], ['succeeded', 1_000, 'att_r1'])
  await bench.inbox.waitFor('refund.created', half.id)
  await bench.inbox.waitFor('charge.refunded', String(paid.latest_charge))
  const tooMuch = bench.stripe.refunds.create({ payment_intent: paid.id, amount: 235 })
  await assert.rejects(tooMuch, { statusCode: 400, param: 'amount' })
  const rest = await bench.stripe.refunds.create({ charge: String(paid.latest_charge) })
  assert.equal(rest.amount, 234)
  await assert.rejects(bench.stripe.refunds.create({ payment_intent: paid.id }), { code: 'charge_already_refunded' })
  assert.equal((await bench.stripe.refunds.retrieve(half.id)).id, half.id)
  const { data } = await bench.stripe.refunds.list({ payment_intent: paid.id })
  assert.deepEqual(
    data.map(({ id }) => id),
    [rest.id, half.id],
  )
  assert.deepEqual(
    (await bench.truth('att_r1')).movements.map(({ kind, amount }: { kind: string; amount: number }) => [kind, amount]),
    [['refund', 1_000]],
  )

  const held = await pay(bench, 'visa', { capture_method: 'manual' })
  await assert.rejects(bench.stripe.refunds.create({ payment_intent: held.id }), {
    code: 'payment_intent_unexpected_state',
  })
  await bench.stripe.paymentIntents.capture(held.id, { amount_to_capture: 500 })
  await assert.rejects(bench.stripe.refunds.create({ payment_intent: held.id, amount: 501 }), { param: 'amount' })
})

test('one refund is pending first, another turns out to have failed, and only the first moves money', async () => {
  const slow = await pay(bench, 'refund_pending')
  const pending = await bench.stripe.refunds.create({ payment_intent: slow.id }, { idempotencyKey: 'att_r2' })
  assert.equal(pending.status, 'pending')
  const { body } = await bench.inbox.waitFor('refund.updated', pending.id)
  assert.equal(JSON.parse(body).data.object.status, 'succeeded')
  assert.equal((await bench.truth('att_r2')).movements.length, 1)

  const bad = await pay(bench, 'refund_fails')
  const failing = await bench.stripe.refunds.create({ payment_intent: bad.id }, { idempotencyKey: 'att_r3' })
  assert.equal(failing.status, 'succeeded')
  await bench.inbox.waitFor('refund.failed', failing.id)
  const failed = await bench.stripe.refunds.retrieve(failing.id)
  assert.deepEqual([failed.status, failed.failure_reason], ['failed', 'expired_or_canceled_card'])
  assert.deepEqual((await bench.truth('att_r3')).movements, [])
})

test('a disputed charge has a dispute, which ends when the bank says so', async () => {
  const cases = [
    ['disputed_as_fraudulent', 'needs_response', 'lost'],
    ['inquiry', 'warning_needs_response', 'warning_closed'],
  ] as const
  for (const [name, opened, closed] of cases) {
    const { latest_charge: charge } = await pay(bench, name)
    const found = await bench.inbox.waitForEvent('charge.dispute.created', (object) => object.charge === charge)
    assert.equal(found.data.object.status, opened)
    await bench.admin('POST', `/disputes/${found.data.object.id}/close`, { won: false })
    const end = await bench.inbox.waitForEvent('charge.dispute.closed', ({ id }) => id === found.data.object.id)
    assert.equal(end.data.object.status, closed)
  }
})

test('lists come in pages, newest first, within the times that are asked for', async () => {
  const made: string[] = []
  for (let index = 0; index < 5; index++) made.unshift((await pay(bench, 'visa')).id)
  const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id)
  const first = await bench.stripe.paymentIntents.list({ limit: 3 })
  assert.deepEqual([ids(first), first.has_more], [made.slice(0, 3), true])
  const next = await bench.stripe.paymentIntents.list({ limit: 2, starting_after: made[2] ?? '' })
  assert.deepEqual(ids(next), made.slice(3, 5))
  const before = await bench.stripe.paymentIntents.list({ limit: 2, ending_before: made[3] ?? '' })
  assert.deepEqual(ids(before), made.slice(1, 3))
  const seconds = Math.floor(Date.now() / 1000)
  assert.deepEqual(ids(await bench.stripe.paymentIntents.list({ created: { gt: seconds + 60 } })), [])
  const recent = await bench.stripe.paymentIntents.list({
    created: { gte: seconds - 60, lte: seconds + 60 },
    limit: 100,
  })
  assert.ok(made.every((id) => ids(recent).includes(id)))
  await assert.rejects(bench.stripe.paymentIntents.list({ limit: 101 }), { param: 'limit' })
  await assert.rejects(bench.stripe.paymentIntents.list({ starting_after: 'pi_nobody' }), { code: 'resource_missing' })
  const expanded = await bench.stripe.paymentIntents.list({ limit: 1, expand: ['data.latest_charge.payment_intent'] })
  const charge = expanded.data[0]?.latest_charge as Stripe.Charge
  assert.equal((charge.payment_intent as Stripe.PaymentIntent).id, made[0])
  for (const path of ['charges', 'latest_charge.balance_transaction', 'data.latest_charge', 'constructor'])
    await assert.rejects(bench.stripe.paymentIntents.retrieve(made[0] ?? '', { expand: [path] }), /cannot be expanded/)
  for (const path of ['data', 'latest_charge', 'data.latest_charge.payment_intent.latest_charge.payment_intent'])
    await assert.rejects(bench.stripe.paymentIntents.list({ expand: [path] }), /cannot be expanded/)
  await assert.rejects(pay(bench, 'visa', { expand: ['charges'] }), /cannot be expanded/)
  assert.equal((await bench.stripe.paymentIntents.list({ limit: 1 })).data[0]?.id, made[0])
})

test('search finds by metadata, only some time after the change, and refuses what is no query', async () => {
  const paid = await pay(bench, 'visa', { metadata: { fincore_reference: "att_'quoted" } })
  const query = "metadata['fincore_reference']:'att_\\'quoted' AND status:'succeeded'"
  assert.deepEqual((await bench.stripe.paymentIntents.search({ query })).data, [])
  await sleep(1_050)
  const found = await bench.stripe.paymentIntents.search({ query })
  assert.deepEqual(
    found.data.map(({ id }) => id),
    [paid.id],
  )
  const others = await bench.stripe.paymentIntents.search({ query: `-${query}` })
  assert.ok(others.data.length > 0 && others.data.every(({ id }) => id !== paid.id))
  const all = { query: 'amount>=1 created>0', limit: 2 }
  const first = await bench.stripe.paymentIntents.search(all)
  assert.equal(first.has_more, true)
  const second = await bench.stripe.paymentIntents.search({ ...all, page: first.next_page ?? '' })
  assert.equal(new Set([...first.data, ...second.data].map(({ id }) => id)).size, 4)
  for (const wrong of [
    'att_1',
    "metadata:'x'",
    "metadata['a']:'b' AND amount>1 OR amount<2",
    "metadata['a']='b'",
    "metadata['a']:'b",
    "description:'x'",
    "status>'succeeded'",
    "metadata['a']~'ab'",
    "status:'a'status:'b'",
  ])
    await assert.rejects(bench.stripe.paymentIntents.search({ query: wrong }), { param: 'query' }, wrong)
})
