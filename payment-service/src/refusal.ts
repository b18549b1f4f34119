import type { ErrorCode } from '@fincore/api-contract/errors'

/**
 * A refusal is a value, not an exception: flows return it, and only the edge (http/, admin/, card-door/) turns it into
 * an answer. `detail` never quotes what the caller sent.
 */
export type Refusal = { refused: ErrorCode; param?: string; detail?: string; retryAfterSeconds?: number }

export function refuse(code: ErrorCode, more: Omit<Refusal, 'refused'> = {}): Refusal {
  return { refused: code, ...more }
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value
}
