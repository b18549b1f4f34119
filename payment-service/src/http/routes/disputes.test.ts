import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type OrdersWorld, openOrdersWorld, type Shop, says } from '../../flows/testing/orders-world.ts'
import { callerOf } from '../../webhooks/testing/api-world.ts'

describe('a dispute', () => {
  let world: OrdersWorld
  let shop: Shop
  let call: ReturnType<typeof callerOf>
  let chargeId: string
  before(async () => {
    world = await openOrdersWorld()
    shop = await world.openShop()
    call = callerOf(world.app, await world.addKey(shop.merchantId, ['read']))
    chargeId = (await world.beginAs(shop, 'automatic', says.approved(1000))).charge.id
  })
  after(() => world.close())

  const evidenceDueBy = new Date('2026-03-01T00:00:00.000Z')

  it('waits while its payment is not known, and is then told to the merchant, read and listed', async () => {
    const early = world.tellsOfDispute(shop, 'early', 1, { id: 'dis_early', status: 'opened' }, 'pay_2')
    assert.equal(await early.apply(world.deps), 'held')
    const told = {
      status: 'opened',
      amount: { amount: 700n, currency: 'EUR' },
      reason: 'fraudulent',
      evidenceDueBy,
    } as const
    assert.equal(await world.tellsOfDispute(shop, 'opened', 1, told).apply(world.deps), 'applied')
    const list = await call('GET', `/disputes?charge=${chargeId}`)
    assert.equal(list.status, 200)
    const [dispute] = list.body.data
    const { id, created_at: _created, updated_at: _updated, ...rest } = dispute
    assert.match(id, /^dp_/)
    assert.deepEqual(rest, {
      object: 'dispute',
      charge: chargeId,
      status: 'opened',
      amount: 700,
      currency: 'EUR',
      reason: 'fraudulent',
      evidence_due_by: '2026-03-01T00:00:00.000Z',
      psp_reference: 'dis_1',
    })
    assert.deepEqual((await call('GET', `/disputes/${id}`)).body, dispute)
    assert.equal(await world.tellsOfDispute(shop, 'lost', 1, { ...told, status: 'lost' }).apply(world.deps), 'applied')
    assert.deepEqual((await call('GET', '/disputes?status=opened')).body.data, [])
    const events = await call('GET', `/events?object_id=${id}`)
    assert.deepEqual(
      events.body.data.map((event: { type: string; sequence: number; data: { object: object } }) => [
        event.type,
        event.sequence,
      ]),
      [
        ['dispute.lost', 2],
        ['dispute.opened', 1],
      ],
    )
    assert.deepEqual(events.body.data[1].data.object, dispute)
    const charge = (await call('GET', `/charges/${chargeId}`)).body
    assert.deepEqual([charge.status, charge.amount_refunded, charge.flags], ['captured', 0, []])
    await world
      .begin(shop, 'automatic')
      .then((begun) => world.replies(begun, says.approved(1000, 'pay_2')).apply(world.deps))
    assert.equal(await early.apply(world.deps), 'applied')
  })

  it('of another payment than before is flagged', async () => {
    const other = world.tellsOfDispute(shop, 'other', 1, { status: 'lost' }, 'pay_2')
    assert.equal(await other.apply(world.deps), 'flagged')
  })

  it('is no other merchant’s', async () => {
    const [dispute] = (await call('GET', '/disputes')).body.data
    const stranger = callerOf(world.app, await world.addKey(await world.addMerchant(), ['read']))
    assert.equal((await stranger('GET', `/disputes/${dispute.id}`)).status, 404)
    assert.deepEqual((await stranger('GET', '/disputes')).body.data, [])
    const otherShop = await world.openShop()
    const forged = world.tellsOfDispute(otherShop, 'forged', 1, { status: 'lost' })
    assert.equal(await forged.apply(world.deps), 'held')
  })
})
