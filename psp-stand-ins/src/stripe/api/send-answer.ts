import type { FastifyReply } from 'fastify'
import { type HeldConnections, holdConnection } from '../../held-connections.ts'
import type { World } from '../world.ts'
import type { Ready } from './idempotency.ts'

/** Sends an answer the way its card's fault wants it: late, broken, or not at all. */
export async function sendAnswer(world: World, held: HeldConnections, reply: FastifyReply, ready: Ready) {
  const { timings } = world
  const sleep = (ms: number) => new Promise<void>((resolve) => world.later(ms, resolve))
  const socket = reply.raw.socket
  try {
    switch (ready.fault) {
      case 'timeout_before':
      case 'timeout_after':
        reply.hijack()
        if (socket) holdConnection(held, socket, timings.holdMs)
        return reply
      case 'reset_before':
      case 'reset_after':
        reply.hijack()
        socket?.destroy()
        return reply
      case 'slow_reply':
        await sleep(timings.slowReplyMs)
        break
      case 'webhook_before_reply':
        await Promise.race([ready.delivered, sleep(timings.webhookBeforeReplyMs)])
    }
  } finally {
    ready.finished()
  }
  if (ready.replayed) reply.header('idempotent-replayed', 'true')
  // Stripe's own libraries ask this header whether to try again; a 500 that is kept is not worth it.
  if (ready.status >= 500) reply.header('stripe-should-retry', 'false')
  const body = ready.fault === 'garbled_reply' ? `${ready.body.slice(0, 60)}\u0000<!--` : ready.body
  return reply.code(ready.status).type('application/json').send(body)
}
