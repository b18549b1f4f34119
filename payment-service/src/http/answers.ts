import type { FastifyReply } from 'fastify'
import { isRefusal, type Refusal } from '../refusal.ts'
import { RefusalError } from '../server/problems.ts'

/** Sends what a flow answered, or hands its refusal to the error handler. */
export function sendAnswer(
  reply: FastifyReply,
  answer: { status: number; body: object; replayed: boolean } | Refusal,
): FastifyReply {
  if (isRefusal(answer)) throw new RefusalError(answer)
  const { body } = answer
  if ('id' in body && typeof body.id === 'string') reply.request.facts.object = body.id
  if (answer.replayed) reply.header('idempotent-replayed', 'true')
  return reply.code(answer.status).header('cache-control', 'no-store').send(body)
}
