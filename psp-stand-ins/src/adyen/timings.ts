/** How long things take here, in milliseconds. Tests shorten them. */
export const defaultTimings = {
  /** A held connection is cut after this. Longer than any caller should wait. */
  holdMs: 60_000,
  slowReplyMs: 3_000,
  /** Between `received` and what becomes of a capture, cancellation or refund. Adyen takes minutes, and says so. */
  modificationMs: 150,
  /** A refund of the card `refund_slow` takes this long. */
  slowRefundMs: 2_000,
  /** What a scheme rejects in the end (`CAPTURE_FAILED`, `REFUND_FAILED`) comes this long after it seemed done. */
  lateFailureMs: 500,
  /** Webhooks start this long after their event, so that the caller usually has its answer first. */
  webhookDelayMs: 50,
  /** The first retry of a webhook; each further one waits twice as long, up to `webhookMaxRetryMs`. */
  webhookFirstRetryMs: 1_000,
  webhookMaxRetryMs: 60_000,
  webhookTimeoutMs: 10_000,
  /** The answer of `webhook_before_reply` waits no longer than this for the webhook. */
  webhookBeforeReplyMs: 5_000,
} as const

export type Timings = { readonly [K in keyof typeof defaultTimings]: number }
