import { type Texts, textsOf } from './texts.ts'
import type { FieldName } from './types.ts'
import { readText } from './untrusted.ts'

/** `message` is written for shoppers, `code` for programs, `field` names the input at fault; `cause` is for developers. */
export class FincoreError extends Error {
  readonly code: string
  readonly field: FieldName | null

  constructor(code: string, message: string, detail: { field?: FieldName | null; cause?: unknown } = {}) {
    super(message, { cause: detail.cause })
    this.name = 'FincoreError'
    this.code = code
    this.field = detail.field ?? null
  }
}

/** What the shopper is told for each code. */
const messages = {
  api_unreachable: 'notPossible',
  fields_unavailable: 'notPossible',
  fields_not_offered: 'notPossible',
  fields_error: 'notPaid',
  tokenize_timeout: 'notPaid',
  destroyed: 'notPaid',
  next_action_unsupported: 'notPossible',
} as const satisfies Record<string, keyof Texts>

/** @param locale of the message, as a BCP 47 tag */
export function makeError(code: keyof typeof messages, locale: string, cause?: unknown): FincoreError {
  return new FincoreError(code, textsOf(locale)[messages[code]], { cause })
}

/** What the PSP says of the shopper's card. `text` is shown when it was written for shoppers, and ours otherwise. */
export function makeFieldError(
  refused: { field: FieldName | null; code: unknown; text: unknown; cause?: unknown },
  locale: string,
): FincoreError {
  const message = readText(refused.text) ?? textsOf(locale)[messages.fields_error]
  return new FincoreError(readText(refused.code) ?? 'fields_error', message, refused)
}
