import { differenceClasses } from '@fincore/payment-service/payments/difference-classes'
import { table } from './doc-page.ts'

/** The page for operators about comparing FinCore's books with a PSP's. */
export function describeReconciliation(): string {
  const rows = Object.entries(differenceClasses).map(([name, row]) => [
    `<a id="${name}"></a>\`${name}\``,
    row.meaning,
    row.fincore,
    row.operator,
  ])
  return prose.replace('{{table}}', table(['Class', 'What it means', 'What FinCore does', 'What you do'], rows))
}

const prose = `For the operator. FinCore's books are compared with the PSP's own, movement by movement: by reference, amount, currency and state, in both directions. What has only one truthful answer is repaired; all else is raised and left to you. Nothing is guessed, and no final state is ever taken back.

## By itself

Each process with the role \`worker\` sees to it, for every PSP account whose PSP has a list (\`reconciliation\` in its adapter; disabled accounts too):

| when | what is compared |
| --- | --- |
| every hour | the time since the last comparison, up to about two and a half minutes ago, in pieces of at most six hours |
| once a day, from 01:00 UTC | yesterday as a whole, once more |

One process at a time has an account: the row in \`reconciliation_accounts\` is its lease, and is taken over two minutes after its process is gone. An account that could not be compared is tried again after ten minutes, and the hours that were missed are made up for. A new account is first compared after an hour.

\`\`\`sh
as $alice GET "/reconciliation_runs?limit=5"              # when, over what time, with which result; a failed one says why in error
as $alice GET "/reconciliation_runs?psp_account=pspa_…&state=failed"
as $alice GET "/reconciliation_findings?state=open"       # what is left to you: class, meaning, do, both amounts, our charge
as $alice POST /reconciliation_findings/find_…/accept '{"reason": "Refunded at the PSP by Ben, ticket 4711; the merchant knows."}'
\`\`\`

(\`as\` and \`$alice\`: see [operating](operating.md).) A finding is kept once, however often it is found, and is \`open\`, \`repaired\` or \`accepted\`. Each new one, each repair and each acceptance is in the audit log, and a new open one is an error in the process's log. Accept what was settled outside FinCore: it is then counted no more, as long as its amounts stay what they are. What is put right otherwise is closed by the next comparison of its time that does not find it again; one that comes back is open again.

## On the command line

\`\`\`sh
npm run --silent fincore -- reconcile --psp-account pspa_… --from 2026-01-31 --to 2026-02-01 --dry-run
npm run --silent fincore -- reconcile --psp-account pspa_… --from 2026-01-31T08:00:00Z --to 2026-01-31T09:00:00Z
npm run --silent fincore -- reconcile --psp-account pspa_… --settlement-file settlement-2026-01-31.csv --json
\`\`\`

It needs the settings of a worker in its environment. Against \`npm start\`, with \`dev\` from [operating](operating.md):

\`\`\`sh
export DATABASE_URL=$(dev app_database_url) ENCRYPTION_KEY=$(dev encryption_key) INTERNAL_TOKEN=$(dev internal_token) PUBLIC_URL=$(dev api) RELAY_URL=$(dev relay) EXTRA_CA_FILE=$(dev ca)
npm run --silent fincore -- reconcile --psp-account "$(dev psp_account)" --from "$(date -u -d yesterday +%F)" --to "$(date -u -d tomorrow +%F)"
curl -sS --cacert "$(dev ca)" "$(dev psp_api)/v1/settlement_files/$(date -u -d yesterday +%F)" -H "Authorization: Bearer $(dev psp_secret_key)" > settlement.csv
npm run --silent fincore -- reconcile --psp-account "$(dev psp_account)" --settlement-file settlement.csv
\`\`\`

A day is its first moment in UTC; \`--to\` is the end, and is brought forward to what can be compared by now. \`--dry-run\` only reads, here and at the PSP. \`--json\` prints one object in place of the table. Progress goes to standard error. A run that repairs is in the audit log (\`reconciliation.run\`) with the login of the database and who was where.

| exit code | meaning |
| --- | --- |
| 0 | nothing differs, or nothing any more |
| 1 | differences are left: open ones, or with \`--dry-run\` some that would be repaired |
| 2 | it could not be done, or not to its end; the reason is on standard error |

The others are those of [every command](cli.md#every-command).

## The classes of differences

{{table}}

## How it is compared

- **Page by page.** The PSP's list is read in its order of time; a page's references are looked up here in one query. FinCore's own attempts follow in the order in which they were made, as far behind as a margin of five minutes. As much is in memory as moves within two margins, so a day may have millions of movements.
- **Nothing is an orphan by its time.** Clocks may be apart and webhooks late: what one side has and the other does not show within the margin is asked for at the PSP by our reference, one by one, and only that answer counts. “Not found” counts because everything younger than the PSP's consistency window, and every call that may be under way, is left out.
- **A repair is no write of its own.** The PSP's answer to the look-up goes through the flow that a webhook and the resolver go through, with the same event for the merchant and the same refusal to reverse a final state. So a second run, or a webhook that comes at last, changes nothing more.
- **Bounded.** A run ends, and says so, after 10,000 questions by reference, after two hours, at a list of the PSP’s that goes round or has more than 20,000 pages for a day, at more than 1,000 open differences (is it the right account?), or when the PSP gives no answer to a request that it was sent four times. What was found until then is kept; silence is never taken for a difference.
- **Settlement files** are checked to their end before a line of them counts: the header, the form of each line, its order and day, net = gross − fee, the counts and sums of the trailer, and that there is one. A file that does not hold is not believed at all. They are read as they come, a page in memory, and eight bytes of what each line pays or takes back, so that a second time is seen wherever it stands. Gross amounts are compared; fees are the PSP's own. What FinCore holds close to midnight is of the day that the PSP's list says; what that list does not show there either is counted, and left to the other day's file. Files repair nothing.

A restored backup is the case to know: compare the time since the backup, and everything that the PSP did meanwhile comes up, repaired where the attempt is still known, as \`unknown_here\` where it is not.
`
