import { Type } from 'typebox'
import type { App } from '../../server/server.ts'
import { listUnresolvedAttempts, type UnresolvedAttempt } from '../../store/unresolved-attempts.ts'
import { readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'

const listSchema = {
  querystring: Type.Object(
    {
      ...pageQuery,
      older_than_seconds: Type.Optional(Type.String({ pattern: '^\\d{1,7}$', description: '60 without it.' })),
      merchant: Type.Optional(Type.String({ maxLength: 64 })),
    },
    { additionalProperties: false },
  ),
}

const whyByState: Readonly<Record<UnresolvedAttempt['state'], string>> = {
  sent: 'The call was begun and its outcome was never recorded: the process or the card relay stopped, or it is still running.',
  unknown:
    'The PSP answered late, unreadably or not at all, so it may or may not have acted. It is asked until it knows.',
  action_required: 'The PSP waits for the shopper, for example for 3-D Secure.',
}

export function addUnresolvedAttemptRoutes(app: App, deps: AdminDeps): void {
  app.get('/admin/v1/unresolved_attempts', { schema: listSchema, config: readingRoute }, (request) => {
    const { older_than_seconds, merchant, ...query } = request.query
    const now = deps.now()
    const sentBefore = new Date(now.getTime() - Number(older_than_seconds ?? 60) * 1_000)
    const read = (page: { before: string | null; limit: number }) =>
      listUnresolvedAttempts(deps.pool, { sentBefore, merchantId: merchant ?? null }, page)
    return listPage(query, read, (attempt) => showAttempt(attempt, now))
  })
}

function showAttempt(attempt: UnresolvedAttempt, now: Date) {
  return {
    object: 'unresolved_attempt',
    id: attempt.id,
    merchant: attempt.merchantId,
    kind: attempt.kind,
    state: attempt.state,
    why: whyByState[attempt.state],
    charge: attempt.chargeId,
    refund: attempt.refundId,
    payment_session: attempt.paymentSessionId,
    amount: attempt.amount === null ? null : Number(attempt.amount),
    psp_account: attempt.pspAccountId,
    psp_reference: attempt.pspReference,
    age_seconds: Math.floor((now.getTime() - attempt.sentAt.getTime()) / 1_000),
    lookups: attempt.lookups,
    next_lookup_at: attempt.nextLookupAt.toISOString(),
    alerted_at: attempt.alertedAt?.toISOString() ?? null,
    sent_at: attempt.sentAt.toISOString(),
  }
}
