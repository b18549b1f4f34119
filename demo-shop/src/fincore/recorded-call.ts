import { FincoreError, type ObservedTry, type WriteOptions } from '@fincore/node'
import type { ShopConfig } from '../config.ts'
import { maskAuthorization, maskCardNumbers, maskRequestBody } from './mask.ts'

/** One HTTP call as it may be remembered and shown: keys and cards are masked. */
export type RecordedCall = {
  door: 'api' | 'relay'
  method: string
  url: string
  requestHeaders: Record<string, string>
  requestBody: string
  status: number | null
  responseBody: string
  ms: number
  at: number
}

export type Recording = {
  config: Pick<ShopConfig, 'apiUrl' | 'relayUrl' | 'secretKey'>
  idempotencyKey: string
  body: object
  record: (call: RecordedCall) => void
}

/**
 * Makes one call of the SDK and writes down every try of it. The SDK tells of a try no more than what happened; the request
 * is known here, and the answer is what the call comes to in the end.
 */
export async function recordCall<T>(recording: Recording, send: (options: WriteOptions) => Promise<T>): Promise<T> {
  const { idempotencyKey } = recording
  let last: ObservedTry | null = null
  const observe = (seen: ObservedTry) => {
    if (seen.retryInMs === null) last = seen
    else write(recording, seen, `Another try follows: ${seen.code}`)
  }
  const end = (responseBody: string) => last !== null && write(recording, last, responseBody)
  try {
    const answer = await send({ idempotencyKey, observe })
    end(JSON.stringify(answer))
    return answer
  } catch (error) {
    if (error instanceof FincoreError) end(JSON.stringify(showError(error)))
    throw error
  }
}

function write({ config, body, idempotencyKey, record }: Recording, seen: ObservedTry, responseBody: string): void {
  const { door, method, path, status, durationMs } = seen
  record({
    door,
    method,
    url: `${door === 'relay' ? config.relayUrl : config.apiUrl}${path}`,
    requestHeaders: {
      authorization: maskAuthorization(`Bearer ${config.secretKey}`),
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    },
    requestBody: maskCardNumbers(JSON.stringify(maskRequestBody(body), null, 2)),
    status,
    responseBody: maskCardNumbers(responseBody),
    ms: durationMs,
    at: Date.now() - durationMs,
  })
}

function showError({ name, code, detail, param, requestId }: FincoreError): object {
  return { error: name, code, detail, param, request_id: requestId }
}
