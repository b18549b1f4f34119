/** The states of a payment session and what ends it. Drawn into the docs, and compared with SQL by a test. */
export const sessionStates = {
  open: 'The shopper can pay.',
  completed: 'Paid; `charge` names the charge.',
  expired: 'Closed at the PSP because its time was over, or the merchant asked for it.',
  canceled: 'The shopper pressed cancel, and the PSP closed its page.',
} as const
export type SessionStatus = keyof typeof sessionStates

export const sessionHappenings = {
  paid: 'A payment of the session was approved.',
  expired: 'The time is over, or the merchant asked, and the PSP has closed its page.',
  canceled: 'The shopper pressed cancel, and the PSP has closed its page.',
} as const
export type SessionHappening = keyof typeof sessionHappenings

/** `late`: money arrived after the end; it is recorded, flagged, and given back unless the merchant keeps it. */
export type SessionStep = SessionStatus | 'same' | 'late'

export const sessionTransitions: Record<SessionStatus, Record<SessionHappening, SessionStep>> = {
  open: { paid: 'completed', expired: 'expired', canceled: 'canceled' },
  completed: { paid: 'late', expired: 'same', canceled: 'same' },
  expired: { paid: 'late', expired: 'same', canceled: 'same' },
  canceled: { paid: 'late', expired: 'same', canceled: 'same' },
}
