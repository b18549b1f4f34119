import { type CheckRow, checkCodes } from '@fincore/payment-service/psp-gateway/check-codes'
import { table } from './doc-page.ts'

/** The page for operators about checking an account's set-up at its PSP. */
export function describePspChecks(): string {
  const rows = Object.entries<CheckRow>(checkCodes).map(([code, row]) => [
    `<a id="${code}"></a>\`${code}\``,
    row.about,
    row.result,
    row.meaning,
    row.todo ?? '',
  ])
  return prose.replace('{{table}}', table(['Code', 'About', 'Result', 'What it means', 'What you do'], rows))
}

const prose = `For the operator. A PSP account that is set up wrongly shows itself at the till, in front of a shopper. This asks the PSP before: are the credentials good and of the right mode, does the PSP send its webhooks here, does it take what the merchant wants to send. Nothing is changed, at the PSP or here; every check is in the audit log (\`psp_account.check\`).

\`\`\`sh
as $alice POST /merchants/$m/psp_accounts/pspa_…/check '{}'   # the admin API
fincore psp check --merchant $m                               # by the admin API: every account in use of a merchant
fincore psp check                                             # without it: every account in use
fincore psp check --psp-account pspa_… --json                 # one, for a program
\`\`\`

(\`as\`, \`$alice\`, \`$m\` and \`fincore\`: see [operating](operating.md).) Without \`--merchant\` the command asks the PSPs itself, and needs the settings of a worker in its environment. Against \`npm start\`, with \`dev\` from [operating](operating.md):

\`\`\`sh
export DATABASE_URL=$(dev app_database_url) ENCRYPTION_KEY=$(dev encryption_key) INTERNAL_TOKEN=$(dev internal_token) PUBLIC_URL=$(dev api) RELAY_URL=$(dev relay) EXTRA_CA_FILE=$(dev ca)
fincore psp check
\`\`\`

| exit code | meaning |
| --- | --- |
| 0 | nothing is wrong; warnings, and what could not be asked, are allowed |
| 1 | something is wrong with an account |
| 2 | it could not be done; the reason is on standard error |

The others are those of [every command](cli.md#every-command).

\`--json\` prints one line per account, the same object that the admin API answers: \`{"object": "psp_account_check", "psp_account", "merchant", "psp", "webhook_url", "result": "ok" | "warning" | "error", "findings": [{"code", "about", "result", "meaning", "detail", "todo"}]}\`. A finding's \`result\` may also be \`unchecked\`: the PSP has no way to ask, and you have to look yourself. A fault of the PSP, or of the network to it, is never taken for a fault of the account.

## What can be found

{{table}}
`
