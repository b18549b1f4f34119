/**
 * The states of a charge, and everything that may happen to it. One exhaustive table: the compiler checks that no
 * state and no event is forgotten, `docs/states.md` is made from it, and a test compares it with the CHECK constraint.
 */
export const chargeStates = {
  processing: 'The intent is durable, and the PSP’s answer is not known yet.',
  requires_action: 'The shopper must act, for example confirm the payment with their bank (3-D Secure).',
  authorized: 'The funds are held. Capture or cancel.',
  captured: 'The money is moving to the merchant. Refunds have objects of their own.',
  failed: 'Final: no money moved.',
  canceled: 'Final: the shopper left, the merchant canceled, or the authorization lapsed; no money is held.',
} as const
export type ChargeStatus = keyof typeof chargeStates

/** What can happen to a charge, in the words of a PSP's outcome. */
export const chargeHappenings = {
  authorized: 'The PSP holds the funds.',
  captured: 'The PSP moved the money.',
  action_required: 'The PSP wants the shopper to act.',
  declined: 'The PSP or the bank said no, or it is proven that the PSP never acted.',
  ended: 'Abandoned by the shopper, canceled, or lapsed at the PSP.',
} as const
export type ChargeHappening = keyof typeof chargeHappenings

/** The next state; `same` when the happening tells nothing new; `contradiction` when it would reverse a final state. */
export type ChargeStep = ChargeStatus | 'same' | 'contradiction'

export const chargeTransitions: Record<ChargeStatus, Record<ChargeHappening, ChargeStep>> = {
  processing: {
    authorized: 'authorized',
    captured: 'captured',
    action_required: 'requires_action',
    declined: 'failed',
    ended: 'canceled',
  },
  requires_action: {
    authorized: 'authorized',
    captured: 'captured',
    action_required: 'same',
    declined: 'failed',
    ended: 'canceled',
  },
  // A late "authorized" or "action required" about a charge that went on is old news: PSP events come in any order.
  authorized: {
    authorized: 'same',
    captured: 'captured',
    action_required: 'same',
    declined: 'contradiction',
    ended: 'canceled',
  },
  captured: {
    authorized: 'same',
    captured: 'same',
    action_required: 'same',
    declined: 'contradiction',
    ended: 'contradiction',
  },
  failed: {
    authorized: 'contradiction',
    captured: 'contradiction',
    action_required: 'same',
    declined: 'same',
    ended: 'same',
  },
  canceled: { authorized: 'same', captured: 'contradiction', action_required: 'same', declined: 'same', ended: 'same' },
}
