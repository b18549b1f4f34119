import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { handOver } from '../../jobs/hand-over.ts'
import { type Job, runEvery } from '../../jobs/run-every.ts'
import { describeError } from '../../log.ts'
import type { ValueOf } from '../../observability/labels.ts'
import type { Tell } from '../../observability/tracing.ts'
import { watchBatch } from '../../observability/watch-batch.ts'
import { createBatcher } from '../../store/batcher.ts'
import { objectOfEvent } from '../../store/events.ts'
import {
  type ClaimedDelivery,
  cancelWaitingDeliveries,
  claimDueDeliveries,
  handBackDelivery,
} from '../../store/webhook-deliveries.ts'
import { recordTries, type TryResult } from '../../store/webhook-tries.ts'
import type { Resolve } from '../../webhook-addresses/checked-lookup.ts'
import { disableEndpoint } from '../endpoint-health/disable-endpoint.ts'
import { createDeliveryPlaces, placeBounds } from './delivery-places.ts'
import type { TryOutcome } from './endpoint-pace.ts'
import { nextTryDelayMs, readRetryAfterMs } from './schedule.ts'
import { createWebhookSender, type SendResult } from './send-webhook.ts'
import { signWebhook } from './sign-webhook.ts'

const pollMs = 250
/** A little longer than a try can take; after it another process may take the delivery, so a crash costs no more. */
const leaseMs = 20_000
/** How long stopping waits at most for tries that are under way; those left are cut off, and another process sends them. */
const stopWithinMs = 8_000
/** What is told of an endpoint when a try ended by a fault of this process's, or with it. */
const failedHere: TryOutcome = { failed: true, tookMs: 0 }

export type OutboxDeps = Pick<Deps, 'pool' | 'vault' | 'config' | 'log' | 'now' | 'metrics' | 'tracing'>
/** What tests change: names resolve elsewhere, and nobody waits 15 s. */
export type OutboxOptions = { resolve?: Resolve; timeoutMs?: number }

/**
 * Delivers events to merchants: takes due rows of webhook_deliveries, signs and posts them, and records what came of
 * it. Any number of processes may run one; a row is sent at least once, whatever dies.
 */
export function startOutbox(deps: OutboxDeps, options: OutboxOptions = {}): Job {
  const policy = { allowLoopback: deps.config.allowLoopbackWebhooks }
  // The places bound each endpoint already. Many endpoints may share one origin, and one of them must not hold up the
  // others, so an origin has as many connections as there are places.
  const sender = createWebhookSender(policy, { ...options, connectionsPerOrigin: placeBounds.total })
  const places = createDeliveryPlaces()
  const underWay = new Set<Promise<void>>()
  let isStopping = false
  const stopping = new AbortController()
  const cutOff: ClaimedDelivery[] = []
  const records = createBatcher<TryResult, undefined>(
    async (results) => {
      await recordTries(deps.pool, results)
      return results.map(() => undefined)
    },
    {},
    watchBatch(deps.metrics, 'webhook_tries'),
  )

  const deliver = async (delivery: ClaimedDelivery, tell: Tell): Promise<TryOutcome> => {
    const triedAt = deps.now()
    const headers = await sign(deps, delivery, triedAt)
    const begunAt = performance.now()
    const sent = await sender.send(delivery.url, headers, delivery.body, stopping.signal)
    // Cut off by our own end: whether it arrived is not known, so another process sends it again. An answer is one, however late.
    if (stopping.signal.aborted && 'error' in sent) {
      cutOff.push(delivery)
      return failedHere
    }
    const tookMs = Math.round(performance.now() - begunAt)
    const result = judge(deps, { id: newId('webhookTry'), delivery, triedAt, tookMs }, sent)
    tell('error' in sent ? { 'error.type': sent.error } : { 'http.response.status_code': sent.status })
    deps.metrics.count('fincore_webhook_tries_total', { result: resultOf(sent) })
    deps.metrics.observe('fincore_webhook_try_duration_seconds', {}, tookMs / 1_000)
    await records.submit(result)
    // 410 Gone: the receiver asks for no more (Standard Webhooks). The merchant enables the endpoint again when it wants.
    if ('status' in sent && sent.status === 410) {
      const { merchantId, endpointId: id, url } = delivery
      if (await disableEndpoint(deps, { merchantId, id, url, reason: 'gone' })) job.wake()
    }
    return { failed: !result.delivered, tookMs }
  }
  const start = (delivery: ClaimedDelivery): void => {
    places.take(delivery)
    const { eventId, endpointId, tries, body } = delivery
    const ids = { 'fincore.event': eventId, 'fincore.webhook_endpoint': endpointId, 'fincore.try': tries + 1 }
    const objectId = deps.tracing.isOn ? objectOfEvent(body) : null
    const running: Promise<void> = deps.tracing
      .work('deliver the webhook', objectId, ids, (tell) => deliver(delivery, tell))
      .catch((error) => {
        deps.log.error('a webhook could not be delivered', { object: delivery.id, error: describeError(error) })
        return failedHere
      })
      .then((outcome) => {
        underWay.delete(running)
        if (places.giveBack(delivery, outcome)) job.wake()
      })
    underWay.add(running)
  }
  const handBack = (claimed: readonly ClaimedDelivery[]): Promise<void> =>
    handOver(claimed, (one) => handBackDelivery(deps.pool, one), 'outbox', deps.log)
  const job = runEvery(
    pollMs,
    'outbox',
    async () => {
      if (places.free() <= 0) return
      const limits = { ...placeBounds, total: places.free(), leaseMs }
      const claimed = await claimDueDeliveries(deps.pool, limits, places.offer())
      if (isStopping) return handBack(claimed)
      const disabled = new Map<string, ClaimedDelivery>()
      for (const delivery of claimed) {
        if (delivery.isEnabled) start(delivery)
        else disabled.set(delivery.endpointId, delivery)
      }
      places.endOffer()
      // After all others have started: what is cancelled can be much, or locked, and nobody's webhook waits for that.
      for (const { merchantId, endpointId } of disabled.values())
        await cancelWaitingDeliveries(deps.pool, merchantId, endpointId)
    },
    deps,
  )

  return {
    wake: job.wake,
    async stop(withinMs = stopWithinMs) {
      isStopping = true
      const limitMs = Math.min(withinMs, stopWithinMs)
      const abort = setTimeout(() => stopping.abort(), limitMs)
      await job.stop(limitMs)
      await Promise.all(underWay)
      clearTimeout(abort)
      await handBack(cutOff)
      await sender.close()
    },
  }
}

/** 1xx is no answer, and what lies beyond 5xx is a fault of the server's. */
function resultOf(sent: SendResult): ValueOf<'result'> {
  if ('error' in sent) return sent.error
  if (sent.status < 300) return 'delivered'
  return sent.status < 400 ? 'status_3xx' : sent.status < 500 ? 'status_4xx' : 'status_5xx'
}

async function sign(
  deps: OutboxDeps,
  { endpointId, eventId, secret, previousSecret, body }: ClaimedDelivery,
  at: Date,
): Promise<Record<string, string>> {
  await deps.vault.learnKeysOf(secret, previousSecret)
  const sealed = previousSecret === null ? [secret] : [secret, previousSecret]
  const secrets = sealed.map((one) => deps.vault.open(one, endpointId))
  return signWebhook(eventId, at, body, secrets)
}

type Try = { id: string; delivery: ClaimedDelivery; triedAt: Date; tookMs: number }

/** Only an answer of 2xx is a delivery; a redirect is not followed, because a signed event belongs to the signed address. */
function judge(deps: OutboxDeps, made: Try, sent: SendResult): TryResult {
  const status = 'status' in sent ? sent.status : null
  const known = { ...made, answer: 'answer' in sent ? sent.answer : null }
  if (status !== null && status >= 200 && status < 300) return { ...known, status, delivered: true }
  const tries = made.delivery.tries + 1
  const retryAfterMs = 'retryAfter' in sent ? readRetryAfterMs(sent.retryAfter, deps.now()) : null
  const error = 'error' in sent ? sent.error : `status_${sent.status}`
  return {
    ...known,
    status,
    delivered: false,
    error,
    retryAfterMs: status === 410 ? null : nextTryDelayMs(tries, retryAfterMs, Math.random()),
  }
}
