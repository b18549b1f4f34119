import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createLabelGate, type LabelName } from '@fincore/payment-service/observability/labels'
import { type MetricRow, metricsTable } from '@fincore/payment-service/observability/metrics-table'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import { findTraces, groupNumber, makeCanary } from './card-traces.ts'
import { cardCharge, eventually, tokenCharge, useWorld, type World } from './world.ts'

const rows = metricsTable as Record<string, MetricRow>

describe('the metrics of a running service', () => {
  let world: World
  before(async () => {
    world = await useWorld()
  })
  after(() => world.close())

  const scrape = async () => (await world.http.send('GET', `${world.fincore.dev.management}/metrics`)).text
  /** The value of the series that have all of these labels, in sum. */
  const sumOf = (text: string, name: string, labels: Record<string, string> = {}): number =>
    [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)]
      .filter(
        ([, its, of = '']) =>
          its === name && Object.entries(labels).every(([key, is]) => of.includes(`${key}="${is}"`)),
      )
      .reduce((sum, [, , , value]) => sum + Number(value), 0)

  it('tell of a payment what it was at each door, at the PSP, in the database and at the merchant', async () => {
    const account = String(world.fincore.dev.psp_account)
    const before = await scrape()
    const grown = (text: string, name: string, labels: Record<string, string> = {}) =>
      sumOf(text, name, labels) - sumOf(before, name, labels)
    const made = await world.api(
      'POST',
      '/v1/charges',
      tokenCharge(await world.token(magicCardNumber('visa')), { capture_method: 'manual' }),
    )
    await world.api('POST', `/v1/charges/${made.body.id}/capture`, {})
    await world.api('POST', `/v1/charges/${made.body.id}/capture`, {})
    await world.relay(cardCharge(magicCardNumber('visa')))
    const at = { psp: 'sandbox', psp_account: account }
    const text = await eventually('its webhook', async () => {
      const text = await scrape()
      return grown(text, 'fincore_webhook_tries_total', { result: 'delivered' }) >= 2 ? text : null
    })
    const told: [name: string, labels: Record<string, string>][] = [
      ['fincore_http_requests_total', { door: 'api', route: 'POST /v1/charges', status: '2xx' }],
      ['fincore_http_requests_total', { door: 'api', route: 'POST /v1/charges/:id/capture', status: '4xx' }],
      ['fincore_http_request_duration_seconds_count', { door: 'internal', route: 'POST /internal/card_charges' }],
      ['fincore_http_refusals_total', { door: 'api', code: 'charge_not_capturable' }],
      ['fincore_psp_call_duration_seconds_count', { ...at, operation: 'authorize', way: 'ours' }],
      ['fincore_psp_call_duration_seconds_count', { ...at, operation: 'authorize', way: 'relayed' }],
      ['fincore_psp_call_duration_seconds_count', { ...at, operation: 'capture', way: 'ours' }],
      ['fincore_psp_replies_total', { ...at, way: 'relayed', reply: '2xx' }],
      ['fincore_psp_outcomes_total', { ...at, operation: 'capture', outcome: 'approved' }],
      ['fincore_database_batch_items_count', { batch: 'intents' }],
      ['fincore_database_batch_items_count', { batch: 'audited_intents' }],
      ['fincore_webhook_try_duration_seconds_count', {}],
      ['fincore_job_round_duration_seconds_count', { task: 'outbox' }],
    ]
    for (const [name, labels] of told) assert.ok(grown(text, name, labels) >= 1, `${name} ${JSON.stringify(labels)}`)
    assert.ok(grown(text, 'fincore_psp_outcomes_total', { ...at, operation: 'authorize', outcome: 'approved' }) >= 2)
    assert.equal(sumOf(text, 'fincore_psp_breaker_open', { psp_account: account }), 0)
    assert.equal(sumOf(text, 'fincore_ready'), 1)
    assert.equal(sumOf(text, 'fincore_raw_card_grants_in_force') >= 1, true)
    assert.ok(sumOf(text, 'fincore_database_size_bytes') > 1_000_000)
    assert.ok(sumOf(text, 'process_resident_memory_bytes') > 10_000_000)
  })

  it('hold no card number, wherever in a request one was, and nothing else that a request can make up', async (t) => {
    const canary = (n: number) => makeCanary(700 + n)
    const { dev } = world.fincore
    const body = tokenCharge('tok_x', { metadata: { note: canary(1) }, description: groupNumber(canary(2)) })
    await world.api('POST', '/v1/charges', body, { headers: { 'idempotency-key': canary(3), 'user-agent': canary(4) } })
    await world.api('POST', '/v1/charges', tokenCharge('tok_y'), { headers: { 'idempotency-key': canary(5) } })
    await world.api('GET', `/v1/charges/${canary(6)}?limit=${canary(7)}`, undefined)
    await world.api('GET', `/${canary(8)}`, undefined)
    await world.api('GET', '/v1/charges', undefined, { bearer: `sk_test_${canary(9)}` })
    await world.api('POST', `/v1/psp_webhooks/pspa_${canary(10)}`, { n: canary(11) })
    await world.api('POST', `/v1/psp_webhooks/${dev.psp_account}`, { n: canary(12) })
    await world.api('GET', `/s/${canary(13)}`, undefined)
    await world.api('GET', `/admin/v1/merchants/${canary(14)}`, undefined, {
      at: dev.admin,
      bearer: canary(15).repeat(2),
    })
    await world.api('GET', `/metrics/${canary(16)}?x=${canary(17)}`, undefined, { at: dev.management })
    await world.relay(cardCharge(canary(18), { description: canary(19) }))
    await world.relay(cardCharge(canary(20)), { headers: { 'idempotency-key': `k-${canary(21)}` } })
    const text = await scrape()
    assert.deepEqual(findTraces(text), [])

    const admit = createLabelGate()
    for (const [, series = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
      const name = series in rows ? series : series.replace(/_(bucket|sum|count)$/, '')
      assert.ok(name in rows, `${series} is in the table`)
      for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
        if (label === 'le') continue
        assert.ok(rows[name]?.labels.includes(label as LabelName), `${name} has ${label}`)
        assert.equal(value === 'other' ? value : admit(label as LabelName, value), value, `${name} ${label}`)
      }
    }
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
    t.diagnostic(`${series} series`)
    assert.ok(series < 10_000, `${series} series`)
  })

  it('stand beside what says whether the process lives, and should be sent requests', async () => {
    const { api, admin, management } = world.fincore.dev
    for (const door of [api, admin, management])
      for (const path of ['/health/live', '/health/ready']) {
        const answer = await world.http.send('GET', `${door}${path}`)
        assert.deepEqual([answer.status, answer.text], [200, '{"status":"ok"}'], `${door}${path}`)
      }
  })
})
