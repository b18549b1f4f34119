/** The states of a refund. Drawn into the docs, and compared with SQL by a test. */
export const refundStates = {
  pending: 'The amount is reserved; the PSP has not said yet whether it gave the money back.',
  succeeded: 'Final: the PSP gave the money back.',
  failed: 'Final: no money was given back; the amount can be refunded again.',
} as const
export type RefundStatus = keyof typeof refundStates

export const refundHappenings = {
  succeeded: 'The PSP gave the money back.',
  pending: 'The PSP took the refund and will say later.',
  failed: 'The PSP refused, or it is proven that it never acted.',
} as const
export type RefundHappening = keyof typeof refundHappenings
export type RefundStep = RefundStatus | 'same' | 'contradiction'

export const refundTransitions: Record<RefundStatus, Record<RefundHappening, RefundStep>> = {
  pending: { succeeded: 'succeeded', pending: 'same', failed: 'failed' },
  succeeded: { succeeded: 'same', pending: 'same', failed: 'contradiction' },
  failed: { succeeded: 'contradiction', pending: 'same', failed: 'same' },
}
