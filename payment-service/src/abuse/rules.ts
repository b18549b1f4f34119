/**
 * The rules of the defence against card testing: somebody tries lists of stolen or made-up cards with small payments, to
 * learn which of them work. It shows as a run of declines over different cards with hardly an approval between them, so
 * that is what is counted, and nothing that a busy shop does: neither payments nor declines in themselves.
 *
 * Points: a declined card counts 1, or 2 when the reason is typical of testing (decline-points.ts); each approved card
 * takes one away, once within an hour; and they fade. A card counts once, for its second and third decline nothing, because
 * shoppers try again, and from the fourth each time. What is below is made into docs/card-testing.md.
 */

export type Flow = 'hosted' | 'token' | 'raw_card'
/** What a rule looks at, and blocks. The narrowest first: the first that explains a run stops it. */
export type Subject = 'session' | 'address' | 'bin' | 'flow'

type Rule = {
  subject: Subject
  /** `points`; `declines`, whatever the card; `open`, tries without an answer, and the points of the rule `beside` it. */
  counts: 'points' | 'declines' | 'open'
  beside?: 'address_declines' | 'flow_declines'
  /** Off until an operator sets it. */
  isOff?: true
  /** `small`: only payments of at most `smallAmount`. */
  amounts: 'any' | 'small'
  /** Blocks when so much has been counted. An operator may set another between `least` and `most`. */
  limit: number
  least: number
  most: number
  /** In so many seconds one point is forgotten. */
  fadeS: number
  /** How long the first block holds; 0: only while it is so. Of all but a flow it is six times as long with each within a day. */
  holdS: number
  meaning: string
}

const rules = {
  session_declines: {
    subject: 'session',
    counts: 'declines',
    amounts: 'any',
    limit: 8,
    least: 3,
    most: 50,
    fadeS: 86_400,
    holdS: 86_400,
    meaning: 'Tries that were declined in one payment session. The session is closed at the PSP.',
  },
  address_declines: {
    subject: 'address',
    counts: 'points',
    amounts: 'any',
    limit: 10,
    least: 4,
    most: 200,
    fadeS: 300,
    holdS: 3_600,
    meaning: 'Declined cards from one address of shoppers (of IPv6 the /64).',
  },
  address_open_tries: {
    subject: 'address',
    counts: 'open',
    beside: 'address_declines',
    amounts: 'any',
    limit: 16,
    least: 4,
    most: 500,
    fadeS: 60,
    holdS: 0,
    meaning:
      'Tries of one address that the PSP has not answered yet, beside its points. Each card that was approved there lately makes room for one more.',
  },
  bin_declines: {
    subject: 'bin',
    counts: 'points',
    amounts: 'any',
    limit: 11,
    least: 5,
    most: 500,
    fadeS: 300,
    holdS: 3_600,
    meaning:
      'Declined cards with the same first six digits. Only the card relay knows them before the PSP is called, so only there the block holds.',
  },
  flow_small_amount_declines: {
    subject: 'flow',
    counts: 'points',
    amounts: 'small',
    limit: 11,
    least: 6,
    most: 1_000,
    fadeS: 120,
    holdS: 1_800,
    meaning: 'Declined cards of small payments, in one flow of the merchant.',
  },
  flow_declines: {
    subject: 'flow',
    counts: 'points',
    amounts: 'any',
    limit: 13,
    least: 8,
    most: 1_000,
    fadeS: 120,
    holdS: 1_800,
    meaning: 'Declined cards in one flow of the merchant: more than half of all, over a run of tries.',
  },
  flow_open_tries: {
    subject: 'flow',
    counts: 'open',
    beside: 'flow_declines',
    isOff: true,
    amounts: 'any',
    limit: 16,
    least: 4,
    most: 5_000,
    fadeS: 600,
    holdS: 0,
    meaning:
      'The same of a whole flow. Off without an operator’s word: it stops an attack by many addresses at once, but a shop that opens with a sale, at a slow PSP, turns shoppers away.',
  },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof rules
/** The same table where each rule is one like the others. */
export const ruleOf: Readonly<Record<RuleName, Rule>> = rules
export const ruleNames = Object.keys(rules) as RuleName[]

/** In minor units: 5.00 of a currency with two digits. Where the minor unit is worth little, it is less. */
export const smallAmount = { ofMostCurrencies: 500n, ofThreeDigits: 5_000n } as const

/** From the fourth decline on, a card counts each time: somebody guesses its code or its date. */
export const freeRepeats = 2

/** Once so much of a limit is reached, tries without an answer count as if they were declined. */
export const alertShare = 2 / 3

/**
 * A block is so many times as long as the one before, of those of the last day, and at most so long. Of a whole flow it
 * is not: with a few cards a competitor would close a shop for days.
 */
export const holdGrowth = { factor: { session: 6, address: 6, bin: 6, flow: 1 }, longestS: 86_400 } as const satisfies {
  factor: Record<Subject, number>
  longestS: number
}

/** In the sandbox a first block is over soon: whoever tries declined cards there is a developer. */
export const sandboxHoldS = 60

/**
 * After a block, so many points make the next one; approved payments soon make it the whole limit again. Of a flow only
 * when enough single tries in it were declined, and none was approved since.
 */
export const leashPoints = 3

/**
 * While a whole flow is blocked, single tries go out to see whether the attack goes on: the first so long after its
 * beginning, and with each that is declined after twice as long, at most the longest. So many that are approved in a
 * row, of other cards each, end it. Shoppers whose last card was approved so lately are not stopped by it at all.
 */
export const probing = {
  firstMs: 30_000,
  longestMs: 600_000,
  approvedToEnd: 3,
  /** After so many that were declined in a row, the attack goes on, and few points make the next block. */
  declinedToLeash: 3,
  goodForMs: 7 * 86_400_000,
  /** Known first six digits let nobody through any more once so many cards were declined that they let through. */
  mostBadBins: 3,
} as const

/** What a merchant is told: what is blocked and what to do. Not how much of what was counted: an attacker may read it. */
export const blockTexts: Readonly<Record<Subject, string>> = {
  session:
    'Too many cards were declined in this payment session. It takes no more of them. Make a new session if the shopper still wants to pay.',
  address:
    'Too many cards were declined for shoppers at this address, so no more are tried from there. Let the shopper pay from elsewhere or another way.',
  bin: 'Too many cards of this kind were declined, so no more of them are tried. Ask for another card.',
  flow: 'Too many cards were declined in your shop, so new cards are refused in this flow until single tries succeed again. Protect your checkout, for example with a CAPTCHA and by sending `customer_ip`; your operator can lift this at once.',
}
