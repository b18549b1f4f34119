import { type FalseAlarms, measureFalseAlarms } from '@fincore/payment-service/card-door/testing/false-alarms'
import { mostExemptions } from '@fincore/payment-service/store/tripwire-exemptions'
import { table } from './doc-page.ts'

/** Texts of each kind: enough to see one in a thousand, few enough to be measured at every check. */
const sample = 5_000

/** The page about the tripwire, with its false alarms as they are measured now. */
export function describeTripwire(): string {
  return [
    'Only the card relay takes card numbers. Everywhere else a **tripwire** looks for them in what is sent, because a number that',
    'arrives in a description or a log stays there. It is a net under a mistake; who wants to smuggle a number writes it in words.',
    '',
    '## What is watched',
    '',
    'Every request of the public API, of shoppers’ links and of the admin API: every part of the path, every name and value of the',
    'query, `Idempotency-Key`, every name, text and number of a JSON body, and forms. No other header is kept or logged. A JSON body',
    'is looked at as bytes, before it is parsed, and what is found is overwritten in them. An address and a header are text in the',
    'process’s memory by then; they are forgotten with the request.',
    '',
    'A card number is 12 to 19 digits with a brand’s beginning, a length that the brand issues and a right check digit (Luhn). A JSON',
    'number, which may be an amount, counts from 14 digits. In a text it is found in one go; in groups of any sizes with one space or',
    'dash between two; and with other separators, up to three spaces, dashes, dots, slashes and the like between two, in groups of one',
    'size (the last may be shorter) or of 4, 6 and the rest, as American Express and Diners Club print them. It is found with soft',
    'hyphens, zero-width or other invisible characters anywhere in it, in ASCII, full-width or Arabic digits, escaped as in JSON or as',
    'in a URL.',
    'Besides: whatever stands at `payment_method.card.number` and `.cvc`, and at keys of `metadata` that are named `cvc`, `cvv`,',
    '`card_number` or `pan`.',
    '',
    'The answer is 403 [`card_data_not_accepted_here`](errors.md#card_data_not_accepted_here), with the field in `param` and the right',
    'door in `detail`; a shopper gets a page. The audit log has it as `card_data.send` (for an operator’s change, as the refused',
    'change), with the caller, the route and the field, and without the number.',
    '',
    '**Webhooks of a PSP** are not refused for a card number in a text, because they say what became of money: the digits are',
    'overwritten before the event is stored, and the audit log has `psp_webhook.mask_card_data`. Ask the PSP why it sends them. One that',
    '*names* its event, its payment or its page so is refused (`psp_webhook.refused`, `card_number_in_an_identifier`): changed, it',
    'would name something else. An outcome that is in doubt is asked for under FinCore’s own reference, without it.',
    '',
    'At the card relay a second card number, in any field but the card’s own, is refused with the same code, and is in the audit log',
    'in the same way. Should the payment service not take that record, the relay logs `refusal_not_audited` with the request.',
    '',
    '## How often it is wrong',
    '',
    'A number of 16 digits that begins like a card is a card number to anyone once in ten times. So:',
    '',
    table(
      ['An honest', 'such as', `taken for a card, of ${sample.toLocaleString('en')}`],
      measureFalseAlarms(sample).map((figures) => [figures.name, `\`${figures.example}\``, sayShare(figures)]),
    ),
    '',
    'Good order numbers have letters between their digits, or begin with a year of four digits, or are UUIDs. Worst are those of 16',
    'digits that begin with the date as YYMMDD: cards of Mastercard begin with 2221 to 2720.',
    '',
    '## Exempt a key',
    '',
    'When a merchant cannot change its numbers, let it send them under a key of `metadata`, and exempt that key for that merchant:',
    '',
    '```sh',
    'as $alice PUT /merchants/$m/tripwire_exemptions/order_no \'{"reason": "Order numbers of the old shop have 16 digits"}\'',
    'as $alice GET /merchants/$m/tripwire_exemptions',
    'as $alice DELETE /merchants/$m/tripwire_exemptions/order_no',
    '```',
    '',
    '(`as`, `$alice` and `$m` are those of [operating.md](operating.md).) It holds within 5 s, at the API and at the card relay, for the',
    'text directly at `metadata.order_no` and for nothing else. What stands there is stored and sent on unseen: exempt no key that a',
    `person types into. A merchant has at most ${mostExemptions}. A key that speaks of cards (\`card\`, \`credit\`, \`cvc\`, \`cvv\`, \`pan\`, \`cc\`, …) cannot`,
    'be exempt. Both changes are in the audit log, `tripwire_exemption.set` with its reason and `tripwire_exemption.delete`.',
    '',
    'At the card relay one number is refused there all the same: that of the card itself.',
  ].join('\n')
}

function sayShare({ alarms, sample }: FalseAlarms): string {
  return alarms === 0 ? 'none' : `${alarms} (${((alarms / sample) * 100).toFixed(2)} %)`
}
