import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { insertAttempt } from '@fincore/payment-service/store/attempts'
import { type ChargeRow, findCharge, lockCharge } from '@fincore/payment-service/store/charges'
import type { Queryable } from '@fincore/payment-service/store/pool'
import { makeRandom } from './random.ts'
import { makeCharge } from './rows.ts'
import { type Side, sidesOf } from './side.ts'
import { createTwin, start, type Twin } from './twin.ts'

export const merchantId = 'mer_2'
export const accountId = 'pspa_21'
export const minute = 60_000
export const at = (ms: number) => new Date(start.getTime() + ms)
export const draw = { ...makeRandom(1), now: start }

export function newCharge(id: string, changes: Partial<ChargeRow> = {}): ChargeRow {
  const plain = {
    status: 'processing',
    captured: 0n,
    refunded: 0n,
    refunds_pending: 0n,
    pending_operation: null,
  } as const
  const rest = { pending_amount: null, failure: null, psp_reference: null, network_transaction_id: null, sequence: 0 }
  const row = makeCharge(draw, { merchantId, accountId, id, sessionId: null })
  return { ...row, amount: 100n, currency: 'EUR', ...plain, ...rest, ...changes }
}
export const idOf = (id: string) => ({ merchant_id: merchantId, id })
export const addAttempt = (db: Queryable, id: string, chargeId: string, leaseUntil: Date) =>
  insertAttempt(db, { ...idOf(id), kind: 'authorize', psp_account_id: accountId, charge_id: chargeId, leaseUntil })
export const lock = (db: Queryable, id: string) => lockCharge(db, merchantId, id)
export const sequenceOf = async (db: Queryable, id: string) => (await findCharge(db, merchantId, id))?.sequence
export const claimOf = (key: string, objectId: string) => ({
  merchantId,
  key,
  fingerprint: Buffer.alloc(32),
  objectId,
  lockedUntil: start,
})
export const eventOf = (merchant: string, id: string, objectId: string, sequence = 1) =>
  ({ merchantId: merchant, id, type: 'charge.captured', objectId, sequence, body: '{}' }) as const

/** What a charge's second write says, when nothing was faster. */
export function outcomeFor(charge: ChargeRow, attemptId: string, key: string, eventId: string) {
  return {
    charge: { ...charge, status: 'captured' as const, captured: 100n, sequence: charge.sequence + 1 },
    attemptId,
    attemptState: 'approved' as const,
    nextLookUpAt: null,
    expectedBy: null,
    event: eventOf(charge.merchant_id, eventId, charge.id, charge.sequence + 1),
    idempotencyKey: key,
    responseStatus: 201,
    responseBody: '{}',
  }
}

/** What happens on a database, and what it comes to. */
export type Scenario = { does: string; play(side: Side): Promise<unknown>; comesTo: unknown }

/** The tests of a suite: plays each on PostgreSQL and on the stand-in, and both must come to the same. */
export function playOnBoth(scenarios: readonly Scenario[]): void {
  let twin: Twin
  before(async () => {
    twin = await createTwin()
  })
  after(() => twin.close())

  for (const { does, play, comesTo } of scenarios) {
    it(does, async () => {
      for (const side of sidesOf(twin)) assert.deepEqual(await play(side), comesTo, side.name)
    })
  }
}
