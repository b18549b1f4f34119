import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newId } from '../ids.ts'
import { createWebhookWorld, until, type WebhookWorld } from '../webhooks/testing/webhook-world.ts'
import { recordTries, type TryResult } from './webhook-tries.ts'

describe('an event and its deliveries', () => {
  let world: WebhookWorld
  before(async () => {
    world = await createWebhookWorld()
  })
  after(() => world.close())

  it('is written, and delivered to the others, while one of the endpoints is being deleted', async () => {
    const merchant = await world.addMerchant()
    const goes = await world.addEndpoint(merchant, 'https://shop.example/goes')
    const stays = await world.addEndpoint(merchant, 'https://shop.example/stays')
    const deleting = await world.pool.connect()
    await deleting.query('begin')
    await deleting.query('delete from webhook_endpoints where merchant_id = $1 and id = $2', [merchant, goes.id])
    const event = world.addEvent(merchant)
    await until('the event waits for the deletion', async () => {
      const { rows } = await world.pool.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into events%'`,
      )
      return rows.length === 1
    })
    await deleting.query('commit')
    deleting.release()
    const { id } = await event
    assert.deepEqual(
      (await world.deliveriesOf(stays.id)).map(({ event_id }) => event_id),
      [id],
    )
    assert.deepEqual(await world.deliveriesOf(goes.id), [])
  })
  /** The endpoints of a merchant, each with a delivery that was sent for the first time. */
  async function tryFirst() {
    const merchant = await world.addMerchant()
    const url = 'https://shop.example/hook'
    const endpoints = [await world.addEndpoint(merchant, url), await world.addEndpoint(merchant, url)] as const
    await world.addEvent(merchant)
    const results: TryResult[] = []
    for (const { id: endpointId } of endpoints) {
      const [delivery] = await world.deliveriesOf(endpointId)
      assert.ok(delivery)
      const sent = { merchantId: merchant, id: delivery.id, tries: 0, endpointId, url }
      const made = { id: newId('webhookTry'), triedAt: new Date(), tookMs: 1, answer: null }
      results.push({ ...made, delivery: sent, status: 200, delivered: true })
    }
    return { merchant, goes: endpoints[0], stays: endpoints[1], results }
  }
  const untilWaiting = (query: string) =>
    until(`it waits: ${query}`, async () => {
      const { rows } = await world.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
        [`${query}%`],
      )
      return rows.length === 1
    })
  const statesOf = async (endpoint: { id: string }) => (await world.deliveriesOf(endpoint.id)).map(({ state }) => state)
  const deletion = 'delete from webhook_endpoints where merchant_id = $1 and id = $2'

  it('is recorded as sent to the others when an endpoint was deleted during its first try', async () => {
    const { merchant, goes, stays, results } = await tryFirst()
    const deleting = await world.pool.connect()
    await deleting.query('begin')
    await deleting.query(deletion, [merchant, goes.id])
    const recorded = recordTries(world.pool, results)
    await untilWaiting('with wanted as')
    await deleting.query('commit')
    deleting.release()
    await recorded
    assert.deepEqual([await statesOf(goes), await statesOf(stays)], [[], ['delivered']])
  })

  it('is recorded as sent to the others while the deliveries of an endpoint are being deleted', async () => {
    const { merchant, goes, stays, results } = await tryFirst()
    const deleting = await world.pool.connect()
    await deleting.query('begin')
    await deleting.query('delete from webhook_deliveries where merchant_id = $1 and endpoint_id = $2', [
      merchant,
      goes.id,
    ])
    const recorded = recordTries(world.pool, results)
    await untilWaiting('with wanted as')
    await deleting.query('commit')
    deleting.release()
    await recorded
    assert.deepEqual([await statesOf(goes), await statesOf(stays)], [[], ['delivered']])
  })

  it('is recorded while an endpoint is being deleted, and neither waits for the other in a circle', async () => {
    const { merchant, goes, stays, results } = await tryFirst()
    const [, last] = results
    const holding = await world.pool.connect()
    await holding.query('begin')
    await holding.query('select from webhook_deliveries where id = $1 for update', [last?.delivery.id])
    const recorded = recordTries(world.pool, results)
    await untilWaiting('with wanted as')
    const deleted = world.pool.query(deletion, [merchant, goes.id])
    await untilWaiting('delete from webhook_endpoints')
    await holding.query('commit')
    holding.release()
    await Promise.all([recorded, deleted])
    assert.deepEqual([await statesOf(goes), await statesOf(stays)], [[], ['delivered']])
  })
})
