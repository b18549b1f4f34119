import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Config } from '../config.ts'
import { createLog } from '../log.ts'
import { createManagementServer } from './management-server.ts'
import { createMetrics } from './metrics.ts'
import { createReadiness } from './readiness.ts'

it('tells a load balancer why a process should not be sent requests, and Prometheus all the same; it lives meanwhile', async (t) => {
  const readiness = createReadiness(() => Promise.reject(new Error('away')))
  const app = createManagementServer({
    config: { publicUrl: 'https://pay.example' } as Config,
    log: createLog('silent'),
    metrics: createMetrics(new Set(['worker'])),
    readiness,
  })
  t.after(() => app.close())
  const ask = async (url: string) => {
    const { statusCode, body, headers } = await app.inject(url)
    return [statusCode, body, headers['cache-control']]
  }
  assert.deepEqual(await ask('/health/ready'), [503, '{"status":"not_ready","reason":"database"}', 'no-store'])
  readiness.drain()
  assert.deepEqual(await ask('/health/ready'), [503, '{"status":"not_ready","reason":"draining"}', 'no-store'])
  assert.deepEqual(await ask('/health/live'), [200, '{"status":"ok"}', 'no-store'])
  const { statusCode, body, headers } = await app.inject('/metrics')
  assert.deepEqual([statusCode, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8'])
  assert.match(body, /fincore_http_requests_total\{door="management",route="GET \/health\/ready",status="5xx"\} 2/)
})
