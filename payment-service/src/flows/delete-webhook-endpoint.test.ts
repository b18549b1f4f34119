import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { createWebhookWorld, type WebhookWorld } from '../webhooks/testing/webhook-world.ts'
import { removeWebhookEndpoint } from './delete-webhook-endpoint.ts'

describe('deleting a webhook endpoint', () => {
  let world: WebhookWorld
  let owner: pg.Client
  before(async () => {
    world = await createWebhookWorld()
    owner = new pg.Client({ connectionString: world.ownerUrl })
    await owner.connect()
  })
  after(async () => {
    await owner.end()
    await world.close()
  })

  /** Events of long ago, with a delivery and a try each. */
  async function addHistory(merchant: string, endpoint: string, count: number): Promise<void> {
    const numbered = 'select $1, lpad(n::text, 26, $2) as digits from generate_series(1, $3::integer) n'
    const values = [merchant, '0', count]
    await owner.query('alter table events disable trigger events_are_delivered')
    await owner.query(
      `insert into events (merchant_id, id, type, object_id, sequence, body)
       select $1, 'evt_' || digits, 'charge.captured', 'ch_' || digits, 1, '{}' from (${numbered}) made`,
      values,
    )
    await owner.query('alter table events enable trigger events_are_delivered')
    await owner.query(
      `insert into webhook_deliveries (merchant_id, id, endpoint_id, event_id, state, tries)
       select $1, 'del_' || digits || '_' || substr($4, 5), $4, 'evt_' || digits, 'delivered', 1 from (${numbered}) made`,
      [...values, endpoint],
    )
    await owner.query(
      `insert into webhook_tries (merchant_id, delivery_id, id, url, tried_at, took_ms, status, answer_is_cut)
       select merchant_id, id, 'try_' || substr(id, 5, 26), 'https://shop.example', now(), 5, 200, false
       from webhook_deliveries where endpoint_id = $1`,
      [endpoint],
    )
  }

  it('does not hold up its merchant’s events for as long as its history is', async () => {
    const merchant = await world.addMerchant()
    const { id: endpointId } = await world.addEndpoint(merchant, 'https://shop.example/goes')
    const { id: other } = await world.addEndpoint(merchant, 'https://shop.example/stays')
    await addHistory(merchant, endpointId, 10_001)
    await world.addEvent(merchant)
    await owner.query(`
      create table left_over (deliveries integer);
      grant insert on left_over to fincore_app;
      create function note_left_over() returns trigger language plpgsql as $$ begin
        insert into left_over select count(*) from webhook_deliveries where endpoint_id = old.id;
        return old;
      end $$;
      create trigger note_left_over before delete on webhook_endpoints for each row execute function note_left_over();`)
    const by = { keyId: 'key_1', origin: '192.0.2.1' }
    const deleted = await removeWebhookEndpoint(world, { merchantId: merchant, endpointId, by })
    assert.deepEqual(deleted, { object: 'webhook_endpoint', id: endpointId, deleted: true })
    const { rows } = await owner.query('select deliveries from left_over')
    assert.deepEqual(rows, [{ deliveries: 0 }], 'while its row is locked, nothing is left to delete')
    assert.deepEqual(await world.deliveriesOf(endpointId), [])
    assert.equal((await world.deliveriesOf(other)).length, 1)
    const { rows: kept } = await owner.query('select count(*)::integer as count from events')
    assert.deepEqual(kept, [{ count: 10_002 }])
  })
})
