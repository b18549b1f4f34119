type SdkErrorRow = { meaning: string; isRetryable: boolean }

/** The codes that this SDK adds to FinCore’s own. README.md has them too, and a test compares the two. */
export const sdkErrorCodes = {
  option_invalid: {
    isRetryable: false,
    meaning: 'An option, an id or a parameter cannot be right; `detail` says which. Nothing was sent.',
  },
  relay_missing: {
    isRetryable: false,
    meaning: 'A charge with `payment_method.type: "card"` needs the option `relay`. Nothing was sent.',
  },
  outcome_unknown: {
    isRetryable: true,
    meaning: 'It may have been carried out, or not: never treat it as failed. `cause` says what the last try came to.',
  },
  no_connection: {
    isRetryable: true,
    meaning: 'No connection could be made, so nothing was sent; `detail` has the system’s word for why.',
  },
  connection_lost: {
    isRetryable: true,
    meaning: 'The connection ended after the request was sent and before the answer was there.',
  },
  timeout: { isRetryable: true, meaning: 'The answer did not come within `timeoutMs`.' },
  aborted: { isRetryable: true, meaning: 'Your `signal` ended the call; `cause` is its reason.' },
  answer_too_large: { isRetryable: false, meaning: 'The answer was larger than 16 MiB, and was not read.' },
  answer_unreadable: {
    isRetryable: true,
    meaning: 'The answer is not FinCore’s: no JSON, or no problem of it. Look whether the address is right.',
  },
  webhook_body_not_raw: {
    isRetryable: false,
    meaning: 'The signature is that of the bytes as they came: pass those, not the parsed object.',
  },
  webhook_secret_invalid: { isRetryable: false, meaning: 'The secret is not of the form `whsec_…`.' },
  webhook_headers_missing: { isRetryable: false, meaning: 'A header of Standard Webhooks is missing or not readable.' },
  webhook_timestamp_too_far: {
    isRetryable: false,
    meaning: 'The webhook was signed more than five minutes ago or ahead; look at the server’s clock.',
  },
  webhook_signature_invalid: {
    isRetryable: false,
    meaning: 'No signature fits the body: it is forged, or the secret is another.',
  },
  webhook_body_unreadable: {
    isRetryable: false,
    meaning: 'The signature is right, and the body is no event of FinCore.',
  },
} as const satisfies Record<string, SdkErrorRow>

export type SdkErrorCode = keyof typeof sdkErrorCodes
