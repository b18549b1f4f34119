import { readdirSync } from 'node:fs'
import { table } from './doc-page.ts'
import { pathInRepository } from './managed-process.ts'
import { type AlertRow, alerts } from './operations/alerts.ts'

/** Every runbook but this index, in the order of a bad night, and what one sees who needs it. */
const runbooks = {
  'psp-down.md': 'a PSP is away, slow, or says no; fewer payments are approved',
  'in-doubt.md': 'many calls to PSPs whose outcome nobody knows',
  'unresolved.md': 'one of them; and how two operators settle one by hand',
  'failover.md': 'the database is lost, or another server took over',
  'database-full.md': 'the database takes no writes, or will be full',
  'database-slow.md': 'the database is slow',
  'rollout.md': 'a new version is bad, or a migration does not end',
  'process.md': 'a process does not answer, begins again and again, or a job stands still',
  'overload.md': 'more load than can be done',
  'webhook-backlog.md': 'webhooks wait, to merchants or from PSPs',
  'reconciliation.md': 'FinCore’s books and a PSP’s differ',
  'key-compromised.md': 'somebody else may know a key, a token, a certificate',
  'card-data-found.md': 'a card number is where none may be',
  'raw-card-lapsed.md': 'a merchant’s cards are refused, or its grant ends soon',
  'card-testing.md': 'somebody tries stolen cards',
  'audit-log.md': 'the audit log takes no records, or is not whole',
  'aws.md': 'an alarm of the AWS environment',
} as const satisfies Record<string, string>

/** docs/runbooks/README.md: which page for what, and for each alert where to begin. */
export function describeRunbooks(): string {
  const pages = readdirSync(pathInRepository('docs/runbooks')).filter((name) => name !== 'README.md')
  const unlisted = pages.filter((name) => !(name in runbooks))
  if (unlisted.length > 0) throw new Error(`dev/src/runbooks-page.ts does not say what ${unlisted} is for.`)
  return [
    'For whoever was woken. Each page says what you see, what it means for money and merchants, where to look, what to do, and',
    'what is left to do afterwards. Three things hold on all of them:',
    '',
    '- **Nobody guesses what became of money.** What is not known is asked of the PSP until it is known. Repeat, delete or settle',
    '  nothing to make an alert go away.',
    '- **Any process may be ended**, with SIGTERM, at any moment; what it had begun is finished, or taken over.',
    '- **Closing is quick**: when in doubt about a key or a card, suspend, disable or revoke first. What was suspended or disabled is',
    '  opened again as quickly; what was revoked gets a successor.',
    '',
    'Commands are pasted into a shell in which `as`, `$alice` and `fincore` are those of [operating.md](../operating.md), and',
    '`DATABASE_URL` is the service’s; “with the settings of a worker” means its whole environment. `sql` goes into',
    '`psql "$DATABASE_URL"`; on AWS both [have a way of their own](aws.md#a-command-with-the-settings-of-a-worker), and so has',
    '[port 4004](aws.md#what-a-process-says-of-itself). `…` stands for what you fill in. A test reads every command, statement,',
    'metric and message in these pages, makes the calls, and runs what only looks.',
    '',
    '## What you see',
    '',
    table(
      ['You see', 'Page'],
      Object.entries(runbooks).map(([page, says]) => [says, `[${page}](${page})`]),
    ),
    '',
    '## Alerts',
    '',
    'Of [Prometheus](../metrics.md#alerts); those of AWS are [in a list of their own](../aws/alarms.md). `page` wakes somebody.',
    '',
    table(
      ['Alert', '', 'Begin at'],
      (Object.entries(alerts) as [string, AlertRow][]).map(([name, { severity, runbook }]) => [
        `\`${name}\``,
        severity,
        `[${runbook}](${runbook})`,
      ]),
    ),
  ].join('\n')
}
