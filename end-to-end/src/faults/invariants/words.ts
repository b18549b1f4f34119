/** The statuses that can come after each, itself included, as the merchant was promised them (docs/states.md). */
const following: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  charge: {
    processing: ['processing', 'requires_action', 'authorized', 'captured', 'failed', 'canceled'],
    requires_action: ['requires_action', 'authorized', 'captured', 'failed', 'canceled'],
    authorized: ['authorized', 'captured', 'canceled'],
    captured: ['captured'],
    failed: ['failed'],
    canceled: ['canceled'],
  },
  refund: {
    pending: ['pending', 'succeeded', 'failed'],
    succeeded: ['succeeded'],
    failed: ['failed'],
  },
  payment_session: {
    open: ['open', 'completed', 'expired', 'canceled'],
    completed: ['completed'],
    expired: ['expired'],
    canceled: ['canceled'],
  },
}

/** Whether an object that was `before` may be `after` later. Other objects have no life that is watched. */
export function mayFollow(object: string, before: string, after: string): boolean {
  return following[object]?.[before]?.includes(after) ?? true
}

/** Whether nothing may follow a status but itself. */
export function isFinal(object: string, status: string): boolean {
  return following[object]?.[status]?.length === 1
}
