import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Role } from '../config.ts'
import { createLabelGate, type LabelName, labelTable, mostValues } from './labels.ts'
import { createMetrics } from './metrics.ts'
import { type MetricRow, metricsTable } from './metrics-table.ts'

const rows = Object.entries(metricsTable) as [string, MetricRow][]
const number = '4111111111111111'

describe('the table of metrics', () => {
  it('keeps to Prometheus’s names: units at the end, `_total` for counters alone, buckets for histograms alone', () => {
    for (const [name, { type, unit, buckets }] of rows) {
      assert.equal(/_total$/.test(name), type === 'counter', name)
      assert.equal(buckets !== undefined, type === 'histogram', name)
      assert.deepEqual(
        buckets,
        buckets?.toSorted((one, other) => one - other),
        name,
      )
      if (unit === 'seconds' || unit === 'bytes' || unit === 'days')
        assert.match(name, new RegExp(`_${unit}(_total)?$`))
    }
  })

  it('uses every label, and no process can have more than 60,000 series', () => {
    assert.deepEqual([...new Set(rows.flatMap(([, { labels }]) => labels))].sort(), Object.keys(labelTable).sort())
    // A histogram has a series for each bucket, and three more. A PSP account has one PSP.
    const seriesOf = ({ labels, buckets = [], type }: MetricRow) =>
      labels
        .filter((label) => label !== 'psp')
        .reduce((product, label) => product * mostValues(label), type === 'histogram' ? buckets.length + 3 : 1)
    const total = rows.reduce((sum, [, row]) => sum + seriesOf(row), 0)
    assert.ok(total < 60_000, `${total} series`)
  })
})

describe('a label', () => {
  it('of a closed set has its values alone, and of an open one its form and so many values', () => {
    const admit = createLabelGate()
    for (const name of Object.keys(labelTable) as LabelName[])
      for (const text of [number, `route ${number}`, `"} evil{x="`, '', 'ch_1\n'])
        assert.equal(admit(name, text), 'other', `${name}: ${text}`)
    assert.equal(admit('outcome', 'approved'), 'approved')
    const account = (index: number) => `pspa_${String(index).padStart(26, '0')}`
    const seen = new Set(Array.from({ length: 150 }, (_, index) => admit('psp_account', account(index))))
    assert.equal(seen.size, 101)
    assert.ok(seen.has('other') && seen.has(account(99)) && !seen.has(account(100)))
    assert.equal(admit('psp_account', account(7)), account(7), 'whoever was first stays')
  })
})

describe('what a process tells', () => {
  const render = async (role: Role) => {
    const metrics = createMetrics(new Set([role]))
    return metrics.render()
  }

  it('holds rare counters from the start, at 0, so that their first event is growth', async () => {
    const text = await render('api')
    assert.match(text, /^fincore_audit_incidents_total\{incident="card_data\.send"\} 0$/m)
    assert.match(text, /^fincore_http_requests_shed_total\{kind="merchant"\} 0$/m)
    assert.doesNotMatch(await render('worker'), /^fincore_http_requests_shed_total/m)
  })

  it('sums what shares `other`, and forgets what is no longer told', async () => {
    const metrics = createMetrics(new Set(['api']))
    let accounts = Array.from({ length: 103 }, (_, index) => `pspa_${String(index).padStart(26, '0')}`)
    metrics.read('fincore_psp_places_in_use', () =>
      accounts.map((psp_account) => ({ labels: { psp_account, way: 'ours' }, value: 2 })),
    )
    assert.match(await metrics.render(), /^fincore_psp_places_in_use\{psp_account="other",way="ours"\} 6$/m)
    accounts = accounts.slice(0, 1)
    const text = await metrics.render()
    assert.equal(text.match(/^fincore_psp_places_in_use\{/gm)?.length, 1)
  })
})
