import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createWebhookWorld, type WebhookWorld } from '../webhooks/testing/webhook-world.ts'
import { forgetOldBlocks, forgetOldNotices } from './forget.ts'

describe('what is forgotten after a year', () => {
  let world: WebhookWorld
  let merchant: string
  before(async () => {
    world = await createWebhookWorld()
    merchant = await world.addMerchant()
  })
  after(() => world.close())

  const left = async (table: string) => {
    const { rows } = await world.pool.query<{ id: string }>(`select id from ${table} order by id`)
    return rows.map(({ id }) => id)
  }

  it('is a notice that was acknowledged, and none that still waits for somebody', async () => {
    const add = (id: string, acknowledged: string | null) =>
      world.pool.query(
        `insert into notices (merchant_id, id, kind, object_id, subject, body, created_at, acknowledged_by, acknowledged_at)
         values ($1, $2, 'webhook_endpoint_failing', 'whe_1', 'It fails', 'It fails.', now() - interval '3 years',
           case when $3::text is not null then 'ada' end, now() - $3::interval)`,
        [merchant, id, acknowledged],
      )
    await add('ntc_1', '367 days')
    await add('ntc_2', '364 days')
    await add('ntc_3', null)
    assert.equal(await forgetOldNotices(world.pool), 1)
    assert.deepEqual(await left('notices'), ['ntc_2', 'ntc_3'])
  })

  it('is a block of card testing that ended or was lifted, and none that holds', async () => {
    const add = (id: string, since: string, until: string, isLifted = false) =>
      world.pool.query(
        `insert into card_testing_blocks
           (merchant_id, id, rule, subject, value, figures, since, until, lifted_at, lifted_by, lift_reason)
         values ($1, $2, 'flow_declines', 'flow', 'token', '{}', now() - $3::interval, now() - $4::interval,
           case when $5 then now() end, case when $5 then 'ada' end, case when $5 then 'A test.' end)`,
        [merchant, id, since, until, isLifted],
      )
    await add('ctb_1', '368 days', '367 days')
    await add('ctb_2', '368 days', '367 days', true)
    await add('ctb_3', '365 days', '364 days')
    await add('ctb_4', '368 days', '-1 hour')
    assert.equal(await forgetOldBlocks(world.pool), 2)
    assert.deepEqual(await left('card_testing_blocks'), ['ctb_3', 'ctb_4'])
  })
})
