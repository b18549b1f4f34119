import { AsyncLocalStorage } from 'node:async_hooks'
import type { ErrorCode } from '@fincore/api-contract/errors'

/**
 * What is known of the request that is being answered. Every line that is logged meanwhile has it, however deep below the
 * door it is written. Ids of ours and codes of tables alone: a request's own text has no place here.
 */
export type RequestFacts = {
  request_id: string
  /** Once its key is known. */
  merchant?: string
  /** What it made or was about; known when it is answered. */
  object?: string
  /** The code of the problem that it is answered with. */
  code?: ErrorCode
}

const current = new AsyncLocalStorage<RequestFacts>()

/** Undefined outside requests, as in a job. */
export function factsOfRequest(): RequestFacts | undefined {
  return current.getStore()
}

export function withinRequest(facts: RequestFacts, work: () => void): void {
  current.run(facts, work)
}
