import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import fc from 'fast-check'
import { type AuditRecord, recordAudits } from '../../store/audit.ts'
import { openPool, type Pool } from '../../store/pool.ts'
import { sealAuditRecords } from '../seal.ts'

export type SealedLog = { database: TestDatabase; app: Pool; owner: Pool; close(): Promise<void> }

export const seed = 20_261_123
export const seals = 12
export const recordsPerSeal = 20

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const textOrNull = fc.option(text, { nil: null })
const detail = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))
const anyRecord: fc.Arbitrary<AuditRecord<'raw_card_grant.approve'>> = fc.record({
  actorType: fc.constant('operator' as const),
  actor: text,
  type: fc.constant('raw_card_grant.approve' as const),
  outcome: fc.constantFrom('success' as const, 'refused' as const),
  origin: text,
  merchantId: textOrNull,
  resource: textOrNull,
  details: fc.record({ reason: detail, was: detail, replaced: detail }, { requiredKeys: ['reason'] }),
})

/** A database with some hundred records of any content under a dozen seals, and none that waits. */
export async function makeSealedLog(): Promise<SealedLog> {
  const database = await createTestDatabase()
  const app = openPool(database.appUrl, 2)
  const owner = openPool(database.ownerUrl, 2)
  for (let round = 0; round < seals; round++) {
    await recordAudits(app, fc.sample(anyRecord, { numRuns: recordsPerSeal, seed: seed + round }))
    await sealAuditRecords(app)
  }
  return {
    database,
    app,
    owner,
    async close() {
      await Promise.all([app.end(), owner.end()])
      await database.drop()
    },
  }
}
