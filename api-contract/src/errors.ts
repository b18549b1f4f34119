/**
 * Every problem that FinCore's API can answer, RFC 9457. One table: the routes answer from it, `docs/errors.md` and
 * `/docs/errors` are made from it, and a test fails when code and table differ.
 */

/**
 * Whether sending the request again can help: never, only after something changed, or as it is, with the same key.
 * `retryAfterSeconds` is how long to wait first (`Retry-After`), where the answer itself knows no better.
 */
type Retry = { retry: 'no' | 'after_change' } | { retry: 'same_request'; retryAfterSeconds: number }

type ErrorRow = { status: number; title: string; meaning: string } & Retry

export const errorTable = {
  // Who is calling
  authentication_required: {
    status: 401,
    title: 'No API key was sent',
    retry: 'after_change',
    meaning:
      'The request has no `Authorization: Bearer …` header. Send your secret key with every request from your server.',
  },
  api_key_invalid: {
    status: 401,
    title: 'The API key is not valid',
    retry: 'after_change',
    meaning: 'The key is unknown, was revoked, or belongs to another environment. Ask your operator for a new one.',
  },
  scope_missing: {
    status: 403,
    title: 'The API key may not do this',
    retry: 'after_change',
    meaning:
      'The key is valid, but lacks the scope that this endpoint needs; `detail` names it. Use a key that has it, or ask your operator for one. A publishable key may only read `/v1/client_config`.',
  },
  operator_required: {
    status: 401,
    title: 'No operator is signed in',
    retry: 'after_change',
    meaning:
      'The admin API needs an operator’s token, and none that is known was sent. Send yours in `Authorization: Bearer …`; ask whoever runs FinCore for one.',
  },
  two_operators_required: {
    status: 403,
    title: 'Asking and approving need two operators',
    retry: 'after_change',
    meaning:
      'A raw-card grant, and an outcome that is settled by hand, is approved by another operator than the one who asked for it, so that no one person can. Have a colleague approve it.',
  },
  // Reading the request
  malformed_http: {
    status: 400,
    title: 'The message is not valid HTTP',
    retry: 'after_change',
    meaning:
      'What arrived cannot be read as an HTTP/1.1 request, or its headers are larger than 16 KiB. Nothing of it was kept. Send it with an HTTP library.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON',
    retry: 'after_change',
    meaning:
      'The body cannot be read as one JSON object in UTF-8, or its meaning is not certain: a key stands in it twice, or something follows it. Nothing was done. Write the body with a JSON library and send it again.',
  },
  media_type_unsupported: {
    status: 415,
    title: 'The body must be JSON',
    retry: 'after_change',
    meaning:
      'The body is not announced as JSON, or is compressed, so it was not read. Send `Content-Type: application/json`, and the body without `Content-Encoding`.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    retry: 'after_change',
    meaning:
      'A request body may have at most 64 KiB, and this one has more, so it was not read. Shorten `metadata`, `description` or `line_items`.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    retry: 'same_request',
    retryAfterSeconds: 1,
    meaning: 'The headers or the body did not arrive in time. Send the request again.',
  },
  parameter_missing: {
    status: 400,
    title: 'A parameter is missing',
    retry: 'after_change',
    meaning:
      'The request lacks a field that it must have, so nothing was done. `param` names it: add it and send the request again.',
  },
  parameter_unknown: {
    status: 400,
    title: 'A parameter is unknown',
    retry: 'after_change',
    meaning:
      'The request has a field or a parameter that this endpoint does not have; `param` names it. It is refused so that a misspelt one is never ignored. Mend the name, which `detail` guesses when it is near to one, or leave it out.',
  },
  parameter_invalid: {
    status: 400,
    title: 'A parameter is not valid',
    retry: 'after_change',
    meaning:
      'A field does not look as it must, so nothing was done. `param` names the field, and `detail` says what it must look like: change it and send the request again.',
  },
  currency_unsupported: {
    status: 400,
    title: 'The currency is not supported',
    retry: 'after_change',
    meaning:
      '`currency` is no currency that FinCore knows. Send an ISO 4217 code in capitals, such as `EUR`; `/docs/currencies` of the API lists all of them.',
  },
  cursor_invalid: {
    status: 400,
    title: 'The cursor is not valid',
    retry: 'after_change',
    meaning:
      'A cursor is not the id of an object of this list, or two were sent. Send the id of an object of the same list in `starting_after` or in `ending_before`, one of the two at a time.',
  },
  idempotency_key_required: {
    status: 400,
    title: 'An idempotency key is required',
    retry: 'after_change',
    meaning:
      'A POST came without `Idempotency-Key`, and could not be told from a repetition of another. Send one with every POST, new for each new intention, the same for a retry.',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'The idempotency key is not valid',
    retry: 'after_change',
    meaning:
      'The value of `Idempotency-Key` cannot be a key: one has 1 to 255 printable ASCII characters, bare or in double quotes. Send another, such as a UUID.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The idempotency key was used for another request',
    retry: 'after_change',
    meaning:
      'This key came earlier with another request, which may have moved money. Find out what became of that one; then send this one with a new key, as a new intention has.',
  },
  idempotency_key_in_use: {
    status: 409,
    title: 'The first request with this key is still running',
    retry: 'same_request',
    retryAfterSeconds: 1,
    meaning:
      'The first request with this key has no answer yet, so this one was not begun. Wait for `Retry-After` and send the same request again: you will get the answer of the first.',
  },
  // What is asked for
  route_not_found: {
    status: 404,
    title: 'There is no such endpoint',
    retry: 'no',
    meaning:
      'Nothing is served at this path. Check its spelling and the version in it; `/docs` of the API lists every endpoint that merchants have.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The endpoint does not take this method',
    retry: 'no',
    meaning:
      'There is an endpoint at this path, but not for this method. `Allow` names the methods that it takes; `/docs` of the API lists every endpoint that merchants have.',
  },
  resource_not_found: {
    status: 404,
    title: 'There is no such object',
    retry: 'no',
    meaning:
      'No object of yours has this id: it may be another merchant’s, of another environment, deleted, or misspelt. Where `param` is set, it says where the id stands. Check it against what you stored.',
  },
  charge_not_capturable: {
    status: 409,
    title: 'The charge cannot be captured',
    retry: 'no',
    meaning:
      'Only an `authorized` charge can be captured, and this one is not, or not any more; `detail` says where it stands. Read the charge, and go by its `status`.',
  },
  charge_not_cancelable: {
    status: 409,
    title: 'The charge cannot be canceled',
    retry: 'no',
    meaning:
      'Only an `authorized` charge can be canceled, and this one is not; `detail` says where it stands. Refund a `captured` one.',
  },
  charge_not_refundable: {
    status: 409,
    title: 'The charge cannot be refunded',
    retry: 'no',
    meaning:
      'Only a `captured` charge can be refunded, and this one is not; `detail` says where it stands. Cancel an `authorized` one.',
  },
  payment_session_declined: {
    status: 422,
    title: 'The PSP declined the payment session',
    retry: 'no',
    meaning:
      'The PSP refused to make its checkout page, and no money moved. Change the request, or ask your operator whether the PSP account is set up, and send it with a new idempotency key.',
  },
  capture_declined: {
    status: 422,
    title: 'The PSP declined the capture',
    retry: 'no',
    meaning:
      'The PSP or the bank refused to capture; the charge stays `authorized`, and no money moved. Capture again with a new idempotency key, perhaps less, or cancel.',
  },
  cancel_declined: {
    status: 422,
    title: 'The PSP declined the cancel',
    retry: 'no',
    meaning:
      'The PSP refused to release the funds; the charge stays `authorized`. Try again with a new idempotency key; the hold lapses by itself in the end.',
  },
  operation_in_progress: {
    status: 409,
    title: 'Another operation on this charge is running',
    retry: 'same_request',
    retryAfterSeconds: 2,
    meaning:
      'A capture or a cancel of this charge has no known outcome yet, so no other was begun. It is being looked up at the PSP. Wait for `Retry-After` and send the same request again.',
  },
  amount_exceeds_authorized: {
    status: 422,
    title: 'The amount is more than was authorized',
    retry: 'after_change',
    meaning:
      'A capture takes at most the amount that was authorized, and this one asked for more. Nothing was captured. Send a smaller `amount`, or leave it out for all of it.',
  },
  amount_exceeds_refundable: {
    status: 422,
    title: 'The amount is more than can be refunded',
    retry: 'after_change',
    meaning:
      'Refunds, pending ones included, take at most the amount that was captured, and this one asked for more. Nothing was given back. Send a smaller `amount`, or leave it out for all that is left.',
  },
  session_not_open: {
    status: 409,
    title: 'The payment session is not open',
    retry: 'no',
    meaning:
      'Only an `open` payment session can be expired, and this one has ended already. Read it: its `status` says how, and `charge` names the charge when it was paid.',
  },
  webhook_endpoint_limit_reached: {
    status: 409,
    title: 'There are too many webhook endpoints',
    retry: 'after_change',
    meaning:
      'A merchant has at most 16 webhook endpoints, and you have as many. Nothing was made. Delete one that you no longer need, or change one.',
  },
  webhook_url_not_allowed: {
    status: 422,
    title: 'The webhook address is not allowed',
    retry: 'after_change',
    meaning:
      'Webhooks go to public `https:` addresses only, never to private, loopback or link-local ones, and `detail` says what of yours is not so. Nothing was changed. Name an address that the internet can reach.',
  },
  psp_account_missing: {
    status: 422,
    title: 'No PSP account can take this payment',
    retry: 'after_change',
    meaning:
      'The merchant has no active PSP account, or none with this id, or the account is at a test PSP and this is production. Nothing was written and no PSP was called. Ask your operator.',
  },
  capability_not_supported: {
    status: 422,
    title: 'The PSP account cannot do this',
    retry: 'after_change',
    meaning:
      'The PSP of the account does not offer what the request needs, or cannot express its amount, which is never rounded; `detail` says which. Nothing was written and no PSP was called. Change the request, name another `psp_account`, or ask your operator.',
  },
  raw_cards_not_confirmed: {
    status: 422,
    title: 'The PSP account is not confirmed for card numbers',
    retry: 'after_change',
    meaning:
      'This PSP takes card numbers only at accounts for which it was asked, and no operator has confirmed that it was done for yours. Nothing was written and no card was sent. Ask your operator to have it enabled at the PSP and to confirm it, or use a payment session or a token.',
  },
  three_d_secure_not_supported: {
    status: 422,
    title: 'The PSP takes no 3-D Secure result',
    retry: 'after_change',
    meaning:
      'The PSP of this account does not take the result of a 3-D Secure authentication that was made elsewhere. Nothing was written and no PSP was called. Name another `psp_account`, or leave `three_d_secure` out.',
  },
  merchant_initiated_not_supported: {
    status: 422,
    title: 'The PSP takes no payments that the merchant begins',
    retry: 'after_change',
    meaning:
      'The PSP of this account does not take payments with `initiator: "merchant"`. Nothing was written and no PSP was called. Name another `psp_account`, or have the shopper pay: with a payment session, a token, or the card and its security code.',
  },
  psp_unavailable: {
    status: 503,
    title: 'The PSP does not answer',
    retry: 'same_request',
    retryAfterSeconds: 2,
    meaning:
      'The checkout page could not be made, or the PSP account has failed so often just now that no new payment is begun there. No money moved. Wait for `Retry-After` and send the same request with the same idempotency key again.',
  },
  conflict: {
    status: 409,
    title: 'The object is not in the right state',
    retry: 'after_change',
    meaning:
      'The object is in a state in which this cannot be done, so nothing was changed. `detail` says in what state it is, and what it would have to be. Bring it there first, or leave it.',
  },
  // An outcome that the PSP does not give: for operators
  attempt_settled: {
    status: 409,
    title: 'The attempt has its outcome',
    retry: 'no',
    meaning:
      'The call to the PSP is in doubt no more, and a final outcome never changes. Nothing was done. Read the attempt to see what became of it.',
  },
  attempt_running: {
    status: 409,
    title: 'The call to the PSP may still be running',
    retry: 'same_request',
    retryAfterSeconds: 5,
    meaning: 'Until it has ended for certain, a look-up could not tell “never” from “not yet”. Wait for `Retry-After`.',
  },
  settlement_too_early: {
    status: 409,
    title: 'It is too early to settle by hand',
    retry: 'after_change',
    meaning:
      'For the first 15 minutes, and within the PSP’s own consistency window, only the PSP’s word counts. `detail` says until when.',
  },
  attempt_not_settleable: {
    status: 409,
    title: 'The attempt cannot be settled so',
    retry: 'no',
    meaning:
      'This outcome cannot follow, or operators settle nothing of this kind; `detail` says which. Nothing was changed. Look at the attempt again, and at what the PSP’s dashboard says.',
  },
  settlement_amount_wrong: {
    status: 422,
    title: 'The captured amount cannot be right',
    retry: 'after_change',
    meaning:
      'No more can have been captured than the charge is of, and a capture is of exactly what was asked. Nothing was changed. Compare the amount with the PSP’s dashboard.',
  },
  psp_reference_wrong: {
    status: 422,
    title: 'The PSP reference cannot be right',
    retry: 'after_change',
    meaning:
      'The reference belongs to another charge or operation, or the PSP has named another one for this. Compare both in the PSP’s dashboard.',
  },
  psp_answered: {
    status: 409,
    title: 'The PSP gave an outcome of its own',
    retry: 'no',
    meaning:
      'Before an outcome is settled by hand the PSP is asked once more. It answered, and its word was applied in place of the operators’.',
  },
  // Card data
  card_data_not_accepted_here: {
    status: 403,
    title: 'Card data is not accepted here',
    retry: 'after_change',
    meaning:
      'The request holds what looks like a card number; nothing of it was kept. Card numbers go only to the card relay, by authorised merchants, in `payment_method.card`. Use a payment session or a token instead.',
  },
  raw_card_key_invalid: {
    status: 403,
    title: 'The API key is not valid here',
    retry: 'after_change',
    meaning:
      'The card relay knows no such secret key, or it was revoked, or belongs to another environment. Nothing of the card was read. Check the key, or ask your operator for a new one.',
  },
  raw_card_scope_missing: {
    status: 403,
    title: 'The API key may not send cards',
    retry: 'after_change',
    meaning:
      'The key lacks the scope `charges:raw_card`, so nothing of the card was read. Ask your operator for a key that has it.',
  },
  raw_card_grant_missing: {
    status: 403,
    title: 'The merchant may not send cards',
    retry: 'after_change',
    meaning:
      'Nobody may send raw cards by default. Ask your operator for a raw-card grant; it needs your proof of PCI DSS compliance.',
  },
  raw_card_grant_not_approved: {
    status: 403,
    title: 'The raw-card grant is not approved yet',
    retry: 'after_change',
    meaning:
      'The grant was asked for, and no second operator has approved it yet. Nothing of the card was read. Ask your operator when that will be.',
  },
  raw_card_grant_suspended: {
    status: 403,
    title: 'The raw-card grant is suspended',
    retry: 'after_change',
    meaning:
      'An operator suspended the grant. Nothing of the card was read. Ask your operator why, and take payments by a payment session or a token meanwhile.',
  },
  raw_card_grant_expired: {
    status: 403,
    title: 'The raw-card grant has lapsed',
    retry: 'after_change',
    meaning:
      'The evidence behind the grant is out of date. Nothing of the card was read. Send your operator the new one.',
  },
  raw_card_grant_revoked: {
    status: 403,
    title: 'The raw-card grant was revoked',
    retry: 'after_change',
    meaning: 'An operator revoked the grant. Nothing of the card was read. A new one must be asked for and approved.',
  },
  source_address_not_allowed: {
    status: 403,
    title: 'The source address is not allowed',
    retry: 'after_change',
    meaning:
      'The grant lists the address ranges that cards may come from, and this request came from none of them. Nothing of the card was read. Send from a listed address, or ask your operator to add this one.',
  },
  client_certificate_required: {
    status: 403,
    title: 'A client certificate is required',
    retry: 'after_change',
    meaning:
      'The connection brought no client certificate. Nothing of the card was read. Connect to the card relay with the one that your grant lists.',
  },
  client_certificate_not_registered: {
    status: 403,
    title: 'The client certificate is not registered',
    retry: 'after_change',
    meaning:
      'The certificate is valid, but your grant does not list its fingerprint. Nothing of the card was read. Use the one that it lists, or ask your operator to add this one.',
  },
  card_number_missing: {
    status: 400,
    title: 'The card number is missing',
    retry: 'after_change',
    meaning: 'The card relay takes charges with `payment_method.card.number`. Send token charges to the public API.',
  },
  card_cvc_missing: {
    status: 400,
    title: 'The card security code is missing',
    retry: 'after_change',
    meaning:
      'A charge that the shopper begins needs the card’s security code, and this one has none. Nothing was sent to the bank. Send `payment_method.card.cvc`. Only a charge with `initiator: "merchant"` has none.',
  },
  card_number_invalid: {
    status: 400,
    title: 'The card number is not valid',
    retry: 'after_change',
    meaning:
      'The number cannot be a card’s: one is a JSON string of 12 to 19 digits without spaces, as many as its brand issues, whose check digit is right. Nothing was sent to the bank. Ask the shopper to look at the number again.',
  },
  card_cvc_invalid: {
    status: 400,
    title: 'The card security code is not valid',
    retry: 'after_change',
    meaning:
      'A security code is a JSON string of 3 or 4 digits, and this is none. Nothing was sent to the bank. Ask the shopper to look at it again.',
  },
  card_expired: {
    status: 400,
    title: 'The card has expired',
    retry: 'after_change',
    meaning:
      '`exp_month` and `exp_year` are in the past. Nothing was sent to the bank. Ask the shopper for another card.',
  },
  card_field_ambiguous: {
    status: 400,
    title: 'The card is not written plainly',
    retry: 'after_change',
    meaning:
      'The number and the code must be plain JSON strings without escapes, once each, at `payment_method.card`; these are not. Nothing was sent to the bank. Write the body with a JSON library, and the card’s digits as they are.',
  },
  // Us
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    retry: 'same_request',
    retryAfterSeconds: 1,
    meaning:
      'More requests came in this minute than the limit allows, of your key or of your address. Nothing of this one was done. Wait for `Retry-After` and send it again; spread what you send.',
  },
  card_testing_suspected: {
    status: 429,
    title: 'Card testing is suspected',
    retry: 'same_request',
    retryAfterSeconds: 1_800,
    meaning:
      'So many different cards were declined with hardly an approval between them that somebody seems to try out stolen ones. What explains it (an address, a kind of card, a payment session, or new cards in one flow) is not tried until `Retry-After` is over; `detail` says which, and what to do. Nothing was written and the PSP was not called. Show the shopper that the payment is not possible just now; your operator can see why, and lift it at once.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong here',
    retry: 'same_request',
    retryAfterSeconds: 2,
    meaning:
      'The fault is ours and was recorded. Send the same request with the same idempotency key again: it cannot act twice.',
  },
  audit_log_unavailable: {
    status: 503,
    title: 'The audit log takes no records',
    retry: 'same_request',
    retryAfterSeconds: 5,
    meaning:
      'Raw cards, and changes of settings, are taken only while each can be audited. Nothing was done. Wait for `Retry-After` and send the same request again; charges with a token or a hosted page go on meanwhile.',
  },
  overloaded: {
    status: 503,
    title: 'There is more to do than can be done',
    retry: 'same_request',
    retryAfterSeconds: 1,
    meaning:
      'More requests came than can be worked on, of you or of all. Nothing of this one was read or done, and no PSP was called. Wait for `Retry-After` and send the same request with the same idempotency key again.',
  },
  psp_overloaded: {
    status: 503,
    title: 'The PSP is slow, and too many requests wait for it',
    retry: 'same_request',
    retryAfterSeconds: 5,
    meaning:
      'So many requests wait for an answer of this PSP account that no more are begun. Nothing was written and the PSP was not called. Wait for `Retry-After` and send the same request with the same idempotency key again, or name another `psp_account`.',
  },
  service_unavailable: {
    status: 503,
    title: 'The service is not available',
    retry: 'same_request',
    retryAfterSeconds: 2,
    meaning:
      'Something that FinCore needs does not answer, such as its database, or it is just starting or ending. Whether the request was carried out may not be known. Wait for `Retry-After` and send the same request with the same idempotency key again: it cannot act twice.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorTable

/** `Retry-After` of a problem, in seconds; undefined where sending the same request again cannot help. */
export function retryAfterSecondsOf(code: ErrorCode): number | undefined {
  const row: ErrorRow = errorTable[code]
  return row.retry === 'same_request' ? row.retryAfterSeconds : undefined
}

/** The body of every answer of 400 and above, `application/problem+json`. */
export type Problem = {
  /** The address of the code's explanation. */
  type: string
  title: string
  status: number
  /** What happened in this request, why, and what to do next. Never quotes the request's own values. */
  detail: string
  code: ErrorCode
  /** The dotted path of the field at fault, such as `payment_method.card.number`; null when none is. */
  param: string | null
  request_id: string
}

/** Makes the body of a problem. `docsUrl` is the address of the docs, without a slash at its end. */
export function makeProblem(
  code: ErrorCode,
  from: { docsUrl: string; requestId: string; detail?: string; param?: string | null },
): Problem {
  const row = errorTable[code]
  return {
    type: `${from.docsUrl}/errors#${code}`,
    title: row.title,
    status: row.status,
    detail: from.detail ?? row.meaning,
    code,
    param: from.param ?? null,
    request_id: from.requestId,
  }
}
