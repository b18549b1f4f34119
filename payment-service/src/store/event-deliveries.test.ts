import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createWebhookWorld, until, type WebhookWorld } from '../webhooks/testing/webhook-world.ts'

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
})
