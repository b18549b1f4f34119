/** Every type of event that FinCore sends to merchants. Docs are made from this table. */
export const eventTypes = {
  'charge.requires_action': 'The shopper must act; send them to `next_action.url`.',
  'charge.authorized': 'The funds are held. Capture or cancel the charge.',
  'charge.captured': 'The money is moving to you. Deliver.',
  'charge.failed':
    'The charge failed, and no money moved. In a payment session the shopper may be trying another card: wait for the session’s own events.',
  'charge.canceled': 'The charge ended without money: canceled, abandoned, or lapsed.',
  'charge.refunded': 'A refund of the charge succeeded; `amount_refunded` is the new total.',
  'charge.updated': 'An operation on the charge ended without changing its status, or a flag was added.',
  'refund.created': 'A refund was made and its amount reserved.',
  'refund.succeeded': 'The money was given back.',
  'refund.failed': 'The refund failed; its amount can be refunded again.',
  'payment_session.completed': 'The session was paid; `charge` names the charge.',
  'payment_session.expired': 'The session’s time was over, or you expired it; nothing can be paid with it any more.',
  'payment_session.canceled': 'The shopper pressed cancel.',
  ping: 'A test event that you asked for.',
} as const

export type EventType = keyof typeof eventTypes
