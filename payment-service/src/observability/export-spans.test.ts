import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { newId } from '../ids.ts'
import { openTracing } from './open-tracing.ts'

const settings = { tracesSampleRatio: 1, environment: 'sandbox' } as const

it('a receiver that never answers keeps no work waiting, and a stop two seconds at most', async () => {
  let asked = 0
  const silent = createServer(() => {
    asked++
  })
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const tracesEndpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1/traces`
  const { tracing, stop } = await openTracing({ ...settings, tracesEndpoint })
  // More than fit into the queue.
  for (let count = 0; count < 4_200; count++)
    await tracing.work('deliver the webhook', newId('charge'), {}, async () => {})
  const stoppedAt = performance.now()
  await stop()
  const tookMs = performance.now() - stoppedAt
  assert.ok(asked > 0 && tookMs > 1_500 && tookMs < 4_000, `asked ${asked} times, stopped in ${tookMs} ms`)
  silent.closeAllConnections()
  silent.close()
})
