/**
 * What this stand-in refuses with, in the words of Adyen's “Error codes and messages” and of the answers that its own
 * libraries' issues quote. Where the documents number no error for a rule, it is `00_422`, “Unprocessable entity”.
 * A refusal means that nothing was done; that is not so for `already_processed` and `internal`.
 */
const errors = {
  unauthorized: [401, '000', 'security', 'HTTP Status Response - Unauthorized'],
  not_allowed: [403, '010', 'security', 'Not allowed'],
  invalid_merchant_account: [403, '901', 'security', 'Invalid Merchant Account'],
  route_unknown: [404, '000', 'validation', 'Not found'],
  not_json: [415, '000', 'validation', 'Unsupported Media Type'],
  body_too_large: [413, '000', 'validation', 'Payload Too Large'],
  unparsable: [400, '702', 'validation', 'Unable to parse message'],
  unexpected_input: [400, '702', 'validation', 'Unexpected input: {}'],
  unknown_fields: [400, '702', 'validation', 'Structure of {}'],
  no_idempotency_key: [400, '702', 'validation', 'This stand-in wants an Idempotency-Key, 1 to 64 characters, here'],
  field_missing: [422, '14_002', 'validation', "Required field '{}' is not provided."],
  no_return_url: [422, '14_030', 'validation', 'Return URL is missing.'],
  invalid_payload: [422, '14_018', 'validation', 'Invalid payload provided'],
  invalid_card_number: [422, '101', 'validation', 'Invalid card number'],
  invalid_cvc: [422, '103', 'validation', 'CVC is not the right length'],
  invalid_expiry: [422, '129', 'validation', 'Expiry Date Invalid'],
  no_reference: [422, '130', 'validation', 'Reference Missing'],
  invalid_amount: [422, '137', 'validation', 'Invalid amount specified'],
  unsupported_currency: [422, '138', 'validation', 'Unsupported currency specified'],
  original_required: [422, '167', 'validation', 'Original pspReference required for this operation'],
  stale_encryption: [422, '172', 'validation', 'Encrypted data used outside of valid time period'],
  undecryptable: [422, '174', 'validation', 'Unable to decrypt data'],
  metadata_too_large: [422, '177', 'validation', 'Metadata size exceeds limit'],
  metadata_key_too_large: [422, '178', 'validation', 'Metadata key size exceeds limit'],
  unsupported_details: [422, '905', 'configuration', 'Payment details are not supported'],
  rule_broken: [422, '00_422', 'validation', '{}'],
  already_processed: [422, '704', 'validation', 'request already processed or in progress'],
  in_progress: [409, '704', 'validation', 'request already processed or in progress'],
  internal: [500, '701', 'internal', 'Internal Error'],
} as const satisfies Record<string, readonly [number, string, string, string]>

export type AdyenErrorName = keyof typeof errors

/** A refusal in Adyen's shape. `detail` takes the place of `{}` in its message, and never quotes a value. */
export class AdyenError extends Error {
  readonly status: number
  readonly errorCode: string
  readonly errorType: string

  constructor(name: AdyenErrorName, detail = '') {
    const [status, errorCode, errorType, message] = errors[name]
    super(message.replace('{}', () => detail))
    this.status = status
    this.errorCode = errorCode
    this.errorType = errorType
  }
}
