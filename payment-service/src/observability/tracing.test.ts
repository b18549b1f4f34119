import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hexOfId, idOfRequest, newId } from '../ids.ts'
import { isSampled, newTraceId, readTraceparent, rootSpanIdOf, traceIdOf } from './trace-ids.ts'
import { type Attributes, allowAttributes, attributeTable } from './trace-table.ts'
import { createTracing, type FinishedSpan, noTracing } from './tracing.ts'

function trace(ratio = 1) {
  const spans: FinishedSpan[] = []
  return { spans, tracing: createTracing(ratio, (span) => spans.push(span)) }
}
const namesOf = (spans: FinishedSpan[]) => spans.map(({ name }) => name)

describe('the ids of traces', () => {
  it('are those of the request, and of what it makes', () => {
    const request = newId('request')
    const charge = idOfRequest('charge', request, new Date())
    assert.match(charge, /^ch_[0-9a-hjkmnp-tv-z]{26}$/)
    assert.equal(traceIdOf(charge), traceIdOf(request))
    // A UUIDv7, as RFC 9562 has it.
    assert.match(traceIdOf(request), /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    assert.equal(hexOfId('req_7zzzzzzzzzzzzzzzzzzzzzzzzz'), 'f'.repeat(32))
    assert.equal(rootSpanIdOf(traceIdOf(charge)), traceIdOf(charge).slice(16))
  })

  it('are new where there is no request of this time', () => {
    const request = newId('request')
    for (const given of [undefined, 'req', 'req_1', `ch_${request.slice(4)}`, `req_${'i'.repeat(26)}`])
      assert.match(idOfRequest('charge', given, new Date()), /^ch_[0-9a-hjkmnp-tv-z]{26}$/)
    assert.notEqual(idOfRequest('charge', request, new Date(Date.now() + 3_600_000)).slice(3), request.slice(4))
  })

  it('say of one trace the same in every process, and keep the part that is asked for', () => {
    const ids = Array.from({ length: 4_000 }, newTraceId)
    const kept = ids.filter((id) => isSampled(id, 0.25)).length
    assert.ok(kept > 850 && kept < 1_150, `${kept} of 4,000`)
    assert.equal(ids.filter((id) => isSampled(id, 1)).length, 4_000)
    assert.equal(ids.filter((id) => isSampled(id, 0)).length, 0)
  })

  it('are taken of a traceparent that is one, and can be no card number', () => {
    const of = (traceId: string, spanId: string) => readTraceparent(`00-${traceId}-${spanId}-01`)
    const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
    assert.deepEqual(of(traceId, spanId), { traceId, spanId })
    const none = ['0'.repeat(32), '4242424242424242'.padStart(32, 'a'), '4bf92f3577b34da6a3ce424242424242']
    for (const wrong of none) assert.equal(of(wrong, '4242424242a902b7'), null, wrong)
    for (const wrong of [undefined, '', '00-x', ['a', 'b']]) assert.equal(readTraceparent(wrong), null)
  })
})

describe('what a span says', () => {
  it('is of its table and its form, whatever the code that tells it believes', () => {
    const told = {
      'fincore.request': newId('request'),
      'fincore.outcome': 'declined',
      'http.route': '/v1/charges/:id',
      'fincore.batch_size': 12,
    }
    assert.deepEqual(allowAttributes(told), told)
    const texts = [
      '4242424242424242',
      'Ms Miller',
      'a@b.example',
      'https://shop.example/?card=4242',
      '{"number":"4242"}',
    ]
    for (const name of Object.keys(attributeTable))
      for (const text of texts)
        assert.deepEqual(allowAttributes({ [name]: text } as Attributes), {}, `${name}: ${text}`)
    assert.deepEqual(allowAttributes({ 'card.number': '1' } as Attributes), {})
    assert.deepEqual(allowAttributes({ 'error.type': null, 'fincore.try': undefined }), {})
  })

  it('of an error is its name or code, never its message', async () => {
    const { spans, tracing } = trace()
    const fail = () => Promise.reject(Object.assign(new Error('card 4242424242424242'), { code: 'ECONNRESET' }))
    await assert.rejects(tracing.work('look up the attempt', newId('charge'), {}, fail), /4242/)
    assert.deepEqual([spans[0]?.isFailed, spans[0]?.attributes['error.type']], [true, 'ECONNRESET'])
    assert.ok(!JSON.stringify(spans).includes('4242'))
  })
})

describe('work that is traced', () => {
  it('is below the object’s own request, with its parts below it', async () => {
    const { spans, tracing } = trace()
    const charge = newId('charge')
    await tracing.work('deliver the webhook', charge, { 'fincore.try': 1 }, (tell) =>
      tracing.part('call the PSP', {}, async () => tell({ 'http.response.status_code': 204 })),
    )
    const [part, work] = spans
    assert.deepEqual(namesOf(spans), ['call the PSP', 'deliver the webhook'])
    assert.deepEqual([part?.traceId, part?.parentId], [traceIdOf(charge), work?.spanId])
    assert.deepEqual([work?.traceId, work?.parentId], [traceIdOf(charge), rootSpanIdOf(traceIdOf(charge))])
    assert.deepEqual(work?.attributes, { 'fincore.try': 1, 'http.response.status_code': 204, 'fincore.object': charge })
    assert.ok(work && part && work.beganAt <= part.beganAt && part.endedAt <= work.endedAt)
    assert.ok(Math.abs(work.endedAt - Date.now()) < 1_000)
  })

  it('joins the trace of what it turns out to be about, and takes what it did before along', async () => {
    const { spans, tracing } = trace()
    const charge = newId('charge')
    await tracing.work('apply the PSP’s event', null, {}, async () => {
      await tracing.part('call the PSP', {}, async () => {})
      tracing.about(charge)
      tracing.about(newId('charge'))
      await tracing.part('write the outcome', {}, async () => {})
    })
    assert.equal(spans.length, 3)
    assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([traceIdOf(charge)]))
    assert.equal(spans.find(({ name }) => name === 'apply the PSP’s event')?.attributes['fincore.object'], charge)
  })

  it('that is about nothing known has a trace of its own', async () => {
    const { spans, tracing } = trace()
    await tracing.work('apply the PSP’s event', null, {}, async () => {
      tracing.about(null)
      await tracing.part('call the PSP', {}, async () => {})
    })
    const [part, work] = spans.sort((a, b) => Number(a.parentId === null) - Number(b.parentId === null))
    assert.deepEqual([work?.parentId, part?.parentId, part?.traceId], [null, work?.spanId, work?.traceId])
  })

  it('side by side does not mix', async () => {
    const { spans, tracing } = trace()
    const charges = Array.from({ length: 20 }, () => newId('charge'))
    await Promise.all(
      charges.map((charge) =>
        tracing.work('look up the attempt', charge, {}, async () => {
          await new Promise(setImmediate)
          await tracing.part('call the PSP', { 'fincore.attempt': charge }, async () => {})
        }),
      ),
    )
    for (const { traceId, attributes } of spans.filter(({ name }) => name === 'call the PSP'))
      assert.equal(traceId, traceIdOf(String(attributes['fincore.attempt'])))
  })

  it('leaves nothing of a trace that is not kept, and of one that is, all', async () => {
    const { spans, tracing } = trace(0.5)
    for (let count = 0; count < 200; count++) {
      const request = newId('request')
      const span = tracing.request(request, null, performance.now(), [])
      await span?.run(() => tracing.part('write the intent', {}, async () => {}))
      await tracing.work('deliver the webhook', idOfRequest('charge', request, new Date()), {}, () =>
        tracing.part('call the PSP', {}, async () => {}),
      )
      tracing.tellRelayed(request, 'send the card', { endedAt: performance.now(), lastedMs: 1 }, {})
      span?.end({ 'http.request.method': 'POST', 'http.route': '/v1/charges' }, false)
    }
    const traces = [...Map.groupBy(spans, ({ traceId }) => traceId).values()]
    assert.ok(traces.length > 50 && traces.length < 150, `${traces.length} of 200`)
    for (const ofOne of traces) assert.equal(ofOne.length, 5)
  })

  it('is just done where nothing above it is traced, and where tracing is off', async () => {
    const { spans, tracing } = trace()
    assert.equal(await tracing.part('call the PSP', {}, async () => 'done'), 'done')
    assert.equal(await noTracing.work('call the PSP', newId('charge'), {}, async () => 'done'), 'done')
    assert.deepEqual(spans, [])
  })
})
