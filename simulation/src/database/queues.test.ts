import { describe } from 'node:test'
import { claimAttemptsToLookUp, lockAttempt, pushNextLookUp } from '@fincore/payment-service/store/attempts'
import { insertCharge } from '@fincore/payment-service/store/charges'
import { insertEvent } from '@fincore/payment-service/store/events'
import { createHotPath } from '@fincore/payment-service/store/hot-path'
import { claimKey, readClaim } from '@fincore/payment-service/store/idempotency'
import { inTransaction, type Pool } from '@fincore/payment-service/store/pool'
import { claimDuePspEvents, insertPspEvents } from '@fincore/payment-service/store/psp-events'
import { consumeLink, findSession, insertSession } from '@fincore/payment-service/store/sessions'
import { claimDueDeliveries } from '@fincore/payment-service/store/webhook-deliveries'
import { insertWebhookEndpoint } from '@fincore/payment-service/store/webhook-endpoints'
import { makeSession } from './testing/rows.ts'
import {
  accountId,
  addAttempt,
  at,
  claimOf,
  draw,
  eventOf,
  idOf,
  merchantId,
  minute,
  newCharge,
  outcomeFor,
  playOnBoth,
} from './testing/scenario.ts'
import { open } from './testing/side.ts'

type ClaimCase = {
  total: number
  perMerchant: number
  /** Of endpoints that have more than one. */
  places: Record<string, number>
  taken: Record<string, number>
  takenOfMerchants: Record<string, number>
}

/** Claims, and says how many it got of each of these endpoints. */
async function countClaimed(pool: Pool, endpoints: readonly string[], more: Partial<ClaimCase>): Promise<number[]> {
  const { total = 9, perMerchant = 9, places = {}, taken = {}, takenOfMerchants = {} } = more
  const ids = [...new Set([...Object.keys(places), ...Object.keys(taken)])]
  const ofEndpoints = new Map(ids.map((id) => [id, { places: places[id] ?? 1, taken: taken[id] ?? 0 }]))
  const here = { ofEndpoints, takenOfMerchants: new Map(Object.entries(takenOfMerchants)) }
  const claimed = await claimDueDeliveries(pool, { total, perMerchant, leaseMs: minute }, here)
  return endpoints.map((id) => claimed.filter(({ endpointId }) => endpointId === id).length)
}

describe('what workers and requests take', { concurrency: false }, () =>
  playOnBoth([
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
        return [
          taken.length,
          rest.length,
          new Set([...taken, ...rest].map(({ eventId }) => eventId)).size,
          again.length,
        ]
      },
      comesTo: [2, 1, 3, 2],
    },
    {
      does: 'takes due deliveries by the places of their endpoints and merchants',
      async play({ pool }) {
        const merchant = 'mer_1'
        for (const number of [1, 2, 3, 4]) await insertEvent(pool, eventOf(merchant, `evt_d${number}`, 'ch_d', number))
        const count = (more: Partial<ClaimCase>) =>
          countClaimed(pool, ['whe_11', 'whe_12'], { total: 9, places: { whe_12: 3 }, ...more })
        return [
          await count({ takenOfMerchants: { [merchant]: 9 } }),
          await count({ places: {}, taken: { whe_11: 1 } }),
          await count({ taken: { whe_12: 2 } }),
          await count({ total: 1, taken: { whe_11: 1 } }),
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
      does: 'takes deliveries in turn: first for whom has the fewest under way, of merchants and of their endpoints',
      async play({ pool }) {
        const endpoint = { description: null, url: 'https://d.example', events: ['*'], secret: Buffer.from('x') }
        await inTransaction(pool, (tx) =>
          insertWebhookEndpoint(tx, { merchant_id: 'mer_2', id: 'whe_21', ...endpoint }, 9),
        )
        for (const number of [1, 2, 3, 4]) await insertEvent(pool, eventOf('mer_1', `evt_t${number}`, 'ch_t', number))
        await insertEvent(pool, eventOf('mer_2', 'evt_t', 'ch_t', 1))
        const count = (more: Partial<ClaimCase>) =>
          countClaimed(pool, ['whe_11', 'whe_12', 'whe_21'], { total: 9, places: { whe_11: 4, whe_12: 4 }, ...more })
        return [
          await count({ total: 1, takenOfMerchants: { mer_1: 1 } }),
          await count({ total: 2, taken: { whe_11: 2 } }),
          await count({ perMerchant: 3, taken: { whe_12: 1 }, takenOfMerchants: { mer_1: 2 } }),
        ]
      },
      comesTo: [
        [0, 0, 1],
        [0, 2, 0],
        [1, 0, 0],
      ],
    },
    {
      does: 'has the answer of a claim before the claim’s time is over',
      async play({ pool }) {
        const charge = newCharge('ch_answered')
        await insertCharge(pool, charge)
        await addAttempt(pool, 'att_answered', 'ch_answered', at(minute))
        const claim = { ...claimOf('key_answered', 'ch_answered'), lockedUntil: at(minute) }
        await claimKey(pool, claim)
        const running = await readClaim(pool, claim)
        const written = await createHotPath(pool).outcomes.submit(
          outcomeFor(charge, 'att_answered', 'key_answered', 'evt_answered'),
        )
        return [running?.kind, written, await readClaim(pool, claim)]
      },
      comesTo: ['refused', true, { kind: 'replay', objectId: 'ch_answered', status: 201, body: {} }],
    },
    {
      does: 'keeps when a link was used first, however often its browser comes',
      async play({ pool }) {
        const row = makeSession(draw, { merchantId, accountId, id: 'ps_link', chargeId: 'ch_link' })
        const [link, browser, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)]
        await insertSession(pool, { ...row, status: 'open', amount: 1n, charge_id: null, expires_at: at(9) }, link)
        const used = [
          await consumeLink(pool, link, browser, at(1), null),
          await consumeLink(pool, link, browser, at(2), null),
          await consumeLink(pool, link, other, at(3), null),
          await consumeLink(pool, link, browser, at(9), null),
        ]
        return [used, (await findSession(pool, merchantId, 'ps_link'))?.link_used_at]
      },
      comesTo: [[true, true, false, false], at(1)],
    },
  ]),
)
