import { disabledReasons } from '@fincore/api-contract/webhook-endpoints'

/** Every kind of notice, and when it is made. Docs are made from this table, and a test compares it with SQL. */
export const noticeKinds = {
  webhook_endpoint_failing:
    'Every try of a webhook endpoint has failed for a day. It is made once until a try is taken.',
  webhook_endpoint_disabled: 'FinCore disabled a webhook endpoint: every try of five days failed, or it answered 410.',
  raw_card_grant_lapsing: 'A raw-card grant ends within 60, 30 or 7 days; once for each of the three.',
  card_testing_flow_blocked:
    'Card testing is suspected, and nothing narrower explains it than new cards in one flow of a merchant: shoppers are turned away meanwhile.',
  raw_card_grant_expired: 'The last day of a raw-card grant has passed; under it no card is taken any more.',
} as const
export type NoticeKind = keyof typeof noticeKinds

/** An e-mail that is ready to be sent: plain text, whole sentences, no secret and no card data. */
export type NewNotice = { kind: NoticeKind; subject: string; body: string }

export type EndpointFacts = {
  /** The merchant's name. */
  merchant: string
  merchantId: string
  /** The endpoint's id. */
  endpoint: string
  /** Of its address; the whole of it may hold a secret of the merchant's. */
  host: string
  failingSince: Date
}

export function failingEndpointNotice(facts: EndpointFacts): NewNotice {
  return write('webhook_endpoint_failing', `${facts.merchant}: the webhooks to ${facts.host} have failed for a day`, [
    `Every try to send an event to ${facts.host} has failed since ${at(facts.failingSince)}.`,
    'FinCore goes on trying. After five days of it the endpoint is disabled.',
    'Ask the merchant to look at that server. Why each try failed, and what was answered, stands at',
    `GET /v1/webhook_endpoints/${facts.endpoint}/deliveries and at each delivery’s /tries.`,
    ...signEndpoint(facts),
  ])
}

export function disabledEndpointNotice(reason: 'gone' | 'failing', facts: EndpointFacts): NewNotice {
  const why =
    reason === 'gone'
      ? `The server at ${facts.host} answered 410, which asks for no more events.`
      : `Every try to send an event to ${facts.host} has failed since ${at(facts.failingSince)}.`
  return write('webhook_endpoint_disabled', `${facts.merchant}: the webhook endpoint at ${facts.host} was disabled`, [
    why,
    'FinCore disabled the endpoint; what waited for it is canceled, and nothing is sent to it any more.',
    disabledReasons[reason],
    'The merchant enables it with PATCH {"status": "enabled"}, sends what failed again with POST …/redeliver_failed, and reads',
    'what happened meanwhile at GET /v1/events.',
    ...signEndpoint(facts),
  ])
}

export type GrantFacts = { merchant: string; merchantId: string; grant: string; validUntil: string; daysLeft: number }

export function lapsingGrantNotice(facts: GrantFacts): NewNotice {
  const { merchant, validUntil, daysLeft } = facts
  const when = daysLeft === 0 ? 'today' : daysLeft === 1 ? 'tomorrow' : `in ${daysLeft} days`
  return write('raw_card_grant_lapsing', `${merchant}: the raw-card grant ends ${when}`, [
    `The last day of the grant is ${validUntil}. From the day after, the card relay takes no card of this merchant’s.`,
    'Ask the merchant for this year’s evidence (SAQ D, or ROC with AOC). One operator asks for the next grant, another approves',
    'it; the one in force holds until then.',
    ...signGrant(facts),
  ])
}

export function expiredGrantNotice(facts: GrantFacts): NewNotice {
  return write('raw_card_grant_expired', `${facts.merchant}: the raw-card grant has ended`, [
    `The last day of the grant was ${facts.validUntil}. A grant that was in force is so no more, and the card relay takes no card under it.`,
    'Payments by the hosted page and by token go on. For a new grant the merchant needs new evidence, and two operators.',
    ...signGrant(facts),
  ])
}

export type FlowBlockFacts = {
  merchant: string
  merchantId: string
  /** The block's id. */
  block: string
  flow: string
  declined: number
  approved: number
  until: Date
}

export function blockedFlowNotice(facts: FlowBlockFacts): NewNotice {
  const { merchant, merchantId, block, flow, declined, approved, until } = facts
  return write('card_testing_flow_blocked', `${merchant}: new cards are refused in the flow ${flow}`, [
    `Somebody seems to try out stolen cards: ${declined} tries were declined in a row, and ${approved} approved between them.`,
    `New cards are refused in the flow ${flow} until ${at(until)}, or until single tries are approved again. The merchant’s other flows go on.`,
    'Ask the merchant to protect its checkout and to send customer_ip, so that the attacker’s address is refused and not the shop’s flow.',
    'If it is no attack, lift the block with POST …/card_testing/blocks/{block}/lift, and raise the limit with PUT …/card_testing.',
    '',
    `Merchant: ${merchant} (${merchantId})`,
    `Block: ${block}`,
  ])
}

const signEndpoint = ({ merchant, merchantId, endpoint }: EndpointFacts) => [
  '',
  `Merchant: ${merchant} (${merchantId})`,
  `Endpoint: ${endpoint}`,
]
const signGrant = ({ merchant, merchantId, grant }: GrantFacts) => [
  '',
  `Merchant: ${merchant} (${merchantId})`,
  `Grant: ${grant}`,
]

const at = (time: Date) => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** A subject is one line of a mail's head: a merchant's name must not make it two. */
function write(kind: NoticeKind, subject: string, lines: readonly string[]): NewNotice {
  return { kind, subject: subject.replaceAll(/\s+/g, ' ').slice(0, 200).toWellFormed(), body: `${lines.join('\n')}\n` }
}
