import { cardBrandNames } from '@fincore/api-contract/card-door'
import { routingVerdicts } from '@fincore/api-contract/routing-verdicts'
import { mostAccounts } from '@fincore/payment-service/flows/switch-account'
import { usualLimits } from '@fincore/payment-service/psp-gateway/psp-health'
import { table } from './doc-page.ts'

const effectWords = {
  chosen: 'takes the payment',
  later: 'could take it, and comes later',
  left: 'was tried, and left',
  never: 'cannot take it',
} as const

/** The page about which PSP account takes a payment. */
export function describeRouting(): string {
  const rows = Object.entries(routingVerdicts).map(([name, row]) => [
    `\`${name}\``,
    effectWords[row.effect],
    row.meaning,
  ])
  const { inARow, windowCalls, windowMs, openMs, longestOpenMs } = usualLimits
  return prose
    .replace('{{table}}', table(['Verdict', 'The account', 'Meaning'], rows))
    .replace('{{brands}}', cardBrandNames.map((name) => `\`${name}\``).join(', '))
    .replace('{{accounts}}', String(mostAccounts))
    .replace('{{in a row}}', String(inARow))
    .replace('{{window}}', `${windowCalls} calls of ${windowMs / 1_000} seconds`)
    .replace(
      '{{open}}',
      `${openMs / 1_000} seconds at first, twice as long after each try that fails, ${longestOpenMs / 1_000} seconds at most`,
    )
}

const prose = `A merchant may have several accounts at PSPs. One of them is chosen for each payment, by what operators have set and by how the PSPs do just now. The same accounts, payment and moment always give the same choice, and the charge says why.

## What is set for an account

| field | meaning | without it |
| --- | --- | --- |
| \`priority\` | 1 is tried first; 1 to 1000 | after the merchant's other accounts |
| \`share\` | weight among accounts of equal priority, 1 to 100 | 1 |
| \`currencies\` | ISO 4217 codes that it takes | all |
| \`card_brands\` | brands that it takes: {{brands}} | all |
| \`status\` | \`active\` or \`disabled\` | \`active\` |

Set when the account is made, and changed by one call; a field that is not sent stays, and \`null\` takes a limit away. It holds for new payments at once (after 5 s where a notification is lost) and is in the audit log (\`psp_account.change\`). What was begun at an account is captured, refunded and looked up there, whatever is set.

\`\`\`sh
as $alice POST /merchants/$m/psp_accounts/pspa_… '{"priority": 1, "share": 70, "currencies": ["EUR", "GBP"], "card_brands": null}'
as $alice POST /merchants/$m/psp_accounts/pspa_…/disable '{}'
\`\`\`

(\`as\`, \`$alice\` and \`$m\`: see [operating](operating.md).) Two accounts of equal priority with the shares 70 and 30 take seven and three payments of ten. What is drawn is decided by the charge's id, so a repeat, or a look at it later, comes to the same.

## How one is chosen

1. A request that names an account (\`psp_account\`) gets that one or a refusal. A **token** works only at the account that made it: give \`payment_method.psp_account\`, as \`@fincore/browser\` does. Without it the first active account by priority is taken, which \`client_config\` lists first.
2. Accounts that cannot take the payment are left out: disabled, another currency or amount, another card brand (known for raw cards only), a PSP that lacks what the request needs, raw cards that are not confirmed.
3. Those whose breaker is open go last. While it is open for all of them, the payment is refused with 503 \`psp_unavailable\`, before anything is written.
4. Of the rest the lowest \`priority\` wins; among equals the shares decide.

\`routing\` of the charge and of the payment session tells it: \`psp_account\` took it, \`reason\` says why, and \`considered\` has a verdict on each account, at most 20.

\`\`\`json
{"psp_account": "pspa_b…", "reason": "highest_priority", "considered": [
  {"psp_account": "pspa_a…", "verdict": "not_reached"}, {"psp_account": "pspa_b…", "verdict": "highest_priority"}, {"psp_account": "pspa_c…", "verdict": "lower_priority"}]}
\`\`\`

{{table}}

## When the next account is tried

Only on proof that the first did nothing: no byte of the request left for its PSP. So a connection that is refused, or a certificate that is not trusted, moves a payment on; a timeout after the request was sent, a reset, a 5xx or an answer that cannot be read leaves it where it is, \`processing\`, until the PSP's word is known. A decline is an answer, and a PSP's refusal of the request speaks of the request: neither is tried elsewhere.

| flow | is it tried elsewhere? |
| --- | --- |
| raw card | yes, within the request: the card relay still has the card |
| payment session | yes, when its page is made |
| token | no, it works at one account only |

At most {{accounts}} accounts are tried, and none after the time that one call to a PSP may take.

## The breaker

Each process keeps one for each account, and for each of the two ways to it (its own calls, and those of the card relay). It opens after {{in a row}} failures in a row, or when half of the last {{window}} failed. A failure is one of the way (refused, reset, timeout, TLS) or a 5xx; declines, 4xx and limits of rate are answers. It stays open for {{open}}; then one payment is let through, and its answer closes it.

An open breaker decides about new payments alone. Captures, refunds, cancels and look-ups are made all the same, and nothing that is in doubt is ever called failed because of it.

\`\`\`sh
as $alice GET /psp_accounts/health
\`\`\`

lists the accounts that the answering process has called, with \`state\` (\`closed\`, \`open\`, \`half_open\`), \`since\`, \`last_failure\` (\`timeout\`, \`refused\`, \`reset\`, \`tls\` or \`http_503\`), and how many of the last \`calls\` (a minute's, 20 at most) were \`failures\`; an account's own \`health\` says the same. Processes that serve the API alone say it in their logs: \`a PSP does not answer; new payments go round the account\`, and \`a PSP answers again; the account takes new payments\`, with \`psp_account\`.

## Raw cards that a PSP must enable

Some PSPs take card numbers from merchants only at accounts for which that was asked and agreed. Until an operator has confirmed it, raw cards go round such an account, and a charge that names it, or has no other, is refused with 422 \`raw_cards_not_confirmed\`: by FinCore, and not by the PSP at the till.

\`\`\`sh
as $alice POST /merchants/$m/psp_accounts/pspa_…/confirm_raw_cards '{"reference": "PSP support case 4711 of 2026-11-02"}'
as $alice POST /merchants/$m/psp_accounts/pspa_…/withdraw_raw_cards '{}'
\`\`\`

\`raw_cards\` of the account says whether it \`needs_confirmation\`, and who confirmed it when and by what. Both calls are in the audit log. It is no grant: whether a merchant may send cards at all is [another matter](guides/raw-card-grant.md).
`
