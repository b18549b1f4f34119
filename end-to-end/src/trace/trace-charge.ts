import assert from 'node:assert/strict'
import type { TraceSpan } from '@fincore/dev/diagrams/draw-trace'
import { cardCharge, eventually, type World } from '../world.ts'
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.ts'
import { treeOf } from './trace-tree.ts'

/** What comes after the answer: the PSP's own webhook, and the merchant's. */
const lastSpans = ['apply the PSP’s event', 'deliver the webhook']

/**
 * Sends one raw-card charge through a system that was just started, so that everything is asked for the first time, and
 * waits until its trace is whole.
 */
export async function traceCharge(
  world: World,
  receiver: OtlpReceiver,
  number: string,
): Promise<{ tree: TraceSpan[]; spans: ReceivedSpan[]; charge: string; serverTiming: string }> {
  const answer = await world.relay(cardCharge(number))
  assert.equal(answer.status, 201, answer.text)
  const request = String(answer.headers['x-request-id'])
  const spans = await eventually('the whole trace', async () => {
    const traceId = receiver.spans().find(({ attributes }) => attributes['fincore.request'] === request)?.traceId
    const ofTrace = receiver.spans().filter((span) => span.traceId === traceId)
    const isWhole = lastSpans.every((name) => ofTrace.some((span) => span.name === name))
    return isWhole ? ofTrace : null
  })
  return {
    spans,
    tree: treeOf(spans),
    charge: String(answer.body.id),
    serverTiming: String(answer.headers['server-timing']),
  }
}
