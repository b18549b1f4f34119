import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  claimAttemptsToLookUp,
  findAttempt,
  insertAttempt,
  lockAttempt,
  pushNextLookUp,
  setAttemptState,
} from '@fincore/payment-service/store/attempts'
import {
  type ChargeRow,
  findCharge,
  insertCharge,
  lockCharge,
  updateCharge,
} from '@fincore/payment-service/store/charges'
import { insertEvent } from '@fincore/payment-service/store/events'
import { createHotPath } from '@fincore/payment-service/store/hot-path'
import { claimKey, completeKey, readClaim } from '@fincore/payment-service/store/idempotency'
import { inTransaction, type Queryable } from '@fincore/payment-service/store/pool'
import { claimDuePspEvents, insertPspEvents } from '@fincore/payment-service/store/psp-events'
import { insertRefund } from '@fincore/payment-service/store/refunds'
import { claimDueDeliveries, deliveryIdOf } from '@fincore/payment-service/store/webhook-deliveries'
import {
  deleteWebhookEndpoint,
  insertWebhookEndpoint,
  lockWebhookEndpoint,
  updateWebhookEndpoint,
} from '@fincore/payment-service/store/webhook-endpoints'
import { makeRandom } from './testing/random.ts'
import { makeCharge, makeRefund } from './testing/rows.ts'
import { open, type Side, sidesOf } from './testing/side.ts'
import { createTwin, outcomeOf, start, type Twin } from './testing/twin.ts'

const merchantId = 'mer_2'
const accountId = 'pspa_21'
const minute = 60_000
const at = (ms: number) => new Date(start.getTime() + ms)
const draw = { ...makeRandom(1), now: start }

function newCharge(id: string, changes: Partial<ChargeRow> = {}): ChargeRow {
  const plain = {
    status: 'processing',
    captured: 0n,
    refunded: 0n,
    refunds_pending: 0n,
    pending_operation: null,
  } as const
  const rest = { pending_amount: null, failure: null, psp_reference: null, sequence: 0 }
  const row = makeCharge(draw, { merchantId, accountId, id, sessionId: null })
  return { ...row, amount: 100n, currency: 'EUR', ...plain, ...rest, ...changes }
}
const idOf = (id: string) => ({ merchant_id: merchantId, id })
const addAttempt = (db: Queryable, id: string, chargeId: string, leaseUntil: Date) =>
  insertAttempt(db, { ...idOf(id), kind: 'authorize', psp_account_id: accountId, charge_id: chargeId, leaseUntil })
const lock = (db: Queryable, id: string) => lockCharge(db, merchantId, id)
const sequenceOf = async (db: Queryable, id: string) => (await findCharge(db, merchantId, id))?.sequence
const claimOf = (key: string, objectId: string) => ({
  merchantId,
  key,
  fingerprint: Buffer.alloc(32),
  objectId,
  lockedUntil: start,
})
const eventOf = (merchant: string, id: string, objectId: string, sequence = 1) =>
  ({ merchantId: merchant, id, type: 'charge.captured', objectId, sequence, body: '{}' }) as const

/** What a charge's second write says, when nothing was faster. */
function outcomeFor(charge: ChargeRow, attemptId: string, key: string, eventId: string) {
  return {
    charge: { ...charge, status: 'captured' as const, captured: 100n, sequence: charge.sequence + 1 },
    attemptId,
    attemptState: 'approved' as const,
    nextLookUpAt: null,
    event: eventOf(charge.merchant_id, eventId, charge.id, charge.sequence + 1),
    idempotencyKey: key,
    responseStatus: 201,
    responseBody: '{}',
  }
}

type Scenario = { does: string; play(side: Side): Promise<unknown>; comesTo: unknown }

/** Each is played on PostgreSQL and on the stand-in, and must come to the same. */
const scenarios: Scenario[] = [
  {
    // PostgreSQL keeps the order only where nobody changes the row in between: a change makes those who wait meet again.
    does: 'lets those who want one row have it in the order of their coming, each with what the one before left',
    async play({ pool, waits }) {
      await insertCharge(pool, newCharge('ch_order'))
      const first = await open(pool)
      await lock(first.tx, 'ch_order')
      const seen: unknown[] = []
      const others: Promise<void>[] = []
      for (const number of [1, 2]) {
        const other = inTransaction(pool, async (tx) => {
          const row = await lock(tx, 'ch_order')
          seen.push([number, row?.sequence])
          await updateCharge(tx, newCharge('ch_order', { sequence: number }))
        })
        others.push(other)
        seen.push(await waits(other, number))
      }
      await first.commit()
      await Promise.all(others)
      return [...seen, await sequenceOf(pool, 'ch_order')]
    },
    comesTo: ['waits', 'waits', [1, 0], [2, 1], 2],
  },
  {
    does: 'asks again whether a row is wanted, when it was changed while its lock was waited for',
    async play({ pool, waits }) {
      await addAttempt(pool, 'att_again', 'ch_none', at(minute))
      const first = await open(pool)
      await setAttemptState(first.tx, idOf('att_again'), { state: 'approved', nextLookUpAt: null })
      const late = pushNextLookUp(pool, idOf('att_again'), at(2 * minute))
      const saw = await waits(late)
      await first.commit()
      await late
      return [saw, (await findAttempt(pool, 'att_again'))?.next_lookup_at]
    },
    comesTo: ['waits', null],
  },
  {
    does: 'changes the row that it found, when who had it locked took everything back',
    async play({ pool, waits }) {
      await addAttempt(pool, 'att_back', 'ch_none', at(minute))
      const first = await open(pool)
      await setAttemptState(first.tx, idOf('att_back'), { state: 'approved', nextLookUpAt: null })
      const late = pushNextLookUp(pool, idOf('att_back'), at(2 * minute))
      const saw = await waits(late)
      await first.rollBack()
      await late
      return [saw, (await findAttempt(pool, 'att_back'))?.next_lookup_at]
    },
    comesTo: ['waits', at(2 * minute)],
  },
  {
    does: 'waits for a key that is claimed by a transaction that goes on, and finds it taken when that commits',
    async play({ pool, waits }) {
      const first = await open(pool)
      await claimKey(first.tx, claimOf('key_commit', 'ch_first'))
      const late = claimKey(pool, claimOf('key_commit', 'ch_late'))
      const saw = [await waits(late), await readClaim(pool, claimOf('key_commit', ''))]
      await completeKey(first.tx, merchantId, 'key_commit', 201, { ok: true })
      await first.commit()
      return [...saw, await late]
    },
    comesTo: ['waits', null, { kind: 'replay', objectId: 'ch_first', status: 201, body: { ok: true } }],
  },
  {
    does: 'gets such a key when the other takes it back, and then lets the next one wait',
    async play({ pool, waits }) {
      const [first, second] = [await open(pool), await open(pool)]
      await claimKey(first.tx, claimOf('key_back', 'ch_first'))
      const late = claimKey(second.tx, claimOf('key_back', 'ch_second'))
      const saw: unknown[] = [await waits(late)]
      await first.rollBack()
      saw.push(await late)
      const last = claimKey(pool, claimOf('key_back', 'ch_last'))
      saw.push(await waits(last))
      await second.commit()
      return [...saw, await last]
    },
    comesTo: [
      'waits',
      { kind: 'claimed' },
      'waits',
      { kind: 'replay', objectId: 'ch_second', status: null, body: null },
    ],
  },
  {
    does: 'waits also for a claimed key whose answer is being written',
    async play({ pool, waits }) {
      await claimKey(pool, claimOf('key_answer', 'ch_answer'))
      const first = await open(pool)
      await completeKey(first.tx, merchantId, 'key_answer', 201, null)
      const late = claimKey(pool, claimOf('key_answer', 'ch_late'))
      const saw = await waits(late)
      await first.commit()
      return [saw, await late]
    },
    comesTo: ['waits', { kind: 'replay', objectId: 'ch_answer', status: 201, body: null }],
  },
  {
    does: 'lets one payment at the PSP be one charge, whoever is first',
    async play({ pool, waits }) {
      await insertCharge(pool, newCharge('ch_one'))
      await insertCharge(pool, newCharge('ch_two'))
      const first = await open(pool)
      await updateCharge(first.tx, newCharge('ch_one', { psp_reference: 'pay_same' }))
      const late = outcomeOf(updateCharge(pool, newCharge('ch_two', { psp_reference: 'pay_same' })))
      const saw = await waits(late)
      await first.commit()
      return [saw, await late]
    },
    comesTo: ['waits', { code: '23505', constraint: 'charges_by_psp_reference' }],
  },
  {
    does: 'skips what another has locked, and takes the rest in the order of its times, so many and no more',
    async play({ pool }) {
      const due = { att_c: 30, att_a: 10, att_d: 40, att_b: 20, att_e: 50 }
      for (const [id, ms] of Object.entries(due)) await addAttempt(pool, id, 'ch_skip', at(ms))
      const first = await open(pool)
      await lockAttempt(first.tx, merchantId, 'att_a')
      const ids = async (limit: number) =>
        (await claimAttemptsToLookUp(pool, at(45), limit, minute)).map(({ id }) => id).sort()
      const saw = [await ids(2), await ids(5)]
      await first.commit()
      return [...saw, await ids(5), await ids(5)]
    },
    comesTo: [['att_b', 'att_c'], ['att_d'], ['att_a'], []],
  },
  {
    does: 'takes once what the same transaction has made due',
    async play({ pool }) {
      await addAttempt(pool, 'att_once', 'ch_once', at(-2 * minute))
      const claimed = await inTransaction(pool, async (tx) => {
        await pushNextLookUp(tx, idOf('att_once'), at(-minute))
        return claimAttemptsToLookUp(tx, at(-minute), 9, minute)
      })
      return claimed.map(({ id }) => id)
    },
    comesTo: ['att_once'],
  },
  {
    does: 'takes the events of PSPs that are due, so many and no more, and never twice',
    async play({ pool }) {
      const events = ['wev_1', 'wev_2', 'wev_3'].map((id) => {
        const event = { id, type: 'x', about: { kind: 'nothing' } } as const
        return { merchantId, pspAccountId: accountId, event, json: JSON.stringify(event) }
      })
      await insertPspEvents(pool, events)
      const first = await open(pool)
      const taken = await claimDuePspEvents(first.tx, 2, minute)
      const rest = await claimDuePspEvents(pool, 9, minute)
      await first.rollBack()
      const again = await claimDuePspEvents(pool, 9, minute)
      return [taken.length, rest.length, new Set([...taken, ...rest].map(({ eventId }) => eventId)).size, again.length]
    },
    comesTo: [2, 1, 3, 2],
  },
  {
    does: 'takes due deliveries by the places of their endpoints and merchants',
    async play({ pool }) {
      const merchant = 'mer_1'
      for (const number of [1, 2, 3, 4]) await insertEvent(pool, eventOf(merchant, `evt_d${number}`, 'ch_d', number))
      const taken = { ofEndpoints: new Map(), ofMerchants: new Map(), provenEndpoints: ['whe_12'] }
      const limits = { total: 9, perMerchant: 9, perEndpoint: 1, perProvenEndpoint: 3, leaseMs: minute }
      const count = async (changes: Partial<typeof limits>, busy: Partial<typeof taken> = {}) => {
        const claimed = await claimDueDeliveries(pool, { ...limits, ...changes }, { ...taken, ...busy })
        const of = (id: string) => claimed.filter(({ endpointId }) => endpointId === id).length
        return [of('whe_11'), of('whe_12')]
      }
      return [
        await count({}, { ofMerchants: new Map([[merchant, 9]]) }),
        await count({}, { ofEndpoints: new Map([['whe_11', 1]]), provenEndpoints: [] }),
        await count({}, { ofEndpoints: new Map([['whe_12', 2]]) }),
        await count({ total: 1 }, { ofEndpoints: new Map([['whe_11', 1]]) }),
        await count({}),
        await count({}),
      ]
    },
    comesTo: [
      [0, 0],
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 1],
      [1, 0],
    ],
  },
  {
    does: 'ends one of two that wait for each other, and lets the other go on',
    async play({ pool, waits }) {
      await insertCharge(pool, newCharge('ch_left'))
      await insertCharge(pool, newCharge('ch_right'))
      const [one, other] = [await open(pool), await open(pool)]
      await lock(one.tx, 'ch_left')
      await lock(other.tx, 'ch_right')
      const crossing = [outcomeOf(lock(one.tx, 'ch_right'))]
      const saw = await waits(crossing[0] as Promise<unknown>)
      crossing.push(outcomeOf(lock(other.tx, 'ch_left')))
      const ends = await Promise.all(crossing)
      const codes = ends.map((end) => ('code' in end ? end.code : 'locked')).sort()
      // The one that failed is rolled back already, or the other would wait still.
      await Promise.all([outcomeOf(one.commit()), outcomeOf(other.commit())])
      return [saw, codes]
    },
    comesTo: ['waits', ['40P01', 'locked']],
  },
  {
    does: 'gives up waiting for a lock when its limit is over, and keeps the order of the others',
    async play({ pool, waits }) {
      await insertCharge(pool, newCharge('ch_limit'))
      const first = await open(pool)
      await lock(first.tx, 'ch_limit')
      const impatient = outcomeOf(
        inTransaction(pool, async (tx) => {
          await tx.query('set local lock_timeout = 150')
          await lock(tx, 'ch_limit')
        }),
      )
      const saw = await waits(impatient)
      const patient = lock(pool, 'ch_limit')
      const end = await impatient
      await first.commit()
      return [saw, end, (await patient)?.id]
    },
    comesTo: ['waits', { code: '55P03', constraint: undefined }, 'ch_limit'],
  },
  {
    does: 'gives its locks back as soon as a statement of it fails, and refuses the next one',
    async play({ pool, waits }) {
      await insertCharge(pool, newCharge('ch_failed'))
      const first = await open(pool)
      await lock(first.tx, 'ch_failed')
      const saw = [await outcomeOf(insertCharge(first.tx, newCharge('ch_failed')))]
      const other = inTransaction(pool, (tx) => lock(tx, 'ch_failed'))
      await other
      saw.push(await outcomeOf(lock(first.tx, 'ch_failed')))
      await first.rollBack()
      return [...saw, await waits(other)]
    },
    comesTo: [{ code: '23505', constraint: 'charges_pkey' }, { code: '25P02', constraint: undefined }, 'ended'],
  },
  {
    does: 'writes no outcome over what was faster, though it waited for it',
    async play({ pool, waits }) {
      const charge = newCharge('ch_fast')
      await insertCharge(pool, charge)
      await addAttempt(pool, 'att_fast', 'ch_fast', at(minute))
      const webhook = await open(pool)
      await lock(webhook.tx, 'ch_fast')
      const reply = createHotPath(pool).outcomes.submit(outcomeFor(charge, 'att_fast', 'key', 'evt_fast'))
      const saw = await waits(reply)
      await updateCharge(webhook.tx, { ...charge, status: 'authorized', sequence: 1 })
      await setAttemptState(webhook.tx, idOf('att_fast'), { state: 'approved', nextLookUpAt: null })
      await webhook.commit()
      return [saw, await reply, (await findCharge(pool, merchantId, 'ch_fast'))?.status]
    },
    comesTo: ['waits', false, 'authorized'],
  },
  {
    does: 'writes no outcome of a charge that was moved to another PSP while its lock was waited for',
    async play({ pool, waits }) {
      const charge = newCharge('ch_moved')
      await insertCharge(pool, charge)
      await addAttempt(pool, 'att_moved', 'ch_moved', at(minute))
      const other = await open(pool)
      await lock(other.tx, 'ch_moved')
      const reply = createHotPath(pool).outcomes.submit(outcomeFor(charge, 'att_moved', 'key', 'evt_moved'))
      const saw = await waits(reply)
      await setAttemptState(other.tx, idOf('att_moved'), { state: 'rejected', nextLookUpAt: null })
      await updateCharge(other.tx, { ...charge, psp_account_id: 'pspa_22' })
      await other.commit()
      return [saw, await reply, (await findCharge(pool, merchantId, 'ch_moved'))?.status]
    },
    comesTo: ['waits', false, 'processing'],
  },
  {
    // As a snapshot has it, and so a guard that must hold after a wait is asked of the row that was waited for.
    does: 'sees the attempt as it was when the outcome’s statement began, also after a wait for its charge',
    async play({ pool, waits }) {
      const charge = newCharge('ch_before')
      await insertCharge(pool, charge)
      await addAttempt(pool, 'att_before', 'ch_before', at(minute))
      const other = await open(pool)
      await lock(other.tx, 'ch_before')
      const reply = createHotPath(pool).outcomes.submit(outcomeFor(charge, 'att_before', 'key', 'evt_before'))
      const saw = await waits(reply)
      await setAttemptState(other.tx, idOf('att_before'), { state: 'rejected', nextLookUpAt: null })
      await other.commit()
      return [saw, await reply]
    },
    comesTo: ['waits', true],
  },
  {
    does: 'lets a refund refer to a charge that is being changed, and wait for one that is locked',
    async play({ pool, waits }) {
      await insertCharge(pool, newCharge('ch_referred'))
      const refund = (id: string) => ({
        ...makeRefund(draw, { merchantId, id, chargeId: 'ch_referred' }),
        status: 'pending' as const,
        amount: 1n,
        failure: null,
      })
      const changing = await open(pool)
      await updateCharge(changing.tx, newCharge('ch_referred', { sequence: 1 }))
      await insertRefund(pool, refund('re_beside'))
      await changing.commit()
      const locking = await open(pool)
      await lock(locking.tx, 'ch_referred')
      const late = insertRefund(pool, refund('re_late'))
      const saw = await waits(late)
      await locking.commit()
      await late
      return saw
    },
    comesTo: 'waits',
  },
  {
    does: 'lets an event wait for the endpoint that it goes to, while a merchant changes it',
    async play({ pool, waits }) {
      const [merchant, id] = ['mer_1', 'whe_11']
      const changing = await open(pool)
      const endpoint = await lockWebhookEndpoint(changing.tx, merchant, id)
      const late = insertEvent(pool, eventOf(merchant, 'evt_endpoint', 'ch_endpoint'))
      const saw = await waits(late)
      if (endpoint !== null) await updateWebhookEndpoint(changing.tx, { ...endpoint, url: 'https://c.example' })
      await changing.commit()
      await late
      const taken = { ofEndpoints: new Map(), ofMerchants: new Map(), provenEndpoints: [] }
      const limits = { total: 99, perMerchant: 99, perEndpoint: 99, perProvenEndpoint: 99, leaseMs: minute }
      const claimed = await claimDueDeliveries(pool, limits, taken)
      return [saw, claimed.find((one) => one.id === deliveryIdOf('evt_endpoint', id))?.url]
    },
    comesTo: ['waits', 'https://c.example'],
  },
  {
    does: 'refuses an event whose endpoint is deleted while it is written, and takes it the next time',
    async play({ pool, waits }) {
      const endpoint = { description: null, url: 'https://d.example', events: ['*'], secret: Buffer.from('x') }
      await inTransaction(pool, (tx) =>
        insertWebhookEndpoint(tx, { merchant_id: merchantId, id: 'whe_deleted', ...endpoint }, 9),
      )
      const deleting = await open(pool)
      await deleteWebhookEndpoint(deleting.tx, merchantId, 'whe_deleted')
      const late = outcomeOf(insertEvent(pool, eventOf(merchantId, 'evt_deleted', 'ch_deleted')))
      const saw = await waits(late)
      await deleting.commit()
      const end = await late
      await insertEvent(pool, eventOf(merchantId, 'evt_deleted', 'ch_deleted'))
      return [saw, end]
    },
    comesTo: ['waits', { code: '23503', constraint: 'webhook_deliveries_merchant_id_endpoint_id_fkey' }],
  },
  {
    does: 'lets the creations of one merchant’s endpoints take turns',
    async play({ pool, waits }) {
      const endpoint = { description: null, url: 'https://e.example', events: ['*'], secret: Buffer.from('x') }
      const first = await open(pool)
      const insert = (tx: typeof first.tx, id: string) =>
        insertWebhookEndpoint(tx, { merchant_id: merchantId, id, ...endpoint }, 1)
      await insert(first.tx, 'whe_turn1')
      const second = inTransaction(pool, (tx) => insert(tx, 'whe_turn2'))
      const saw = await waits(second)
      await first.commit()
      return [saw, await second]
    },
    comesTo: ['waits', null],
  },
]

describe('several transactions at once', { concurrency: false }, () => {
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
})
