import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { newId } from '../ids.ts'
import { createWebhookWorld, type WebhookWorld } from '../webhooks/testing/webhook-world.ts'
import type { Queryable } from './pool.ts'
import { claimDueDeliveries } from './webhook-deliveries.ts'
import { recordTries } from './webhook-tries.ts'

let world: WebhookWorld
let owner: pg.Pool
before(async () => {
  world = await createWebhookWorld()
  owner = new pg.Pool({ connectionString: world.ownerUrl, max: 1 })
})
after(async () => {
  await owner.end()
  await world.close()
})

type Plan = { Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }

/** Runs a statement, and tells how many pages of tables and indexes it looked at. */
async function pagesOf(send: (db: Queryable) => Promise<unknown>): Promise<number> {
  let pages = 0
  const query = async (statement: string | { text: string; values: unknown[] }, listed?: unknown[]) => {
    const { text, values } = typeof statement === 'string' ? { text: statement, values: listed } : statement
    const { rows } = await owner.query<{ 'QUERY PLAN': Plan[] }>(
      `explain (analyze, buffers, format json) ${text}`,
      values,
    )
    const plan = rows[0]?.['QUERY PLAN'][0]?.Plan
    pages = (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0)
    return { rows: [] }
  }
  await send({ query } as unknown as Queryable)
  return pages
}

describe('the statements of the outbox', { concurrency: false }, () => {
  it('look at what they take, not at what its merchant has, also where PostgreSQL has analysed nothing yet', async () => {
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, 'https://shop.example')
    await world.addEvents(merchant, 3_000)
    await owner.query(`update webhook_deliveries set next_try_at = now() + interval '20 seconds'`)
    await owner.query(`update webhook_deliveries set state = 'delivered', next_try_at = null`)
    await world.addEvents(merchant, 300)

    const limits = { total: 256, perMerchant: 64, leaseMs: 60_000 }
    const here = { ofEndpoints: new Map([[id, { places: 12, taken: 0 }]]), takenOfMerchants: new Map() }
    const claimPages = await pagesOf((db) => claimDueDeliveries(db, limits, here))
    const claimed = await claimDueDeliveries(world.pool, limits, here)
    assert.equal(claimed.length, 12)
    const recordPages = await pagesOf((db) =>
      recordTries(
        db,
        claimed.map((delivery) => ({
          id: newId('webhookTry'),
          delivery,
          triedAt: new Date(),
          tookMs: 5,
          answer: null,
          status: 200,
          delivered: true,
        })),
      ),
    )
    const each = { claim: claimPages / 12, record: recordPages / 12 }
    assert.ok(each.claim > 1 && each.claim < 60 && each.record > 1 && each.record < 60, JSON.stringify(each))
  })
})
