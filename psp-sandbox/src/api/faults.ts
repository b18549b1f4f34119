import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import type { Psp } from '../psp.ts'
import { errorBody } from '../rejection.ts'
import type { Answer, RunningKeys } from './idempotency.ts'

/** Connections that are held without an answer, so that a shutdown can cut them. */
export type HeldConnections = Set<Socket>

/** Sends an answer the way its card's fault wants it: late, broken, or not at all. */
export async function sendAnswer(
  psp: Psp,
  state: { held: HeldConnections; running: RunningKeys },
  reply: FastifyReply,
  answer: Answer,
  runningKey: string,
): Promise<string | ReturnType<typeof errorBody> | undefined> {
  const send = (body: string) => {
    reply.code(answer.status).type('application/json; charset=utf-8')
    return body
  }
  const whileRunning = async (wait: Promise<unknown>) => {
    state.running.add(runningKey)
    await wait.finally(() => state.running.delete(runningKey))
  }
  const socket = reply.raw.socket
  switch (answer.fault) {
    case 'timeout_before':
    case 'timeout_after':
      reply.hijack()
      if (socket) hold(state.held, socket, psp.timings.holdMs)
      return undefined
    case 'reset_after':
      reply.hijack()
      socket?.destroy()
      return undefined
    case 'server_error_after':
      reply.code(500)
      return errorBody('internal_error', 'Something went wrong. It is not known whether the payment was made.')
    case 'garbled_reply':
      return send(`${answer.body.slice(0, 60)}\u0000<!--`)
    case 'slow_reply':
      await whileRunning(sleep(psp.timings.slowReplyMs))
      break
    case 'webhook_before_reply':
      if (answer.event) await whileRunning(psp.waitForDelivery(answer.event))
  }
  return send(answer.body)
}

function hold(held: HeldConnections, socket: Socket, holdMs: number): void {
  held.add(socket)
  const timer = setTimeout(() => socket.destroy(), holdMs)
  socket.once('close', () => {
    clearTimeout(timer)
    held.delete(socket)
  })
}
