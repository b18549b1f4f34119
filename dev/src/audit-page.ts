import { auditTypes } from '@fincore/payment-service/audit/audit-types'
import { table } from './doc-page.ts'

/** The page about the audit log: what can be relied on, and the table of what is audited. */
export function describeAuditLog(): string {
  return [prose, '## What is audited', '', auditTable()].join('\n')
}

const prose = `Who did what, when, from where, to what, with which outcome (PCI DSS 10.2.2). Every record has \`at\` (the database's clock), \`actor_type\`, \`actor\`, \`type\`, \`outcome\` (\`success\` or \`refused\`), \`origin\` (the source address, or the job), \`merchant_id\`, \`resource\` and \`details\`. Never card data, never a secret.

How to read, check and export it: [operating](operating.md#the-audit-log).

## What can be relied on

- **An action and its record are one transaction.** An operator's action, and a merchant's change of a webhook endpoint, that cannot be audited does not happen: 503 \`audit_log_unavailable\`.
- **A new raw-card charge and its record are one statement**, so no card is sent to a PSP without a record, also across a crash. A request that made no charge (refused, or a repeat) has its record before its answer. What the card relay refuses by itself (a broken body, a card without a right check digit) never reaches the payment service and stands in the relay's own log.
- **Refusals that outsiders can repeat at will** (the rows marked *counted*) are written beside the answer, the first at once and repeats within ten seconds as one record with \`count\`. Repeats are those of one key or operator, and of a caller whom nobody knows, those of one address (of IPv6, one /64); the record has the facts of the last one. While the log takes no records they wait in memory, at most 10,000 at each door; what is more is counted and written as \`audit_log.gap\`. A process that is killed loses what waits: up to ten seconds of counts, or, during an outage, the refusals since its begin. A record may then also come twice, when the answer to its commit was lost.
- **The service's login adds records and cannot change or delete them.**
- **Every record is sealed**, within seconds: SHA-256 over the seal before it, its number, its time and its records' bytes. Until then it stands in \`audit_unsealed\`. A record that neither waits nor is sealed was added by hand, and \`fincore audit verify\` says so. Each seal is also written to the process's log, which should be collected elsewhere: whoever owns the database can cut off the chain's end or compute it anew, and only a seal that was kept shows that.
- **Without the log no cards.** While raw cards come, each process that admits them tries at most every half second whether the log takes a record (and takes it back). When it does not, or when nothing was sealed for five minutes, the raw-card route is closed: the card relay passes on 503 \`audit_log_unavailable\` and asks for no further body within 5 s. Charges with tokens and hosted pages go on. It opens by itself, and the outage is recorded. Operators see it in the process's log and at \`GET /admin/v1/audit_log/status\`.
`

const dataWords = (words: Readonly<Record<string, string>>) =>
  Object.entries(words)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join('; ')

function auditTable(): string {
  return table(
    ['Type', 'Meaning', 'By', 'Outcomes', '`resource`', '`details`', 'PCI DSS'],
    Object.entries(auditTypes).map(([type, row]) => [
      `\`${type}\`${'counted' in row ? ' *counted*' : ''}`,
      row.meaning,
      row.actors.join(', '),
      row.outcomes.join(', '),
      row.resource,
      'details' in row ? dataWords(row.details) : '',
      row.requirement,
    ]),
  )
}
