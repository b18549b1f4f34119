import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { statements } from './statements.ts'

const service = fileURLToPath(new URL('../../../payment-service/src/', import.meta.url))
/** What nobody asks for there: an operator's questions to a PSP about an account, and a merchant's care of its endpoints. */
const notSimulated = new Set([
  'flows/check-psp-account.ts',
  'flows/ask-for-own-payment.ts',
  'flows/delete-webhook-endpoint.ts',
  'flows/ping-webhook-endpoint.ts',
  'flows/redeliver-failed-webhooks.ts',
  'flows/rotate-webhook-secret.ts',
  'flows/update-webhook-endpoint.ts',
])
/** What the simulation runs of the payment service. */
const simulated = globSync(
  [
    'flows/**/*.ts',
    'webhooks/inbox/**/*.ts',
    'webhooks/outbox/**/*.ts',
    'http/routes/psp-webhooks.ts',
    'admin/routes/{unresolved-attempts,attempt-settlements,held-psp-events}.ts',
  ],
  { cwd: service },
).filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/') && !notSimulated.has(file))

/** What these files take from store/ that sends no statement of its own. */
const sendsNothing = new Set([
  'AuditLogUnavailableError',
  'applyChange',
  'clockSyncMs',
  'createBatcher',
  'decideInTransaction',
  'fingerprintOf',
  'inTransaction',
  'isUsableAccount',
  'makeEvent',
  'objectOfAttempt',
  'objectOfEvent',
  'readPspEvent',
  'renderCharge',
  'renderDispute',
  'renderRefund',
  'renderSession',
  'renderWebhookDelivery',
  'renderWebhookEndpoint',
  'storePspEvent',
])
/** Two functions that send the same text need one lesson. */
const sameTextAs: Record<string, string> = { findClosingAttempt: 'findCreateAttempt', recordAudits: 'recordAudit' }

/** The names that a file takes from store/, types aside. */
function importsFromStore(text: string): string[] {
  const imports = text.matchAll(/^import (?!type )\{([^}]*)\} from '[./]*\/store\/[^']*'/gm)
  return [...imports].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type ')),
  )
}

describe('the statements of what is simulated', () => {
  const taught = new Set([...statements.values()].map(({ what }) => what))
  const texts = simulated.map((file) => ({ file, text: readFileSync(service + file, 'utf8') }))

  it('are all taught', () => {
    const used = texts.flatMap(({ file, text }) => importsFromStore(text).map((name) => ({ file, name })))
    assert.ok(used.length > 60, `only ${used.length} were found`)
    const untaught = used.filter(({ name }) => !sendsNothing.has(name) && !taught.has(sameTextAs[name] ?? name))
    assert.deepEqual(untaught, [], 'teach them in simulation/src/database/statements')
  })

  it('come from store/; only a limit of waiting is set elsewhere', () => {
    for (const { file, text } of texts)
      for (const [line] of text.matchAll(/^.*\.query[(<].*$/gm)) assert.match(line, /`set local lock_timeout = /, file)
  })
})
