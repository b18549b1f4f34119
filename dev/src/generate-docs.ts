/**
 * Writes the pages of `docs/` that are tables in the code, the guides' pictures and the examples in their text, what the card
 * relay and the Node SDK take from the contract, and the files of the browser SDK: `npm run docs`. With `--check` it writes
 * nothing and fails when a file differs from its table.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { declineCodes } from '@fincore/api-contract/decline-codes'
import { type ErrorCode, errorTable } from '@fincore/api-contract/errors'
import { buildSdk } from '@fincore/browser/build'
import { magicCards } from '@fincore/psp-sandbox/magic-cards'
import { describeAddressTricks } from './address-tricks-page.ts'
import { describeAuditLog } from './audit-page.ts'
import { describeCardFields } from './card-fields-page.ts'
import { describeCardTesting } from './card-testing-page.ts'
import { describeCommandLine } from './cli-page.ts'
import { drawFlows } from './diagrams/flows.ts'
import { includeExamples, pinSdk } from './doc-blocks/include-examples.ts'
import { type DocPage, table } from './doc-page.ts'
import { describeEvents } from './events-page.ts'
import { describeLogs } from './logs-page.ts'
import { pathInRepository } from './managed-process.ts'
import { describeMetrics } from './metrics-page.ts'
import { describeContract, describeErrorCodes } from './node-sdk/describe-contract.ts'
import { describeNotices } from './notices-page.ts'
import { renderAlertRules } from './operations/alert-rules.ts'
import { renderDashboards } from './operations/grafana.ts'
import { describePspChecks } from './psp-check-page.ts'
import { describeReconciliation } from './reconciliation-page.ts'
import { describeRouting } from './routing-page.ts'
import { describeRunbooks } from './runbooks-page.ts'
import { describeStates } from './states-page.ts'
import { describeTracing, drawTracing } from './tracing-page.ts'
import { describeTripwire } from './tripwire-page.ts'

/**
 * The problems that the card relay answers by itself. It imports no code of another part, so it gets their rows as data.
 */
const relayCodes = [
  'malformed_http',
  'malformed_json',
  'media_type_unsupported',
  'body_too_large',
  'request_timeout',
  'route_not_found',
  'method_not_allowed',
  'card_number_missing',
  'card_cvc_missing',
  'card_number_invalid',
  'card_cvc_invalid',
  'card_field_ambiguous',
  'card_data_not_accepted_here',
  'service_unavailable',
] as const satisfies ErrorCode[]

const retryWords = {
  no: 'no',
  same_request: 'yes, the same request',
  after_change: 'after a change',
} as const

const shopperWords = {
  same_card: 'yes, also with the same card',
  other_card: 'with another card',
  no: 'no',
} as const

async function describePages(): Promise<DocPage[]> {
  // It reads the served files of the SDK as it is loaded, so it must not be loaded before they are written.
  const { describePciPages } = await import('./pci/describe-pages.ts')
  return [
    {
      path: 'docs/errors.md',
      source: 'api-contract/src/errors.ts',
      title: 'Errors',
      text: [
        'Every answer of 400 and above is `application/problem+json` (RFC 9457) with one of these in `code`.',
        'A declined card is not an error: the charge is answered with 201, `status: "failed"` and a code of [decline codes](decline-codes.md).',
        '',
        table(
          ['Code', 'Status', 'Title', 'Does sending it again help?', 'What it means, and what to do'],
          Object.entries(errorTable).map(([code, row]) => [
            `<a id="${code}"></a>\`${code}\``,
            String(row.status),
            row.title,
            retryWords[row.retry],
            row.meaning,
          ]),
        ),
      ].join('\n'),
    },
    {
      path: 'docs/decline-codes.md',
      source: 'api-contract/src/decline-codes.ts',
      title: 'Decline codes',
      text: [
        '`failure.code` of a charge or a refund: the same words for every PSP. The PSP’s own word is in `failure.psp_code`.',
        '`failure.message` of a charge can be shown to the shopper; that of a refund is for you, and is that of `refund_declined` whatever the code.',
        '',
        table(
          ['Code', 'Message', 'Can the shopper try again?'],
          Object.entries(declineCodes).map(([code, row]) => [
            `\`${code}\``,
            row.message,
            shopperWords[row.shopperCanRetry],
          ]),
        ),
      ].join('\n'),
    },
    {
      path: 'docs/states.md',
      source: 'payment-service/src/payments/{*-states,look-up-words}.ts',
      title: 'States',
      text: describeStates(),
    },
    {
      path: 'docs/events.md',
      source: 'api-contract/src/{events,charge-flags,webhook-endpoints}.ts',
      title: 'Events',
      text: describeEvents(),
    },
    {
      path: 'docs/notices.md',
      source: 'payment-service/src/notices/notice-texts.ts and dev/src/notices-page.ts',
      title: 'Notices for operators',
      text: describeNotices(),
    },
    {
      path: 'docs/logs.md',
      source: 'payment-service/src/log.ts and dev/src/logs-page.ts',
      title: 'Logs',
      text: describeLogs(),
    },
    {
      path: 'docs/metrics.md',
      source: 'payment-service/src/observability/{metrics-table,labels}.ts and dev/src/operations/',
      title: 'Metrics, health and alerts',
      text: describeMetrics(),
    },
    {
      path: 'docs/runbooks/README.md',
      source: 'dev/src/operations/alerts.ts and dev/src/runbooks-page.ts',
      title: 'Runbooks',
      text: describeRunbooks(),
    },
    {
      path: 'docs/webhook-addresses.md',
      source: 'payment-service/src/webhook-addresses/address-tricks.ts and dev/src/address-tricks-page.ts',
      title: 'Where a webhook may go',
      text: describeAddressTricks(),
    },
    {
      path: 'docs/reconciliation.md',
      source: 'payment-service/src/payments/difference-classes.ts and dev/src/reconciliation-page.ts',
      title: 'Reconciliation',
      text: describeReconciliation(),
    },
    {
      path: 'docs/psp-check.md',
      source: 'payment-service/src/psp-gateway/check-codes.ts and dev/src/psp-check-page.ts',
      title: 'Checking a PSP account',
      text: describePspChecks(),
    },
    {
      path: 'docs/routing.md',
      source: 'api-contract/src/routing-verdicts.ts and dev/src/routing-page.ts',
      title: 'Which PSP account takes a payment',
      text: describeRouting(),
    },
    {
      path: 'docs/tracing.md',
      source: 'payment-service/src/observability/trace-table.ts and dev/src/tracing-page.ts',
      title: 'Traces',
      text: describeTracing(),
    },
    {
      path: 'docs/tripwire.md',
      source: 'dev/src/tripwire-page.ts',
      title: 'The tripwire for card numbers',
      text: describeTripwire(),
    },
    {
      path: 'docs/card-testing.md',
      source: 'payment-service/src/abuse/{rules,decline-points}.ts and dev/src/card-testing-page.ts',
      title: 'Card testing',
      text: describeCardTesting(),
    },
    {
      path: 'docs/audit.md',
      source: 'payment-service/src/audit/audit-types.ts',
      title: 'The audit log',
      text: describeAuditLog(),
    },
    {
      path: 'docs/cli.md',
      source: 'payment-service/src/cli/ and dev/src/cli-page.ts',
      title: 'The command line',
      text: describeCommandLine(),
    },
    {
      path: 'docs/magic-cards.md',
      source: 'psp-sandbox/src/magic-cards.ts',
      title: 'Magic cards',
      text: [
        'What each card number does at the sandbox PSP, in all three flows. Any other number with a right check digit succeeds;',
        'any future expiry and any security code of the right length will do.',
        '',
        table(
          ['Number', 'Brand', 'What happens', 'Name in tests'],
          magicCards.map(({ number, brand, description, name }) => [
            `\`${number}\``,
            brand,
            description,
            `\`${name}\``,
          ]),
        ),
      ].join('\n'),
    },
    {
      path: 'docs/card-fields.md',
      source: 'dev/src/card-fields-page.ts and browser-sdk/served/versions.json',
      title: 'Card fields in a merchant’s page',
      text: describeCardFields(),
    },
    ...(await describePciPages()),
  ]
}

function render({ title, source, text }: DocPage): string {
  return `<!-- Made from ${source} by \`npm run docs\`. Change the table there. -->\n# ${title}\n\n${text.trimEnd()}\n`
}

function describeRelayProblems(): string {
  const rows = relayCodes.map((code) => {
    const { retry, ...row } = errorTable[code]
    return [code, row]
  })
  return `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`
}

const onlyCheck = process.argv.includes('--check')
const different: string[] = []
let count = 0

/** Looks at files, and writes those that differ unless it is only to look. */
function settle(files: readonly { path: string; text: string }[]): void {
  for (const { path, text } of files) {
    count += 1
    const inRepository = pathInRepository(path)
    if (existsSync(inRepository) && readFileSync(inRepository, 'utf8') === text) continue
    different.push(path)
    if (onlyCheck) continue
    mkdirSync(dirname(inRepository), { recursive: true })
    writeFileSync(inRepository, text)
  }
}

settle((await buildSdk()).map(({ path, text }) => ({ path: `browser-sdk/${path}`, text })))
settle((await describePages()).map((page) => ({ path: page.path, text: render(page) })))
settle([
  { path: 'card-relay/src/problems.json', text: describeRelayProblems() },
  { path: 'node-sdk/src/contract.ts', text: describeContract() },
  { path: 'node-sdk/src/error-codes.ts', text: describeErrorCodes() },
  { path: 'operations/prometheus/alerts.yaml', text: renderAlertRules() },
  ...renderDashboards(),
  ...drawFlows(),
  drawTracing(),
  ...pinSdk(),
])
// The examples must have been written before the guides show them.
settle(includeExamples())
const names = different.join(', ')
if (different.length === 0) console.log(`Docs: ${count} files are as their tables say.`)
else if (onlyCheck) console.error(`These files differ from their tables: ${names}. Run \`npm run docs\`.`)
else console.log(`Written: ${names}`)
process.exitCode = onlyCheck && different.length > 0 ? 1 : 0
