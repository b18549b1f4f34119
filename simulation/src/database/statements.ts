import { learn } from './learn.ts'
import { settlementLessons } from './statements/attempt-settlements.ts'
import { attemptLessons } from './statements/attempts.ts'
import { auditLessons } from './statements/audit.ts'
import { chargeLessons } from './statements/charges.ts'
import { disputeLessons } from './statements/disputes.ts'
import { eventLessons } from './statements/events.ts'
import { hotPathLessons } from './statements/hot-path.ts'
import { idempotencyLessons } from './statements/idempotency.ts'
import { lookUpLessons } from './statements/look-ups.ts'
import { pspEventLessons } from './statements/psp-events.ts'
import { refundLessons } from './statements/refunds.ts'
import { sessionAttemptLessons } from './statements/session-attempts.ts'
import { sessionLessons } from './statements/sessions.ts'
import { unresolvedAttemptLessons } from './statements/unresolved-attempts.ts'
import { deliveryLessons } from './statements/webhook-deliveries.ts'
import { endpointLessons } from './statements/webhook-endpoints.ts'

const lessons = [
  ...hotPathLessons,
  ...chargeLessons,
  ...attemptLessons,
  ...refundLessons,
  ...disputeLessons,
  ...sessionLessons,
  ...sessionAttemptLessons,
  ...idempotencyLessons,
  ...eventLessons,
  ...deliveryLessons,
  ...endpointLessons,
  ...pspEventLessons,
  ...unresolvedAttemptLessons,
  ...lookUpLessons,
  ...settlementLessons,
  ...auditLessons,
]

/** What every text means that the payment service sends in its flows, its inbox and outbox, and its resolver. */
export const statements = await learn(lessons)
