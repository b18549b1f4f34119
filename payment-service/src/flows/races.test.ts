import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Deps } from '../deps.ts'
import type { Money } from '../psp-gateway/port.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { startInbox } from '../webhooks/inbox/inbox.ts'
import { until } from '../webhooks/testing/webhook-world.ts'
import { applyPspEvent } from './apply-psp-event.ts'
import { beginCardCharge, type CardStep, continueCardCharge } from './charge-card.ts'
import { createRefund } from './create-refund.ts'
import { cancelCharge, captureCharge } from './end-authorization.ts'
import type { Answer } from './replay.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { openRaceWorld, type RaceWorld } from './testing/race-world.ts'

let world: RaceWorld
before(async () => {
  world = await openRaceWorld()
})
afterEach(() => {
  world.state.fault = () => null
  world.state.aheadMs = 0
})
after(() => world.close())

type Said = Answer | Refusal
/** In a word: what a merchant was told. */
const wordOf = (answer: Said): string =>
  isRefusal(answer) ? answer.refused : String((answer.body as { status?: string }).status)
const idOf = (answer: Said): string => (isRefusal(answer) ? '' : (answer.body as { id: string }).id)
const capture = (deps: Deps, chargeId: string, amount?: number, key: string = randomUUID()) =>
  captureCharge(deps, { merchantId: world.merchant.id, chargeId, idempotencyKey: key, amount })
const cancel = (deps: Deps, chargeId: string, key: string = randomUUID()) =>
  cancelCharge(deps, { merchantId: world.merchant.id, chargeId, idempotencyKey: key })
const refund = (deps: Deps, charge: string, amount?: number, key: string = randomUUID()) =>
  createRefund(deps, {
    merchantId: world.merchant.id,
    idempotencyKey: key,
    request: { charge, ...(amount === undefined ? {} : { amount }) },
  })
const servicesInTurn = (index: number): Deps => (index % 2 === 0 ? world.first : world.second)

describe('capture and cancel', () => {
  for (const order of ['capture first', 'cancel first'] as const) {
    it(`at once, ${order}: the first does it, and the other is told that it is under way`, async () => {
      const charged = await world.charge('visa', 'manual')
      const id = idOf(charged)
      const contestants = [() => capture(world.first, id, 400), () => cancel(world.second, id)]
      const answers = await world.lineUp(
        { table: 'charges', id },
        order === 'capture first' ? contestants : contestants.reverse(),
      )
      assert.deepEqual(answers.map(wordOf), [
        order === 'capture first' ? 'captured' : 'canceled',
        'operation_in_progress',
      ])
      await world.assertMoneyIsRight([charged, ...answers])
    })
  }

  it('of which the PSP’s reply was lost: the other is refused until it is known', async () => {
    const charged = await world.charge('visa', 'manual')
    const id = idOf(charged)
    world.loseReplies(/\/captures$/)
    const captured = await capture(world.first, id, 400)
    assert.equal(wordOf(captured), 'authorized')
    assert.equal(wordOf(await cancel(world.second, id)), 'operation_in_progress')
    await world.settleAll()
    assert.equal(wordOf(await cancel(world.second, id)), 'charge_not_cancelable')
    await world.assertMoneyIsRight([charged, captured])
  })

  for (const order of ['the lapse first', 'the refusal first'] as const) {
    it(`a capture under which the authorization lapses, ${order}: is not answered as done`, async () => {
      const charged = await world.charge('visa', 'manual')
      const id = idOf(charged)
      const lapse = async () => {
        const reference = await world.attemptOf(id, 'authorize')
        const { psp_reference: pspReference } = await world.findCharge(id)
        assert.ok(pspReference)
        return applyPspEvent(world.second, world.merchant.id, world.merchant.account, {
          id: `wev_${id}`,
          type: 'payment.lapsed',
          about: {
            kind: 'attempt',
            reference,
            attemptKind: 'authorize',
            outcome: { outcome: 'ended', pspReference, reason: 'authorization_expired' },
          },
        })
      }
      const refusal = {
        status: 409,
        headers: { 'content-type': 'application/json' },
        body: '{"error":{"code":"payment_not_capturable","message":"","param":null}}',
      }
      world.state.fault = (asked) =>
        asked.url.endsWith('/captures')
          ? Promise.resolve(order === 'the lapse first' ? lapse() : null).then(() => refusal)
          : null
      const key = randomUUID()
      const answer = await capture(world.first, id, undefined, key)
      if (order === 'the refusal first') await lapse()
      const word = order === 'the lapse first' ? 'charge_not_capturable' : 'capture_declined'
      assert.deepEqual([wordOf(answer), wordOf(await capture(world.second, id, undefined, key))], [word, word])
      assert.equal((await world.findCharge(id)).status, 'canceled')
      await world.assertMoneyIsRight([charged, answer])
    })
  }

  it('eight captures of different parts at once: the first is made', async () => {
    const charged = await world.charge('visa', 'manual')
    const id = idOf(charged)
    const answers = await world.lineUp(
      { table: 'charges', id },
      Array.from({ length: 8 }, (_, index) => () => capture(servicesInTurn(index), id, 100 * (index + 1))),
    )
    const [done, ...refused] = answers.map(wordOf)
    assert.equal(done, 'captured')
    for (const word of refused) assert.match(word, /^(operation_in_progress|charge_not_capturable)$/)
    assert.equal((await world.findCharge(id)).captured, 100)
    await world.assertMoneyIsRight([charged, ...answers])
  })
})

describe('an event of a PSP about another amount than was asked for', () => {
  it('is shown to an operator, and changes nothing', async () => {
    const charged = await world.charge('visa', 'manual')
    const id = idOf(charged)
    const reference = await world.attemptOf(id, 'authorize')
    const { psp_reference, amount } = await world.findCharge(id)
    const outcome = {
      outcome: 'approved',
      pspReference: psp_reference ?? '',
      captured: BigInt(amount),
      card: null,
    } as const
    const tell = (told: Money) =>
      applyPspEvent(world.second, world.merchant.id, world.merchant.account, {
        id: `wev_${id}`,
        type: 'payment.captured',
        about: { kind: 'attempt', reference, attemptKind: 'authorize', outcome, amount: told },
      })
    assert.equal(await tell({ amount: BigInt(amount), currency: 'KRW' }), 'flagged')
    assert.equal(await tell({ amount: BigInt(amount) - 1n, currency: 'EUR' }), 'flagged')
    assert.equal((await world.findCharge(id)).status, 'authorized')
    await world.assertMoneyIsRight([charged])
  })
})

describe('a refund and the PSP’s news of a dispute', () => {
  it('at once: the refund is made, and the dispute is kept and shown to an operator', async () => {
    const charged = await world.charge('visa', 'automatic')
    const id = idOf(charged)
    const attempt = await world.attemptOf(id, 'authorize')
    const payment = await world.findPaymentAtPsp(attempt)
    const [answer, told] = await Promise.all([
      refund(world.first, id, 400),
      world.tellByWebhook({ id: `wev_${id}`, type: 'payment.disputed', data: { payment } }),
    ])
    assert.deepEqual([wordOf(answer), told], ['succeeded', 200])
    const inbox = startInbox(world.second, applyPspEvent)
    await until('the inbox has taken it', async () => (await world.shownToOperators()).length > 0).finally(inbox.stop)
    assert.deepEqual(
      (await world.shownToOperators()).map(({ type, reference, state }) => [type, reference, state]),
      [['payment.disputed', attempt, 'flagged']],
    )
    assert.equal((await world.findCharge(id)).refunded, 400)
    await world.assertMoneyIsRight([charged, answer])
  })
})

describe('the same idempotency key at two services, a hundred times at once', () => {
  /** One is answered first, every other gets the same, or is told to wait. */
  const assertOnce = (answers: Said[]) => {
    const first = answers.filter((answer) => !isRefusal(answer) && !answer.replayed)
    assert.equal(first.length, 1)
    const [made] = first
    for (const answer of answers) {
      if (isRefusal(answer)) assert.equal(answer.refused, 'idempotency_key_in_use')
      else assert.equal(idOf(answer), idOf(made as Answer))
    }
  }
  const hundred = (start: (deps: Deps) => Promise<Said>) =>
    Promise.all(Array.from({ length: 100 }, (_, index) => start(servicesInTurn(index))))

  it('captures once', async () => {
    const charged = await world.charge('visa', 'manual')
    const key = randomUUID()
    const answers = await hundred((deps) => capture(deps, idOf(charged), 400, key))
    assertOnce(answers)
    await world.assertMoneyIsRight([charged, ...answers])
    assert.equal(wordOf(await capture(world.second, idOf(charged), 400, key)), 'captured')
    assert.equal(wordOf(await capture(world.second, idOf(charged), 401, key)), 'idempotency_key_reused')
  })

  it('cancels once', async () => {
    const charged = await world.charge('visa', 'manual')
    const key = randomUUID()
    const answers = await hundred((deps) => cancel(deps, idOf(charged), key))
    assertOnce(answers)
    await world.assertMoneyIsRight([charged, ...answers])
  })

  it('refunds once', async () => {
    const charged = await world.charge('visa', 'automatic')
    const key = randomUUID()
    const answers = await hundred((deps) => refund(deps, idOf(charged), 400, key))
    assertOnce(answers)
    await world.assertMoneyIsRight([charged, ...answers])
    assert.equal((await world.findCharge(idOf(charged))).refunded, 400)
  })
})

describe('the reply, the webhook and the look-up of one attempt, on three connections at once', () => {
  const orders = [
    ['reply', 'webhook', 'look-up'],
    ['reply', 'look-up', 'webhook'],
    ['webhook', 'reply', 'look-up'],
    ['webhook', 'look-up', 'reply'],
    ['look-up', 'reply', 'webhook'],
    ['look-up', 'webhook', 'reply'],
  ] as const
  const cases = [
    { what: 'an approval', card: 'visa', kind: 'authorize', status: 'captured', events: ['charge.captured'] },
    { what: 'a decline', card: 'declined', kind: 'authorize', status: 'failed', events: ['charge.failed'] },
    {
      what: 'a capture',
      card: 'visa',
      kind: 'capture',
      status: 'captured',
      events: ['charge.authorized', 'charge.captured'],
    },
    {
      what: 'a declined capture',
      card: 'capture_fails',
      kind: 'capture',
      status: 'authorized',
      events: ['charge.authorized', 'charge.updated'],
    },
    {
      what: 'a cancel',
      card: 'visa',
      kind: 'cancel',
      status: 'canceled',
      events: ['charge.authorized', 'charge.canceled'],
    },
    {
      what: 'a refund',
      card: 'visa',
      kind: 'refund',
      status: 'captured',
      events: ['charge.captured', 'charge.refunded'],
    },
    {
      what: 'a declined refund',
      card: 'refund_fails',
      kind: 'refund',
      status: 'captured',
      events: ['charge.captured'],
    },
    {
      what: 'a challenge',
      card: 'challenge',
      kind: 'authorize',
      status: 'requires_action',
      events: ['charge.requires_action'],
    },
  ] as const

  for (const { what, card, kind, status, events } of cases) {
    it(`tell of ${what} once, in each of their six orders`, async () => {
      for (const order of orders) {
        const told: Said[] = []
        const key = randomUUID()
        const asked = await ask(kind, card, key, told)
        const { attempt, chargeId, flow } = asked
        const contestants = {
          reply: async () => {
            asked.release()
            told.push(await flow)
          },
          webhook: () => world.applyEventAbout(world.second, attempt),
          'look-up': async () => {
            await world.makeAllDue()
            await resolveDueAttempts(world.second)
          },
        }
        await world.lineUp<unknown>(
          { table: 'charges', id: chargeId },
          order.map((one) => contestants[one]),
        )
        const name = order.join(', ')
        assert.equal((await world.findCharge(chargeId)).status, status, name)
        assert.deepEqual(await world.eventsOf(chargeId), events, name)
        await world.assertMoneyIsRight(told)
      }
    })
  }

  /** Begins a call whose reply is kept back; the PSP has acted. */
  const ask = async (
    kind: 'authorize' | 'capture' | 'cancel' | 'refund',
    card: Parameters<RaceWorld['charge']>[0],
    key: string,
    told: Said[],
  ) => {
    if (kind === 'authorize') {
      const kept = world.keepReply(/\/payments$/)
      const flow = world.charge(card, 'automatic', 1000, key)
      await kept.arrived
      const { rows } = await world.first.pool.query('select object_id from idempotency_keys where key = $1', [key])
      const chargeId: string = rows[0].object_id
      return { chargeId, attempt: await world.attemptOf(chargeId, kind), flow, release: kept.release }
    }
    const charged = await world.charge(card, kind === 'refund' ? 'automatic' : 'manual')
    told.push(charged)
    const chargeId = idOf(charged)
    const kept = world.keepReply(/\/(captures|cancellations|refunds)$/)
    const flow: Promise<Said> = { capture, cancel, refund }[kind](world.first, chargeId)
    await kept.arrived
    return { chargeId, attempt: await world.attemptOf(chargeId, kind), flow, release: kept.release }
  }
})

describe('two resolvers at once', () => {
  it('ask about each attempt once, and settle it once', async () => {
    world.loseReplies(/\/payments$/)
    const charged = await Promise.all(Array.from({ length: 40 }, () => world.charge('visa', 'automatic')))
    const ids = new Set(charged.map(idOf))
    assert.deepEqual(new Set(charged.map(wordOf)), new Set(['processing']))
    const attempts = await Promise.all([...ids].map((id) => world.attemptOf(id, 'authorize')))
    const asked: string[] = []
    world.state.fault = (request) => {
      asked.push(new URL(request.url).searchParams.get('reference') ?? '')
      return null
    }
    await world.makeAllDue()
    // Somebody holds one of them, so that whoever does not go around it stands there with what it has taken.
    const rounds = [world.first, world.second, world.first].map((deps) => () => resolveDueAttempts(deps))
    await world.lineUp({ table: 'attempts', id: attempts[20] ?? '' }, rounds, true)
    await resolveDueAttempts(world.second)
    assert.deepEqual(asked.filter((reference) => attempts.includes(reference)).sort(), attempts.sort())
    const books = await world.assertMoneyIsRight()
    for (const charge of books.charges.filter(({ id }) => ids.has(id)))
      assert.deepEqual([charge.status, charge.sequence], ['captured', 1])
  })
})

describe('a thousand refunds of one charge at once', () => {
  /** As a merchant does: the same again, with the same key, while there is no answer. On a slow machine some wait too long. */
  const refundUntilAnswered = async (deps: Deps, charge: string): Promise<Said> => {
    const key = randomUUID()
    for (let tries = 0; tries < 100; tries++) {
      const answer = await refund(deps, charge, 90, key).catch(() => null)
      if (answer !== null && wordOf(answer) !== 'idempotency_key_in_use') return answer
      await sleep(500)
    }
    return assert.fail('A refund was never answered')
  }

  /** What the database says while the race runs adds up at every moment. */
  const lookWhile = async (race: Promise<unknown>, chargeId: string): Promise<number> => {
    const isOver = race.then(
      () => true,
      () => true,
    )
    for (let looks = 1; ; looks++) {
      const { rows } = await world.onlooker.query<Record<string, bigint>>(
        `select captured, refunded, refunds_pending,
           (select coalesce(sum(amount), 0)::bigint from refunds where charge_id = $1 and status = 'succeeded') as given,
           (select coalesce(sum(amount), 0)::bigint from refunds where charge_id = $1 and status = 'pending') as waiting
         from charges where id = $1`,
        [chargeId],
      )
      const { captured = 0n, refunded = 0n, refunds_pending: pending = 0n, given, waiting } = rows[0] ?? {}
      assert.deepEqual([refunded, pending], [given, waiting])
      assert.ok(refunded + pending <= captured)
      if (await Promise.race([isOver, sleep(20, false)])) return looks
    }
  }

  it('give back what was captured and not a cent more, and each is told the truth', async () => {
    const charged = await world.charge('visa', 'automatic', 9_999)
    const id = idOf(charged)
    // As on a machine that is so slow that the time for a call is over before it is made: this one gives nothing back.
    world.state.fault = ({ url }) => {
      if (!url.endsWith('/refunds')) return null
      world.state.fault = () => null
      return Promise.resolve({ failure: 'refused', requestWasSent: false })
    }
    const race = Promise.all(
      Array.from({ length: 1_000 }, (_, index) => refundUntilAnswered(servicesInTurn(index), id)),
    )
    const looks = await lookWhile(race, id)
    assert.ok(looks > 10, `looked ${looks} times`)
    const answers = await race
    await world.settleAll()
    for (const answer of answers) {
      if (isRefusal(answer)) assert.deepEqual([answer.refused, answer.param], ['amount_exceeds_refundable', 'amount'])
    }
    // What a refund had reserved that was never sent is free again, when others had been refused already: ask on.
    const later: Said[] = []
    while (!later.some(isRefusal)) later.push(await refund(world.second, id, 90))
    await world.settleAll()
    const { refunds } = await world.books()
    const ofCharge = refunds.filter(({ charge_id }) => charge_id === id)
    const given = ofCharge.filter(({ status }) => status === 'succeeded')
    assert.equal(given.length, 111, 'as often as 90 goes into 9999')
    const failed = ofCharge.filter(({ status }) => status !== 'succeeded')
    assert.ok(failed.length > 0 && failed.every(({ status }) => status === 'failed'))
    const taken = [...answers, ...later].filter((answer) => !isRefusal(answer))
    assert.equal(taken.length, given.length + failed.length)
    const rest = await refund(world.second, id)
    assert.equal((rest as { body: { amount: number } }).body.amount, 9)
    assert.equal(wordOf(await refund(world.first, id)), 'amount_exceeds_refundable')
    const books = await world.assertMoneyIsRight([charged, rest, ...answers, ...later])
    assert.equal(books.charges.find((charge) => charge.id === id)?.refunded, 9_999)
  })
})

describe('a card charge whose PSP was not reached', () => {
  const notSent = { failure: 'refused', requestWasSent: false } as const
  const begin = async () => {
    const step = await beginCardCharge(world.first, {
      merchantId: world.merchant.id,
      idempotencyKey: randomUUID(),
      blankedBody: JSON.stringify({
        amount: 1000,
        currency: 'EUR',
        payment_method: {
          type: 'card',
          card: { number: '****************', cvc: '***', exp_month: 12, exp_year: 2034 },
        },
      }),
      card: { brand: 'visa', first6: '424242', last4: '4242', length: 16, luhnOk: true, cvcLength: 3 },
      use: {
        keyId: 'key_1',
        grantId: 'grant_1',
        certificateFingerprint: null,
        sourceAddress: '192.0.2.1',
        requestId: 'req_1',
      },
    })
    assert.ok('do' in step)
    const { rows } = await world.first.pool.query('select charge_id from attempts where id = $1', [step.attempt])
    return { attempt: step.attempt, chargeId: String(rows[0].charge_id) }
  }
  /** What the card relay does with an instruction. */
  const relay = async (step: Extract<CardStep, { do: 'send' }>) => {
    const body = step.body.replace('{{card.number}}', magicCardNumber('visa')).replace('{{card.cvc}}', '123')
    const reply = await world.sendToPsp({ method: 'POST', url: step.to, headers: step.headers, body }, 5_000)
    return continueCardCharge(world.first, step.attempt, reply)
  }
  before(() => world.addAccount())

  it('and was reported so twice, at two services at once, is made at the next account and not called failed', async () => {
    const { attempt, chargeId } = await begin()
    const [next, repeat] = await world.lineUp<CardStep>({ table: 'charges', id: chargeId }, [
      () => continueCardCharge(world.first, attempt, notSent),
      () => continueCardCharge(world.second, attempt, notSent),
    ])
    assert.ok(next !== undefined && 'do' in next, 'the first to report goes on')
    assert.ok(repeat !== undefined && 'body' in repeat && !('do' in repeat))
    assert.equal(wordOf(repeat), 'processing')
    const made = await relay(next)
    assert.ok('status' in made)
    assert.equal(wordOf(made), 'captured')
    await world.assertMoneyIsRight([made])
  })
})
