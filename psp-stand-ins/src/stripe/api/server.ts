import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { HeldConnections } from '../../held-connections.ts'
import { apiVersion } from '../api-version.ts'
import { Refusal } from '../errors.ts'
import { makeId } from '../ids.ts'
import { type KnownOperation, type OperationName, operations } from '../operations.ts'
import { decodeForm } from '../parameters/form.ts'
import { readParameters } from '../parameters/read-parameters.ts'
import { countAuthorizeCall } from '../truth.ts'
import type { World } from '../world.ts'
import { acts } from './acts.ts'
import { authenticate, checkContentType, checkVersion } from './authenticate.ts'
import type { Act, Answer, Call } from './call.ts'
import { checkExpand, expandAnswer } from './expand.ts'
import { answerOnce, type KeptAnswers, makeFingerprint, readIdempotencyKey } from './idempotency.ts'
import type { CreateParams as PaymentParams } from './payment-intent-rules.ts'
import { countRefusal, countRequest, type RequestCounts } from './request-counts.ts'
import { sendAnswer } from './send-answer.ts'

// biome-ignore lint/suspicious/noExplicitAny: fastify's type of a server on TLS and of one without share no other name.
export type App = FastifyInstance<any, IncomingMessage, ServerResponse<IncomingMessage>, FastifyBaseLogger>

/** What the API's routes work with. */
export type Api = { world: World; kept: KeptAnswers; held: HeldConnections; requests: RequestCounts }

/** Puts Stripe's operations on a server: all of them, or for shoppers' browsers those that the publishable key opens. */
export function registerOperations(app: App, api: Api, only: 'all' | 'publishable'): void {
  for (const operation of operations) {
    if (only === 'publishable' && !('publishable' in operation)) continue
    app.route({
      method: operation.method,
      url: operation.path.replace('{id}', ':id'),
      handler: (request, reply) => handle(api, operation, request, reply),
    })
  }
}

async function handle(api: Api, operation: KnownOperation, request: FastifyRequest, reply: FastifyReply) {
  const { name } = operation
  const requestId = makeId('req', 14)
  reply.header('request-id', requestId).header('stripe-version', apiVersion)
  try {
    const { account, secret } = authenticate(api.world, request.headers, operation)
    // A shopper's browser keeps no keys and knows no version: those are for FinCore.
    if (secret) checkVersion(request.headers)
    const isPost = operation.method === 'POST'
    if (isPost) checkContentType(request.headers)
    const key = isPost && secret ? readIdempotencyKey(request.headers['idempotency-key']) : null
    if (key !== null) reply.header('idempotency-key', key)
    const [path = '', query = ''] = request.url.split('?')
    const text = isPost ? String(request.body ?? '') : query
    const form = decodeForm(text)
    countRequest(api.requests, name, form)
    if (isPost && query !== '')
      throw new Refusal(400, { type: 'invalid_request_error', message: 'A POST has no query.' })
    const params = readParameters<{ expand?: string[] }>(name, form)
    checkExpand(name, params.expand)
    if (name === 'payment_intents.create') countCall(api.world, params as PaymentParams, key ?? '')
    const { id = '' } = request.params as { id?: string }
    const call = {
      world: api.world,
      account,
      id,
      params,
      idempotencyKey: key ?? '',
      cause: { requestId, idempotencyKey: key },
    }
    const ready = answerOnce(
      api.kept,
      account,
      { key, path, fingerprint: makeFingerprint(path, text) },
      (faultIsSpent) => run(name, { ...call, faultIsSpent }),
    )
    if (ready.status >= 400 && ready.status < 500 && ready.status !== 402)
      countRefusal(api.requests, name, ready.status, JSON.parse(ready.body).error)
    return await sendAnswer(api.world, api.held, reply, ready)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    countRefusal(api.requests, name, error.status, error.body)
    return reply.code(error.status).send({ error: error.body })
  }
}

/** A call that asks for a payment is counted whether or not it acts, repeats included. */
function countCall(world: World, params: PaymentParams, key: string): void {
  if (params.confirm === true) countAuthorizeCall(world, params.metadata?.fincore_reference ?? key)
}

function run(name: OperationName, call: Call<{ expand?: string[] }>): Answer {
  const act = acts[name] as Act<{ expand?: string[] }>
  const answer = act(call)
  if ('vanishes' in answer) return answer
  return { ...answer, body: expandAnswer(call.account, answer.body, call.params.expand) }
}
