import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { holdConnection } from '../../held-connections.ts'
import { AdyenError } from '../adyen-error.ts'
import type { World } from '../world.ts'
import type { Result } from './operation.ts'
import { renderError } from './render-error.ts'

/** Sends an answer the way its card's fault wants it: late, broken, or not at all. `undefined` when nothing is to be sent. */
export async function sendAnswer(world: World, reply: FastifyReply, result: Result): Promise<string | undefined> {
  const fault = 'lost' in result ? result.lost : result.fault
  const socket = reply.raw.socket
  if (fault === 'reset_before' || fault === 'reset_after') {
    reply.hijack()
    socket?.destroy()
    return undefined
  }
  if (fault === 'timeout_before' || fault === 'timeout_after') {
    reply.hijack()
    if (socket) holdConnection(world.held, socket, world.timings.holdMs)
    return undefined
  }
  if ('lost' in result) return undefined
  if (fault === 'slow_reply') await sleep(world.timings.slowReplyMs)
  if (fault === 'webhook_before_reply')
    await Promise.race([result.told, sleep(world.timings.webhookBeforeReplyMs, undefined, { ref: false })])
  reply.type('application/json; charset=utf-8')
  if (fault === 'server_error_after') {
    reply.code(500)
    return JSON.stringify(renderError(new AdyenError('internal')))
  }
  if (result.pspReference) reply.header('pspreference', result.pspReference)
  reply.code(result.status)
  const text = JSON.stringify(result.body)
  return fault === 'garbled_reply' ? `${text.slice(0, 60)}\u0000<!--` : text
}
