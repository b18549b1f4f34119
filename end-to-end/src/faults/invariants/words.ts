/** The statuses that can come after each, itself included, as the merchant was promised them (docs/states.md). */
export const following: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
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

/**
 * Whether an object that was `before` may be `after` later. Other objects have no life that is watched.
 * @throws Error for a status that a watched object cannot have: nothing could be judged by it.
 */
export function mayFollow(object: string, before: string, after: string): boolean {
  const statuses = following[object]
  if (statuses === undefined) return true
  followingOf(object, statuses, after)
  return followingOf(object, statuses, before).includes(after)
}

/** Whether nothing may follow a status but itself. @throws Error as `mayFollow` does. */
export function isFinal(object: string, status: string): boolean {
  const statuses = following[object]
  return statuses !== undefined && followingOf(object, statuses, status).length === 1
}

function followingOf(object: string, statuses: Readonly<Record<string, readonly string[]>>, status: string) {
  const next = Object.hasOwn(statuses, status) ? statuses[status] : undefined
  if (next === undefined) throw new Error(`A ${object} cannot be “${status}”`)
  return next
}
