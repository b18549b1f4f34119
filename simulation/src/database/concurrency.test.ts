import { describe } from 'node:test'
import { findAttempt, pushNextLookUp, setAttemptState } from '@fincore/payment-service/store/attempts'
import { findCharge, insertCharge, updateCharge } from '@fincore/payment-service/store/charges'
import { createHotPath } from '@fincore/payment-service/store/hot-path'
import { claimKey, completeKey, readClaim } from '@fincore/payment-service/store/idempotency'
import { inTransaction } from '@fincore/payment-service/store/pool'
import { insertRefund } from '@fincore/payment-service/store/refunds'
import { makeRefund } from './testing/rows.ts'
import {
  addAttempt,
  at,
  claimOf,
  draw,
  idOf,
  lock,
  merchantId,
  minute,
  newCharge,
  outcomeFor,
  playOnBoth,
  sequenceOf,
} from './testing/scenario.ts'
import { open } from './testing/side.ts'
import { outcomeOf } from './testing/twin.ts'

describe('several transactions at once', { concurrency: false }, () =>
  playOnBoth([
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
  ]),
)
