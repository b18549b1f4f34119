import type { StatementMoment } from './database-link.ts'
import type { HttpMoment } from './http-link.ts'
import type { Place } from './meddling.ts'

/**
 * Who is killed at a step. `its instance` is the payment service whose bytes are held there; `workers` are all of them,
 * where the bytes do not tell which.
 */
export type Victim = 'its instance' | 'workers' | 'card relay' | 'PSP' | 'PostgreSQL'

/** What the drill does so that the step is reached. */
export type Drive = 'token charge' | 'card charge' | 'capture' | 'cancel' | 'refund' | 'session' | 'anything'

export type Step = {
  name: string
  victim: Victim
  drive: Drive
  /** @param needle the idempotency key or the amount of the drive's own request; empty for `anything`. */
  place(needle: { key: string; amount: number }): Place
}

type Needle = Parameters<Step['place']>[0]

const statement =
  (at: StatementMoment, ...texts: string[]) =>
  ({ key }: Needle): Place => ({
    at,
    statement: ({ text }) => texts.every((part) => text.includes(part)) && text.includes(key),
  })

/** The commit of a transaction that held these texts and the drive's key. */
const commit =
  (at: StatementMoment, ...texts: string[]) =>
  ({ key }: Needle): Place => ({
    at,
    statement: ({ text, transaction }) =>
      /^.{5}commit/s.test(text) && texts.every((part) => transaction.includes(part)) && transaction.includes(key),
  })

const exchange =
  (at: HttpMoment, link: string, path: RegExp, withAmount = true) =>
  ({ amount }: Needle): Place => ({
    at,
    exchange: (one) =>
      one.link === link && path.test(one.path) && (!withAmount || new RegExp(`\\b${amount}\\b`).test(one.body)),
  })

/** The same moments of every call to the PSP. */
function around(what: string, drive: Drive, link: string, path: RegExp, victims: Victim[], withAmount = true): Step[] {
  const moments: [string, HttpMoment][] = [
    [`${what}: the request is at the PSP’s door`, 'request seen'],
    [`${what}: the PSP has the request`, 'request passed on'],
    [`${what}: the PSP’s reply is on its way`, 'reply seen'],
  ]
  return moments.flatMap(([name, at]) =>
    victims.map((victim): Step => ({ name, victim, drive, place: exchange(at, link, path, withAmount) })),
  )
}

/** Before and after each of the two durable writes. */
function writes(what: string, drive: Drive, intent: WriteOf, outcome: WriteOf, victims: Victim[]): Step[] {
  const moments: [string, ReturnType<WriteOf>][] = [
    [`${what}: the intent is about to be written`, intent('statement seen')],
    [`${what}: the intent is written, nobody was told`, intent('answer seen')],
    [`${what}: the outcome is about to be written`, outcome('statement seen')],
    [`${what}: the outcome is written, nobody was told`, outcome('answer seen')],
  ]
  return moments.flatMap(([name, place]) => victims.map((victim): Step => ({ name, victim, drive, place })))
}
type WriteOf = (at: StatementMoment) => (needle: Needle) => Place

const anything =
  (at: StatementMoment, ...texts: string[]) =>
  (): Place => ({ at, statement: ({ text }) => texts.every((part) => text.includes(part)) })

const followUp = (what: 'capture' | 'cancel' | 'refund', path: RegExp): Step[] => [
  ...writes(
    what,
    what,
    (at) => commit(at, 'insert into attempts'),
    (at) => commit(at, 'update idempotency_keys set response_status'),
    ['its instance', ...(what === 'capture' ? (['PostgreSQL'] as const) : [])],
  ),
  // A cancel names no amount, and nothing else is canceled meanwhile by the drive's own payment.
  ...around(
    what,
    what,
    'tokens',
    path,
    what === 'refund' ? ['its instance', 'PSP'] : ['its instance'],
    what !== 'cancel',
  ),
]

/** Every named step of a payment's life, and who dies there. */
export const steps: readonly Step[] = [
  ...writes(
    'token charge',
    'token charge',
    (at) => statement(at, 'record-intents'),
    (at) => statement(at, 'record-outcomes'),
    ['its instance', 'PostgreSQL'],
  ),
  ...around('token charge', 'token charge', 'tokens', /^\/v2\/payments$/, ['its instance', 'PSP']),
  {
    name: 'token charge: the answer is on its way to the merchant',
    victim: 'its instance',
    drive: 'token charge',
    place: exchange('reply seen', 'front', /^\/v1\/charges$/),
  },
  {
    name: 'card charge: the relay asks for admission',
    victim: 'card relay',
    drive: 'card charge',
    place: exchange('request seen', 'internal', /^\/internal\/admission$/, false),
  },
  {
    name: 'card charge: the relay hands over all but the card',
    victim: 'card relay',
    drive: 'card charge',
    place: exchange('request seen', 'internal', /^\/internal\/card_charges$/),
  },
  {
    name: 'card charge: the instruction is on its way to the relay',
    victim: 'card relay',
    drive: 'card charge',
    place: exchange('reply seen', 'internal', /^\/internal\/card_charges$/),
  },
  ...writes(
    'card charge',
    'card charge',
    (at) => statement(at, 'record-audited-intents'),
    (at) => statement(at, 'record-outcomes'),
    ['its instance'],
  ),
  ...around('card charge', 'card charge', 'cards', /^\/v2\/payments$/, ['card relay', 'PSP']),
  {
    name: 'card charge: the relay reports',
    victim: 'card relay',
    drive: 'card charge',
    place: exchange('request seen', 'internal', /\/report$/),
  },
  {
    name: 'card charge: the last instruction is on its way to the relay',
    victim: 'card relay',
    drive: 'card charge',
    place: exchange('reply seen', 'internal', /\/report$/),
  },
  ...followUp('capture', /\/captures$/),
  ...followUp('cancel', /\/cancellations$/),
  ...followUp('refund', /\/refunds$/),
  ...writes(
    'session',
    'session',
    (at) => commit(at, 'insert into payment_sessions'),
    (at) => commit(at, 'update idempotency_keys set response_status'),
    ['its instance'],
  ),
  ...around('session', 'session', 'tokens', /^\/v2\/checkout_sessions$/, ['its instance']),
  {
    name: 'inbox: a webhook is about to be stored',
    victim: 'its instance',
    drive: 'token charge',
    place: anything('statement seen', 'insert into psp_events'),
  },
  {
    name: 'inbox: a webhook is stored, the PSP was not told',
    victim: 'its instance',
    drive: 'token charge',
    place: anything('answer seen', 'insert into psp_events'),
  },
  {
    name: 'inbox: an event is taken',
    victim: 'its instance',
    drive: 'token charge',
    place: anything('answer seen', 'update psp_events event set next_try_at'),
  },
  {
    name: 'inbox: an event is applied, and not marked so',
    victim: 'its instance',
    drive: 'token charge',
    place: anything('statement seen', 'update psp_events set state'),
  },
  {
    name: 'outbox: deliveries are taken',
    victim: 'its instance',
    drive: 'token charge',
    place: anything('answer seen', 'update webhook_deliveries delivery set next_try_at'),
  },
  {
    name: 'outbox: a delivery is at the merchant’s door',
    victim: 'workers',
    drive: 'token charge',
    place: exchange('request seen', 'events', /./, false),
  },
  {
    name: 'outbox: the merchant has taken a delivery',
    victim: 'workers',
    drive: 'token charge',
    place: exchange('reply seen', 'events', /./, false),
  },
  {
    name: 'outbox: a delivery is about to be recorded',
    victim: 'its instance',
    drive: 'token charge',
    place: anything('statement seen', 'update webhook_deliveries delivery', 'set tries'),
  },
  {
    name: 'resolver: an attempt is taken',
    victim: 'its instance',
    drive: 'anything',
    place: anything('answer seen', 'update attempts set next_lookup_at', 'for update skip locked'),
  },
  {
    name: 'resolver: the look-up is at the PSP’s door',
    victim: 'workers',
    drive: 'anything',
    place: exchange('request seen', 'tokens', /^\/v2\/lookup/, false),
  },
  {
    name: 'resolver: the look-up’s answer is on its way',
    victim: 'workers',
    drive: 'anything',
    place: exchange('reply seen', 'tokens', /^\/v2\/lookup/, false),
  },
]
