/** One try of a call, for logs and metrics. Holds no body, no header and no query, so no card and no key. */
export type ObservedTry = {
  /** Where it was sent. */
  door: 'api' | 'relay'
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Such as `/v1/charges`. */
  path: string
  /** 1 for the first. */
  tryNumber: number
  /** The answer’s HTTP status; null when there was none. */
  status: number | null
  /** Why there was no usable answer, or the code of the refusal; null when all went well. */
  code: string | null
  durationMs: number
  requestId: string | null
  /** When the next try follows; null when none does. */
  retryInMs: number | null
}

/** Called after each try. It must not throw: what it throws becomes a warning of the process, and the call goes on. */
export type Observe = (seen: ObservedTry) => void

export function tell(observe: Observe | null, seen: ObservedTry): void {
  try {
    observe?.(seen)
  } catch (error) {
    // A payment must not fail because of a log line; the message could quote anything.
    process.emitWarning(`observe of @fincore/node threw ${error instanceof Error ? error.name : typeof error}.`)
  }
}
