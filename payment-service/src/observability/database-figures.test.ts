import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createLog } from '../log.ts'
import type { Figures } from '../store/figures.ts'
import { tellFigures } from './database-figures.ts'
import { createMetrics } from './metrics.ts'

const none = { count: 0, oldest: 0 }
const figures: Figures = {
  inDoubt: { psp: { count: 3, oldest: 61 }, shopper: none },
  pspEvents: { due: none, held: none, flagged: none },
  deliveries: { pending: 2, oldestDue: 0 },
  endpointsFailing: 0,
  findings: [{ class: 'amount_differs', count: 1 }],
  reconciliationBehind: 0,
  notices: [],
  grants: { inForce: 0, within7: 0, within30: 0, within60: 0, nextEndDays: null },
  cardTestingBlocks: 0,
  auditSealLag: 0,
  databaseBytes: 8_000_000,
}

it('asks the database once in 15 s however often it is read, and does not tell for now what is older than a minute', async () => {
  let time = 0
  let asked = 0
  let isAway = false
  const metrics = createMetrics(new Set(['worker']))
  const read = async () => {
    asked++
    if (isAway) throw new Error('the database is away')
    return figures
  }
  tellFigures({ metrics, log: createLog('silent') }, read, () => time)
  const at = async (seconds: number) => {
    time = seconds * 1_000
    return metrics.render()
  }
  const inDoubt = /^fincore_attempts_in_doubt\{waits_for="psp"\} 3$/m
  const first = await at(0)
  assert.match(first, inDoubt)
  assert.match(first, /^fincore_reconciliation_findings_open\{class="amount_differs"\} 1$/m)
  assert.doesNotMatch(first, /^fincore_raw_card_grant_next_end_days /m, 'no grant, no day')
  await at(14)
  assert.equal(asked, 1)
  await at(15)
  assert.equal(asked, 2)

  isAway = true
  assert.match(await at(40), inDoubt)
  const late = await at(76)
  assert.doesNotMatch(late, /^fincore_attempts_in_doubt\{/m)
  assert.match(late, /^fincore_database_figures_age_seconds 61$/m)
  isAway = false
  assert.match(await at(77), inDoubt)
})

it('waits for a database that hangs no longer than a scrape may', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const metrics = createMetrics(new Set(['worker']))
  tellFigures({ metrics, log: createLog('silent') }, () => new Promise(() => {}))
  const scrape = metrics.render()
  t.mock.timers.tick(3_000)
  assert.match(await scrape, /^fincore_database_figures_age_seconds /m)
})
