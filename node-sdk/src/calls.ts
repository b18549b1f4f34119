import { setTimeout as sleep } from 'node:timers/promises'
import { FincoreUsageError } from './errors.ts'
import { type Door, openDoor } from './exchange.ts'
import { makeError } from './make-error.ts'
import { type ObservedTry, tell } from './observe.ts'
import { checkOptionsOfACall, readLimits, type Settings, type WriteOptions } from './options.ts'
import { type Failed, readReply } from './read-reply.ts'
import { isStillRunning, maySendAgain, pauseMs } from './retries.ts'
import { chooseKey, writeBody, writeHeaders, writeQuery } from './write-request.ts'

export type ApiRequest = {
  method: ObservedTry['method']
  /** Such as `/v1/charges`. */
  path: string
  query?: object | undefined
  body?: object | undefined
  /** The card of a raw-card charge, which goes to the card relay. Neither part may stand in an error. */
  card?: { number: string; cvc?: string | undefined }
}

/** Sends a request, again where that is safe, and gives the answer’s body. @throws FincoreError */
export type Call = <T>(request: ApiRequest, options?: WriteOptions) => Promise<T>

/** Opens the doors of a client: the API, and the card relay when it has one. */
export function openCalls(settings: Settings): { call: Call; close: () => void } {
  const api = openDoor(settings.api, null)
  const relay = settings.relay === null ? null : openDoor(settings.relay.url, settings.relay)
  const pickDoor = ({ card }: ApiRequest): Door => {
    if (card === undefined) return api
    if (relay !== null) return relay
    const detail =
      'A charge of a raw card goes to the card relay: make the client with relay: { url, cert, key, ca }. Nothing was sent.'
    throw new FincoreUsageError({ code: 'relay_missing', detail })
  }
  return {
    call: async <T>(request: ApiRequest, options: WriteOptions = {}) =>
      // What the API answers has the contract’s form; the server holds itself to it.
      (await sendUntilAnswered(settings, pickDoor(request), request, options)) as T,
    close() {
      api.close()
      relay?.close()
    },
  }
}

async function sendUntilAnswered(
  settings: Settings,
  door: Door,
  request: ApiRequest,
  options: WriteOptions,
): Promise<object> {
  const { method, path, card } = request
  checkOptionsOfACall(options)
  const { signal } = options
  const limits = readLimits(options, settings)
  const observe = options.observe ?? settings.observe
  const idempotencyKey = method === 'POST' ? chooseKey(options.idempotencyKey, card?.number) : null
  const outgoing = {
    method,
    path: path + writeQuery(request.query),
    body: writeBody(request.body),
    headers: writeHeaders(settings.secretKey, idempotencyKey, request.body !== undefined),
    signal,
  }
  const secrets = [settings.secretKey, card?.number ?? '', card?.cvc ?? ''].filter((secret) => secret !== '')
  const endsAt = performance.now() + limits.totalTimeoutMs
  let isInDoubt = false
  let retriesLeft = limits.maxRetries
  const fail = (last: Failed) => {
    const called = { request: `${method} ${path}`, origin: door.url, timeoutMs: limits.timeoutMs }
    return makeError({ ...called, idempotencyKey, isInDoubt, last, signal })
  }

  for (let tryNumber = 1; ; tryNumber += 1) {
    if (signal?.aborted) throw fail(abortedBeforeSending)
    const startedAt = performance.now()
    const timeoutMs = Math.max(1, Math.min(limits.timeoutMs, Math.ceil(endsAt - startedAt)))
    const reply = await door.send({ ...outgoing, timeoutMs })
    const outcome = readReply(reply, secrets, Date.now())
    // Waiting for what runs already is no failed try: the time alone bounds it. Who wants no repeat at all gets none.
    const isWait = outcome.is === 'failed' && isStillRunning(outcome) && limits.maxRetries > 0
    const pause =
      outcome.is === 'failed' && (isWait || retriesLeft > 0) && maySendAgain(method, outcome)
        ? pauseMs(tryNumber, outcome.retryAfterMs, Math.random)
        : null
    const retryInMs = pause !== null && performance.now() + pause < endsAt ? pause : null
    tell(observe, {
      door: card === undefined ? 'api' : 'relay',
      method,
      path,
      tryNumber,
      status: outcome.status,
      code: outcome.is === 'done' ? null : outcome.code,
      durationMs: Math.round(performance.now() - startedAt),
      requestId: outcome.is === 'done' ? outcome.requestId : outcome.problem.requestId,
      retryInMs,
    })
    if (outcome.is === 'done') return outcome.body
    isInDoubt ||= method !== 'GET' && outcome.mayHaveActed
    if (retryInMs === null) throw fail(outcome)
    if (!isWait) retriesLeft -= 1
    // An abort ends the pause; the next round notices it.
    await sleep(retryInMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
  }
}

const abortedBeforeSending: Failed = {
  is: 'failed',
  code: 'aborted',
  status: null,
  mayHaveActed: false,
  systemCode: null,
  retryAfterMs: null,
  problem: { detail: null, param: null, requestId: null, docsUrl: null },
}
