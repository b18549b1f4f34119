import { readText } from './untrusted.ts'

/** `message` is written for shoppers, `code` for programs, `field` names the input at fault; `cause` is for developers. */
export class FincoreError extends Error {
  readonly code: string
  readonly field: string | null

  constructor(code: string, message: string, detail: { field?: string | null; cause?: unknown } = {}) {
    super(message, { cause: detail.cause })
    this.name = 'FincoreError'
    this.code = code
    this.field = detail.field ?? null
  }
}

const shopperMessages = {
  api_unreachable: 'Paying by card is not available right now. Check your connection and reload the page.',
  fields_unavailable: 'The card form could not be loaded. Check your connection and reload the page.',
  fields_not_offered: 'Paying by card on this page is not available right now. Choose another way to pay.',
  fields_error: 'The card details could not be checked. Look at them and try again.',
  tokenize_timeout: 'The card details could not be sent in time. Nothing was charged. Try again.',
  unmounted: 'The card form was closed before it was finished. Nothing was charged.',
  next_action_unsupported: 'This payment needs a step that this page cannot show. Choose another way to pay.',
} as const

export function makeError(code: keyof typeof shopperMessages, cause?: unknown): FincoreError {
  return new FincoreError(code, shopperMessages[code], { cause })
}

/** What the PSP says of the shopper's card. `text` is shown when it was written for shoppers, and ours otherwise. */
export function makeFieldError(code: unknown, text: unknown, field: string | null, cause?: unknown): FincoreError {
  const message = readText(text) ?? shopperMessages.fields_error
  return new FincoreError(readText(code) ?? 'fields_error', message, { field, cause })
}
