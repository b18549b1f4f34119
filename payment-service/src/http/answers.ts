import type { FastifyReply } from 'fastify'
import { isRefusal, type Refusal } from '../refusal.ts'
import { RefusalError } from '../server/problems.ts'

/** Sends what a flow answered, or hands its refusal to the error handler. */
export function sendAnswer(
  reply: FastifyReply,
  answer: { status: number; body: object; replayed: boolean } | Refusal,
): FastifyReply {
  if (isRefusal(answer)) throw new RefusalError(answer)
  if (answer.replayed) reply.header('idempotent-replayed', 'true')
  return reply.code(answer.status).header('cache-control', 'no-store').send(answer.body)
}
