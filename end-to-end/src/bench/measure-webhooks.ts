import { setTimeout as sleep } from 'node:timers/promises'
import { addEvents } from '@fincore/payment-service/webhooks/testing/add-events'
import type { BenchWorld } from './bench-world.ts'

/** Of one worker and one endpoint, per delivery unless it says otherwise. */
export type WebhookFigures = {
  /** How long the endpoint takes for its answer, in ms. */
  answersAfterMs: number
  deliveries: number
  perSecond: number
  /** How many the endpoint had at once, at most. */
  mostAtOnce: number
  /** In ms. */
  cpu: { worker: number; PostgreSQL: number }
  commits: number
}

const warmUpDeliveries = 500
const settlesWithinMs = 300_000
const asLongAsACharge = { description: 'x'.repeat(1_000) }

/** Writes so many events of one merchant in one transaction, and waits until its endpoint has them all. */
export async function measureWebhooks(
  world: BenchWorld,
  options: { deliveries: number; answersAfterMs: number },
): Promise<WebhookFigures> {
  const { deliveries, answersAfterMs } = options
  world.receiver.answerAfter(answersAfterMs)
  await deliver(world, warmUpDeliveries)
  // PostgreSQL's own counters come up to a second late.
  await sleep(1_200)
  const before = await look(world)
  world.receiver.resetMost()
  const seconds = await deliver(world, deliveries)
  await sleep(1_200)
  const after = await look(world)
  const each = (of: (looked: typeof after) => number) => (of(after) - of(before)) / deliveries
  return {
    answersAfterMs,
    deliveries,
    perSecond: deliveries / seconds,
    mostAtOnce: world.receiver.most(),
    cpu: { worker: each(({ cpu }) => cpu.worker), PostgreSQL: each(({ cpu }) => cpu.PostgreSQL) },
    commits: each(({ commits }) => commits),
  }
}

/** @returns the seconds until all were delivered. */
async function deliver({ database, merchant }: BenchWorld, howMany: number): Promise<number> {
  await addEvents(database, merchant.merchant, howMany, asLongAsACharge)
  const begunAt = performance.now()
  for (;;) {
    const { rows } = await database.query(`select 1 from webhook_deliveries where state = 'pending' limit 1`)
    const tookMs = performance.now() - begunAt
    if (rows.length === 0) return tookMs / 1_000
    if (tookMs > settlesWithinMs) throw new Error('The webhooks were not delivered within five minutes')
    await sleep(50)
  }
}

async function look({ database, cpu }: BenchWorld) {
  const { rows } = await database.query<{ commits: string }>(
    'select xact_commit as commits from pg_stat_database where datname = current_database()',
  )
  return { cpu: cpu(), commits: Number(rows[0]?.commits) }
}
