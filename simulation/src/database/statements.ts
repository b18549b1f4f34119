import { learn } from './learn.ts'
import { attemptLessons } from './statements/attempts.ts'
import { auditLessons } from './statements/audit.ts'
import { chargeLessons } from './statements/charges.ts'
import { eventLessons } from './statements/events.ts'
import { hotPathLessons } from './statements/hot-path.ts'
import { idempotencyLessons } from './statements/idempotency.ts'

const lessons = [
  ...chargeLessons,
  ...attemptLessons,
  ...idempotencyLessons,
  ...eventLessons,
  ...auditLessons,
  ...hotPathLessons,
]

/** What every text means that the payment service sends in its flows, its inbox and outbox, and its resolver. */
export const statements = await learn(lessons)
