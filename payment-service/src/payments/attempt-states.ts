/** The states of an attempt: one call to a PSP that makes or moves something. Compared with SQL by a test. */
export const attemptStates = {
  sent: 'The intent is durable; the call is under way, or the process that made it is gone.',
  approved: 'The PSP did it.',
  declined: 'The PSP or the bank said no.',
  action_required: 'The PSP waits for the shopper.',
  rejected:
    'Proven never executed: refused before sending, a documented rejection, or not found after the consistency window.',
  unknown: 'No answer that can be trusted; the resolver asks until there is one. Never taken for a failure.',
} as const
export type AttemptState = keyof typeof attemptStates
