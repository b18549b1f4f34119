import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Deps } from '../deps.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { closeAtPsp } from './close-session.ts'
import { createPaymentSession } from './create-payment-session.ts'
import { createRefund } from './create-refund.ts'
import { captureCharge } from './end-authorization.ts'
import { expirePaymentSession } from './expire-payment-session.ts'
import type { Answer } from './replay.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { askForTruth } from './session-at-psp.ts'
import { openRaceWorld, type RaceWorld } from './testing/race-world.ts'

let world: RaceWorld
before(async () => {
  world = await openRaceWorld()
})
afterEach(() => {
  world.state.fault = () => null
})
after(() => world.close())

type Open = Awaited<ReturnType<RaceWorld['openSession']>>
type Said = Answer | Refusal
const idOf = (answer: Said): string => (isRefusal(answer) ? '' : (answer.body as { id: string }).id)
const expire = (deps: Deps, sessionId: string, key: string = randomUUID()) =>
  expirePaymentSession(deps, { merchantId: world.merchant.id, sessionId, idempotencyKey: key })
const rowOf = ({ session }: Open) => ({ table: 'payment_sessions', id: session.id }) as const
/** What FinCore does when the shopper comes back: it asks the PSP. */
const comeBack = (deps: Deps, { session, created }: Open) => {
  const attempt = { merchant_id: session.merchant_id, id: created, state: 'approved', sent_at: new Date() } as const
  return askForTruth(deps, session, attempt, 5_000)
}
const statusOf = async ({ session }: Open) => (await world.findSession(session.id)).status

/** All orders of a list. */
function ordersOf<T>(list: T[]): T[][] {
  return list.length < 2
    ? [list]
    : list.flatMap((one, index) => ordersOf(list.toSpliced(index, 1)).map((rest) => [one, ...rest]))
}

describe('a session that was paid', () => {
  it('is completed once, by its webhook, the shopper’s return and the clock at once, in each of their six orders', async () => {
    for (const order of ordersOf(['webhook', 'return', 'clock'] as const)) {
      const open = await world.openSession()
      await world.pay(open.url, 'visa')
      const contestants = {
        webhook: () => world.applyEventsOfSession(world.second, open.created),
        return: () => comeBack(world.first, open),
        clock: () => closeAtPsp(world.second, open.session, 'expired'),
      }
      await world.lineUp<unknown>(
        rowOf(open),
        order.map((one) => contestants[one]),
      )
      assert.equal(await statusOf(open), 'completed', order.join(', '))
      assert.deepEqual(await world.eventsOf(open.session.id), ['payment_session.completed'])
      const charges = await world.chargesOf(open.session.id)
      assert.deepEqual(
        charges.map(({ status, flags }) => [status, flags]),
        [['captured', []]],
      )
      await world.assertMoneyIsRight()
    }
  })

  it('in the moment in which the clock closes it, is completed', async () => {
    for (const webhook of ['before the close', 'after it'] as const) {
      const open = await world.openSession()
      world.state.fault = (asked) => {
        if (!asked.url.endsWith('/expire')) return null
        world.state.fault = () => null
        return world
          .pay(open.url, 'visa')
          .then(() => (webhook === 'before the close' ? world.applyEventsOfSession(world.first, open.created) : []))
          .then(() => world.sendToPsp(asked, 5_000))
      }
      const [closed, expired] = await Promise.all([
        closeAtPsp(world.second, open.session, 'expired'),
        expire(world.first, open.session.id),
      ])
      await world.applyEventsOfSession(world.second, open.created)
      assert.deepEqual([closed.status, isRefusal(expired) && expired.refused], ['completed', 'session_not_open'])
      assert.deepEqual(await world.eventsOf(open.session.id), ['payment_session.completed'])
      assert.deepEqual(
        (await world.chargesOf(open.session.id)).map(({ flags }) => flags),
        [[]],
      )
      await world.assertMoneyIsRight()
    }
  })
})

describe('a session whose payment the bank approves after its page was closed', () => {
  it('and before the PSP was asked a last time, is completed, because nobody was told that it had ended', async () => {
    const open = await world.openSession()
    await world.pay(open.url, 'late_success')
    world.state.fault = (asked) => {
      if (asked.method !== 'GET') return null
      world.state.fault = () => null
      return world.waitForMoneyOf(open.session.id).then(() => world.sendToPsp(asked, 5_000))
    }
    assert.equal((await closeAtPsp(world.first, open.session, 'expired')).status, 'completed')
    assert.deepEqual(await world.eventsOf(open.session.id), ['payment_session.completed'])
    await world.assertMoneyIsRight()
  })
})

describe('a session that nobody paid', () => {
  it('ends once, by the clock, the shopper’s cancel and its merchant at once, in each of their six orders', async () => {
    for (const order of ordersOf(['clock', 'cancel', 'merchant'] as const)) {
      const open = await world.openSession()
      const told: Said[] = []
      const contestants = {
        clock: () => closeAtPsp(world.first, open.session, 'expired'),
        cancel: () => closeAtPsp(world.second, open.session, 'canceled'),
        merchant: async () => void told.push(await expire(world.second, open.session.id)),
      }
      await world.lineUp<unknown>(
        rowOf(open),
        order.map((one) => contestants[one]),
      )
      const status = await statusOf(open)
      assert.match(status, /^(expired|canceled)$/)
      assert.deepEqual(await world.eventsOf(open.session.id), [`payment_session.${status}`])
      const [answer] = told
      assert.ok(answer)
      if (status === 'canceled') assert.equal(isRefusal(answer) && answer.refused, 'session_not_open')
      await world.assertMoneyIsRight(told)
    }
  })
})

describe('money that comes after the end', () => {
  const cases = [
    {
      late: 'refund',
      method: 'automatic',
      movements: ['authorization 1000', 'capture 1000', 'refund 1000'],
      status: 'captured',
      refused: ['amount_exceeds_refundable', 'charge_not_capturable'],
    },
    {
      late: 'refund',
      method: 'manual',
      movements: ['authorization 1000', 'cancellation 1000'],
      status: 'canceled',
      refused: ['charge_not_refundable', 'operation_in_progress'],
    },
    {
      late: 'keep',
      method: 'automatic',
      movements: ['authorization 1000', 'capture 1000'],
      status: 'captured',
      refused: [],
    },
    { late: 'keep', method: 'manual', movements: ['authorization 1000'], status: 'authorized', refused: [] },
  ] as const

  /** A session that ended, and was paid then. Approved before we looked a last time, it was paid in time: another one. */
  const payLate = async (more: object): Promise<Open> => {
    for (let tries = 0; tries < 20; tries++) {
      const open = await world.openSession(more)
      await world.pay(open.url, 'late_success')
      const { status } = await closeAtPsp(world.first, open.session, 'expired')
      await world.waitForMoneyOf(open.session.id)
      if (status === 'expired') return open
      assert.equal(status, 'completed')
    }
    return assert.fail('The bank was always faster')
  }

  for (const { late, method, movements, status, refused } of cases) {
    it(`(${method}, late_payments: "${late}") is told of by two services at once, and ${late === 'keep' ? 'kept' : 'goes back once, whatever its merchant asks meanwhile'}`, async () => {
      for (const order of ordersOf(['webhook', 'repeat', 'return'] as const)) {
        const open = await payLate({ late_payments: late, capture_method: method })
        const contestants = {
          webhook: () => world.applyEventsOfSession(world.first, open.created),
          repeat: () => world.applyEventsOfSession(world.second, open.created),
          return: () => comeBack(world.second, open),
        }
        await world.lineUp<unknown>(
          rowOf(open),
          order.map((one) => contestants[one]),
        )
        const [charge] = await world.chargesOf(open.session.id)
        const told: Said[] = []
        if (late === 'refund') {
          // Its merchant asks for the money, or gives it back, in the moment in which both services give it back.
          const input = { merchantId: world.merchant.id, idempotencyKey: randomUUID() }
          const asked = Promise.all([
            createRefund(world.first, { ...input, request: { charge: charge.id } }),
            captureCharge(world.second, {
              ...input,
              idempotencyKey: randomUUID(),
              chargeId: charge.id,
              amount: undefined,
            }),
          ])
          await Promise.all([asked, resolveDueAttempts(world.first), resolveDueAttempts(world.second)])
          told.push(...(await asked))
          assert.equal(isRefusal(told[0] as Said) && (told[0] as Refusal).refused, refused[0])
          assert.match(
            String(isRefusal(told[1] as Said) && (told[1] as Refusal).refused),
            /operation_in_progress|charge_not_capturable/,
          )
        }
        await world.settleAll()
        assert.deepEqual(await world.truthOf(open.session.id), movements, order.join(', '))
        const [settled, ...others] = await world.chargesOf(open.session.id)
        assert.deepEqual([settled.status, settled.flags, others], [status, ['paid_after_session_end'], []])
        assert.deepEqual(await world.eventsOf(open.session.id), ['payment_session.expired'])
        await world.assertMoneyIsRight(told)
      }
    })
  }
})

describe('the same idempotency key at two services, a hundred times at once', () => {
  const hundred = (start: (deps: Deps) => Promise<Said>) =>
    Promise.all(Array.from({ length: 100 }, (_, index) => start(index % 2 === 0 ? world.first : world.second)))

  it('makes one session, with one page at the PSP', async () => {
    const asked: string[] = []
    world.state.fault = (request) => {
      asked.push(request.url)
      return null
    }
    const request = {
      amount: 1000,
      currency: 'EUR',
      success_url: 'https://shop.example/ok',
      cancel_url: 'https://shop.example/no',
    }
    const input = { merchantId: world.merchant.id, idempotencyKey: randomUUID(), request }
    const answers = await hundred((deps) => createPaymentSession(deps, input))
    assert.equal(answers.filter((answer) => !isRefusal(answer) && !answer.replayed).length, 1)
    const made = answers.filter((answer) => !isRefusal(answer))
    assert.equal(new Set(made.map(idOf)).size, 1)
    for (const answer of answers) if (isRefusal(answer)) assert.equal(answer.refused, 'idempotency_key_in_use')
    assert.equal(asked.length, 1)
    await world.assertMoneyIsRight(answers)
  })

  it('ends a session once', async () => {
    const open = await world.openSession()
    const key = randomUUID()
    const answers = await hundred((deps) => expire(deps, open.session.id, key))
    assert.equal(answers.filter((answer) => !isRefusal(answer) && !answer.replayed).length, 1)
    for (const answer of answers) if (isRefusal(answer)) assert.equal(answer.refused, 'idempotency_key_in_use')
    assert.deepEqual(await world.eventsOf(open.session.id), ['payment_session.expired'])
    await world.assertMoneyIsRight(answers)
  })
})
