/** How long things take here, in milliseconds. Tests shorten them; the reference names the defaults. */
export const defaultTimings = {
  /** A held connection is cut after this. Longer than any caller should wait. */
  holdMs: 60_000,
  slowReplyMs: 3_000,
  refundPendingMs: 2_000,
  /** The challenge of the card `challenge_abandoned` ends by itself after this. */
  abandonChallengeMs: 1_000,
  /** The card `late_success` is approved this long after its session's expiry. */
  lateApprovalMs: 1_000,
  /** A `payment.authorized` that is to be out of order comes this late. */
  outOfOrderMs: 1_500,
  /** Webhooks start this long after the movement, so that the caller usually has its answer first. */
  webhookDelayMs: 50,
  /** The first retry of a webhook; each further one waits twice as long, up to `webhookMaxRetryMs`. */
  webhookFirstRetryMs: 1_000,
  webhookMaxRetryMs: 60_000,
  webhookGiveUpMs: 24 * 60 * 60_000,
  webhookTimeoutMs: 10_000,
  /** The answer of `webhook_before_reply` waits no longer than this for the webhook. */
  webhookBeforeReplyMs: 5_000,
  tokenLifeMs: 15 * 60_000,
} as const

export type Timings = { readonly [K in keyof typeof defaultTimings]: number }
