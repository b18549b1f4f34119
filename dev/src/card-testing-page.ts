import { declinePoints } from '@fincore/payment-service/abuse/decline-points'
import {
  blockTexts,
  freeRepeats,
  holdGrowth,
  leashPoints,
  probing,
  ruleNames,
  ruleOf,
  type Subject,
  sandboxHoldS,
} from '@fincore/payment-service/abuse/rules'
import { table } from './doc-page.ts'

const words: Readonly<Record<'points' | 'declines' | 'open', string>> = {
  points: 'points',
  declines: 'declined tries',
  open: 'tries under way and points',
}

/** The page about the defence against card testing: its rules, and what operators and merchants do about a block. */
export function describeCardTesting(): string {
  const codesOf = (points: number) =>
    Object.entries(declinePoints)
      .filter(([code, worth]) => worth === points && code !== 'refund_declined')
      .map(([code]) => `\`${code}\``)
      .join(', ')
  return [
    'Who has a list of stolen or made-up card numbers tries them at a shop, with small payments, to learn which of them work. The shop pays',
    'for every try, its banks begin to decline honest shoppers too, and the networks fine it. FinCore notices such a run within a few calls to',
    'the PSP, in all three flows, and does not try what explains it for a while. The figures, of attacks and of honest days:',
    '[card-testing-figures.md](card-testing-figures.md).',
    '',
    '## What is counted',
    '',
    'An attack is a run of declines over **different cards** with hardly an approval between them. So neither payments nor declines are counted in',
    'themselves, but **points**:',
    '',
    `- A declined card counts 2 when the reason is typical of testing: ${codesOf(2)}. It counts 1 for ${codesOf(1)}.`,
    `- What says nothing of the card counts nothing: ${codesOf(0)}. An outage of a bank or a PSP is no attack.`,
    '- Each card that is approved takes a point away, once within an hour, so that nobody hides many declined cards behind one good one. Points fade with time.',
    `- A card counts once, and nothing for its next ${freeRepeats} declines, because shoppers try again; from then on each time, because somebody guesses its code or its date.`,
    '- Repeats of an idempotency key are neither counted nor refused. Payments that the merchant begins with a card on file (`initiator: "merchant"`) are not either: a billing run has many declines.',
    '',
    '## Rules',
    '',
    table(
      [
        'rule',
        'counts, for one',
        'limit',
        'may be set from, to',
        'a point fades in',
        'the first block holds',
        'what it is',
      ],
      ruleNames.map((name) => {
        const { subject, counts, amounts, limit, least, most, fadeS, holdS, meaning, isOff } = ruleOf[name]
        return [
          `\`${name}\`${isOff === true ? ' (off)' : ''}`,
          `${words[counts]}${amounts === 'small' ? ' of small payments' : ''}; ${subject}`,
          String(limit),
          `${least}, ${most.toLocaleString('en')}`,
          say(fadeS),
          holdS === 0 ? 'while it is so' : say(holdS),
          meaning,
        ]
      }),
    ),
    '',
    'The narrowest rule that stops a run stops it alone: a payment session, then the shoppers of an address, then cards with the same first six',
    'digits, and only when nothing narrower explains it, new cards in one flow of the merchant; the other flows go on. What a block of an',
    'address or of first six digits explains counts by half for the wider rules, so that an attacker who takes the next address is stopped all the same. A small',
    'payment is one of up to 5.00 in most currencies.',
    '',
    `Each further block of the same session, address or first six digits within a day holds ${holdGrowth.factor.address} times as long as the one before, a day at most. After it`,
    `${leashPoints} points make the next one, until approvals have taken them away. Once two thirds of a limit are reached, tries without an answer count as if they were declined.`,
    '',
    '## While a whole flow is blocked',
    '',
    'Nobody can tell an attacker’s cards from those of new shoppers then, so a block of a flow is kept as short as the attack, and a competitor with',
    'a few made-up cards does not close a shop:',
    '',
    `- **Single tries go out as probes**: the first after ${say(probing.firstMs / 1_000)}, and after each that is declined the next waits twice as long, ${say(probing.longestMs / 1_000)} at most. An approved one lets the next out at once.`,
    `- **${probing.approvedToEnd} approvals in a row**, of different cards, **end the block** in all processes (\`card_testing.lift\`, by \`card_testing\`). Of it nothing is left: the next needs as many points as the first.`,
    `- **Shoppers who were good before are let through**: whose address had its last card approved in this flow within ${say(probing.goodForMs / 1_000)}; at the card relay also whose first six digits had, until ${probing.mostBadBins} such cards were declined. What they do counts for their address and first six digits.`,
    `- It holds no longer the second time. When its last ${probing.declinedToLeash} probes or more were declined, ${leashPoints} points make the next one, and its probes begin as rare as the last ones were.`,
    '',
    'A payment session is made when a probe is due, and whoever opens its link first takes the probe; others see the page that says what to do.',
    '',
    '**The address** of a shopper is `customer_ip` of the charge, or the one that opened the payment link. Of IPv6 the /64 counts. It is kept nowhere: in',
    'memory, with a payment session and in a block there is its network and a keyed digest that stands for it. **Send `customer_ip`**: without it an attack from one address can',
    'only be stopped by refusing new cards of all shoppers. An address inside a network (such as `10.0.0.1`) is that of a proxy, and the same for everybody: it',
    'counts as none, unless it is one of `allowed_addresses`.',
    '',
    '**What it does not see:** an attack whose cards are mostly good; one so slow that its points fade; what is under way when the first answers come.',
    'Who sends made-up cards all day, from ever other addresses and more of them than the shop has shoppers, has most of the probes: then new shoppers',
    'are refused for as long as it lasts, and only those who were good before pay. In exchange, between honest approvals some of its cards are tried.',
    'Each process counts what it sees itself and sends its own probes, so with several of them an attack costs up to so many times as many calls; a block',
    'holds in all of them within 5 s, and so does its end. A raw-card report that reaches another process than its request is counted without its address there. Counts, and who was good, are gone after a restart;',
    'blocks are not.',
    '',
    '## What a merchant sees',
    '',
    'A charge or a payment session is refused with 429 [`card_testing_suspected`](errors.md#card_testing_suspected) and `Retry-After`, before anything is',
    'written or sent; `detail` says which rule it was and what to do:',
    '',
    ...(Object.entries(blockTexts) as [Subject, string][]).map(([subject, text]) => `- ${subject}: ${text}`),
    '',
    'The event [`card_testing.suspected`](events.md) tells of each block, with the figures that explain it. A payment link that is opened from such an',
    'address shows a page that says what to do, and is not used up. A payment session that is blocked ends, with `payment_session.expired`.',
    '',
    'Whoever sees many of them should protect the checkout: a CAPTCHA before the payment, an account or an order before the card, no amount that the shopper chooses.',
    '',
    '## What an operator does',
    '',
    '```sh',
    'as $alice GET "/merchants/$m/card_testing/blocks?in_force=true"   # what is blocked, by which rule, and the figures that explain it',
    'as $alice GET "/merchants/$m/card_testing/blocks?address=203.0.113.9"   # whether a shopper’s address is among them',
    'as $alice POST /merchants/$m/card_testing/blocks/ctb_…/lift \'{"reason": "Their own call centre"}\'',
    'as $alice GET /merchants/$m/card_testing',
    'as $alice PUT /merchants/$m/card_testing \'{"rules": {"flow_declines": {"limit": 40}, "flow_open_tries": {"on": true}}, "allowed_addresses": ["203.0.113.0/28"]}\'',
    '```',
    '',
    '(`as`, `$alice` and `$m` are those of [operating.md](operating.md).) A `PUT` replaces all that was set; `{}` gives the table back. `on`, `limit` and',
    '`hold_seconds` can be set for each rule; a rule that is off counts nothing, and its blocks do not hold. Of an address in `allowed_addresses` nothing is',
    'counted or refused, such as that of a call centre which types in cards for many shoppers. It all holds at once in every process; should the announcement be lost, within 5 s, but for a merchant’s first payment after that. It is in the audit log:',
    '`card_testing.block`, `card_testing.lift`, `card_testing.set`. A block is listed for a year after its end.',
    '',
    '## In the sandbox',
    '',
    `The rules hold there too, so that you can see what happens. But a first block lasts ${say(sandboxHoldS)}. For a merchant whose`,
    'developers run tests of declines, switch the rules off with the `PUT` above.',
    '',
    '## Tuning',
    '',
    'Raise `flow_declines` and `flow_small_amount_declines` for a merchant of whose first tries more than a quarter are declined.',
  ].join('\n')
}

function say(seconds: number): string {
  if (seconds % 86_400 === 0 && seconds > 86_400) return `${seconds / 86_400} days`
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}
