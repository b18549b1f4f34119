import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Api } from './api.ts'
import { accountOf } from './authentication.ts'
import { sendAnswer } from './faults.ts'
import { type Act, answerOnce, readIdempotencyKey } from './idempotency.ts'

/**
 * Answers a POST once per idempotency key. `fingerprint` is what makes two requests the same; no card number, no code.
 * `count` is called for every request that gets here, repeats included.
 */
export function answerPost(
  api: Api,
  request: FastifyRequest,
  reply: FastifyReply,
  fingerprint: unknown,
  act: Act,
  count?: () => void,
) {
  const account = accountOf(request).id
  const key = readIdempotencyKey(request.headers['idempotency-key'])
  const call = { account, key, request: [request.url, fingerprint], ...(count ? { count } : {}) }
  return sendAnswer(api.psp, api, reply, answerOnce(api.psp, api.running, call, act), `${account} ${key}`)
}
