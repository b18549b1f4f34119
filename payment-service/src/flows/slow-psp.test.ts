import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Deps } from '../deps.ts'
import { type LinkWorld, openLinkWorld } from '../http/link/testing/link-world.ts'
import { newId } from '../ids.ts'
import type { PspReply, PspRequest } from '../psp-gateway/port.ts'
import { createPspPlaces } from '../psp-gateway/psp-places.ts'
import { isRefusal } from '../refusal.ts'
import { beginCardCharge, continueCardCharge } from './charge-card.ts'
import { chargeToken } from './charge-token.ts'
import { createPaymentSession } from './create-payment-session.ts'
import { createRefund } from './create-refund.ts'
import { captureCharge } from './end-authorization.ts'
import { expirePaymentSession } from './expire-payment-session.ts'

/** What one account may have under way here. */
const mostUnderWay = 128
const createFewPlaces = () => createPspPlaces({ least: 32, first: mostUnderWay, most: mostUnderWay })
const request = { amount: 1000, currency: 'EUR', payment_method: { type: 'token', token: 'tok_x' } } as const
const reset: PspReply = { failure: 'reset', requestWasSent: true }

/** What the sandbox answers when it took the money, or held it. */
function approve(asked: PspRequest): PspReply {
  const { reference, amount, capture } = JSON.parse(asked.body ?? '{}')
  const isHeld = capture === 'manual'
  const body = {
    object: 'payment',
    id: `pay_${reference}`,
    reference,
    status: isHeld ? 'authorized' : 'captured',
    amount,
    captured: isHeld ? 0 : amount.value,
    refunded: 0,
    checkout_session: null,
    decline: null,
    action: null,
    card: null,
    created: '2026-11-23T00:00:00.000Z',
    updated: '2026-11-23T00:00:00.000Z',
  }
  return { status: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

describe('a PSP that hangs', { timeout: 60_000 }, () => {
  let world: LinkWorld
  before(async () => {
    world = await openLinkWorld()
    world.deps.pspPlaces = createFewPlaces()
  })
  afterEach(() => {
    world.state.fault = () => null
    // Each test meets a PSP that is new.
    world.deps.pspPlaces = createFewPlaces()
  })
  after(() => world.close())

  const merchantId = () => world.merchant.id
  const charge = (idempotencyKey: string = randomUUID()) =>
    chargeToken(world.deps, { merchantId: merchantId(), idempotencyKey, request })
  const count = async (table: 'charges' | 'attempts' | 'idempotency_keys' | 'refunds' | 'payment_sessions') =>
    (await world.deps.pool.query<{ count: number }>(`select count(*)::int as count from ${table}`)).rows[0]?.count ?? 0
  const countAll = async () => [
    await count('charges'),
    await count('attempts'),
    await count('idempotency_keys'),
    await count('refunds'),
    await count('payment_sessions'),
  ]
  const codeOf = (answer: object) => ('refused' in answer ? answer.refused : 'an answer')

  /** As many charges as may be under way, none of which the PSP answers until it is told to. */
  async function hang() {
    const gate = Promise.withResolvers<PspReply>()
    let asked = 0
    world.state.fault = () => {
      asked++
      return gate.promise
    }
    const keys = Array.from({ length: mostUnderWay }, () => randomUUID())
    const underWay = keys.map((key) => charge(key))
    while (asked < mostUnderWay) await new Promise((wait) => setTimeout(wait, 5))
    return {
      keys,
      asked: () => asked,
      async end() {
        gate.resolve(reset)
        return Promise.all(underWay)
      },
    }
  }

  it('keeps so many requests of its account; what comes more is refused with nothing written and nothing sent', async () => {
    const hanging = await hang()
    const before = await countAll()
    const tried = await Promise.all([
      ...Array.from({ length: 50 }, () => charge()),
      createPaymentSession(world.deps, {
        merchantId: merchantId(),
        idempotencyKey: randomUUID(),
        request: {
          amount: 1000,
          currency: 'EUR',
          success_url: 'https://shop.example/a',
          cancel_url: 'https://shop.example/b',
        },
      }),
    ])
    assert.deepEqual([...new Set(tried.map(codeOf))], ['psp_overloaded'])
    assert.equal(hanging.asked(), mostUnderWay)
    assert.deepEqual(await countAll(), before)
    // A repeat begins nothing, so it is answered as ever.
    assert.equal(codeOf(await charge(hanging.keys[0])), 'idempotency_key_in_use')
    const ended = await hanging.end()
    assert.deepEqual([...new Set(ended.map(codeOf))], ['an answer'])
    assert.equal(await count('charges'), mostUnderWay)
    world.state.fault = () => Promise.resolve(reset)
    assert.equal(codeOf(await charge()), 'an answer', 'its places are free again')
  })

  it('lets no capture and no refund begin that could not be sent', async () => {
    world.state.fault = (asked) => Promise.resolve(approve(asked))
    const [held, paid] = await Promise.all(
      (['manual', 'automatic'] as const).map((capture_method) =>
        chargeToken(world.deps, {
          merchantId: merchantId(),
          idempotencyKey: randomUUID(),
          request: { ...request, capture_method },
        }),
      ),
    )
    const idOf = (answer: object | undefined) => (answer as { body: { id: string } }).body.id
    const hanging = await hang()
    const before = await countAll()
    const rows = async () =>
      (await world.deps.pool.query('select * from charges where id = any ($1) order by id', [[idOf(held), idOf(paid)]]))
        .rows
    const charges = await rows()
    assert.deepEqual(
      charges.map(({ status }) => status),
      ['authorized', 'captured'],
    )
    const input = { merchantId: merchantId(), idempotencyKey: randomUUID() }
    const captured = await captureCharge(world.deps, { ...input, chargeId: idOf(held), amount: undefined })
    const refunded = await createRefund(world.deps, {
      ...input,
      idempotencyKey: randomUUID(),
      request: { charge: idOf(paid) },
    })
    assert.deepEqual([codeOf(captured), codeOf(refunded)], ['psp_overloaded', 'psp_overloaded'])
    assert.deepEqual(await rows(), charges, 'nothing is reserved')
    assert.deepEqual(await countAll(), before)
    await hanging.end()
    world.state.fault = () => Promise.resolve(reset)
    assert.equal(
      codeOf(await captureCharge(world.deps, { ...input, chargeId: idOf(held), amount: undefined })),
      'an answer',
    )
  })

  it('is what is measured, and not the database, before and after', async () => {
    const told: string[] = []
    const tell = (what: string) => void told.push(what)
    const { pool, hotPath } = world.deps
    const tellOf = <Args extends unknown[], Result>(what: string, act: (...args: Args) => Result) => {
      return (...args: Args): Result => {
        tell(what)
        return act(...args)
      }
    }
    const deps: Deps = {
      ...world.deps,
      pool: new Proxy(pool, {
        get: (_pool, name) => {
          const value = Reflect.get(pool, name)
          return typeof value === 'function' ? tellOf('database', value.bind(pool)) : value
        },
      }),
      hotPath: { ...hotPath, outcomes: { ...hotPath.outcomes, submit: tellOf('database', hotPath.outcomes.submit) } },
      async send(asked, timeoutMs) {
        tell('asked')
        const reply = await world.deps.send(asked, timeoutMs)
        tell('answered')
        return reply
      },
      pspPlaces: {
        ...world.deps.pspPlaces,
        ours: {
          ...world.deps.pspPlaces.ours,
          open() {
            const place = world.deps.pspPlaces.ours.open()
            return { ...place, callBegins: tellOf('begins', place.callBegins), end: tellOf('ends', place.end) }
          },
        },
      },
    }
    /** What was told from the last beginning of a call to the end of its place. */
    const callOf = async (act: () => Promise<object>) => {
      told.length = 0
      const answer = await act()
      return [codeOf(answer), ...told.slice(told.lastIndexOf('begins'), told.indexOf('ends') + 1)]
    }
    const measured = ['begins', 'asked', 'answered', 'ends']
    const input = () => ({ merchantId: merchantId(), idempotencyKey: randomUUID() })
    const page = {
      amount: 1000,
      currency: 'EUR',
      success_url: 'https://shop.example/a',
      cancel_url: 'https://shop.example/b',
    }
    const sessionIds: string[] = []
    const create = async (by: ReturnType<typeof input>) => {
      const answer = await createPaymentSession(deps, { ...by, request: page })
      if (!isRefusal(answer)) sessionIds.push((answer.body as { id: string }).id)
      return answer
    }
    const expire = (sessionId: string) => expirePaymentSession(deps, { ...input(), sessionId })

    assert.deepEqual(await callOf(() => create(input())), ['an answer', ...measured])
    assert.deepEqual(await callOf(() => expire(sessionIds[0] ?? '')), ['an answer', ...measured])
    world.state.fault = () => Promise.resolve(reset)
    assert.deepEqual(await callOf(() => chargeToken(deps, { ...input(), request })), ['an answer', ...measured])
    const repeated = input()
    assert.deepEqual(await callOf(() => create(repeated)), ['psp_unavailable', ...measured])
    const unmade = await world.deps.pool.query<{ id: string }>(
      'select id from payment_sessions where psp_reference is null order by id desc limit 1',
    )
    assert.deepEqual(await callOf(() => expire(unmade.rows[0]?.id ?? '')), ['psp_unavailable', ...measured])
    assert.deepEqual(await callOf(() => create(repeated)), ['psp_unavailable', ...measured])
  })

  it('keeps so many cards of the relay, each until it was reported', async () => {
    const begin = async () => {
      const step = await beginCardCharge(world.deps, {
        merchantId: merchantId(),
        idempotencyKey: randomUUID(),
        blankedBody: JSON.stringify({
          amount: 1000,
          currency: 'EUR',
          payment_method: {
            type: 'card',
            card: { number: '0000000000000000', cvc: '000', exp_month: 12, exp_year: 2034 },
          },
        }),
        card: { brand: 'visa', first6: '424242', last4: '4242', length: 16, luhnOk: true, cvcLength: 3 },
        use: {
          keyId: newId('apiKey'),
          grantId: newId('grant'),
          certificateFingerprint: null,
          sourceAddress: '127.0.0.1',
          requestId: newId('request'),
        },
      })
      return 'do' in step ? { attempt: step.attempt } : { code: codeOf(step) }
    }
    const steps = await Promise.all(Array.from({ length: mostUnderWay + 10 }, begin))
    const attempts = steps.flatMap((step) => step.attempt ?? [])
    assert.deepEqual(
      [attempts.length, ...new Set(steps.flatMap((step) => step.code ?? []))],
      [mostUnderWay, 'psp_overloaded'],
    )
    assert.equal((await begin()).code, 'psp_overloaded')
    await continueCardCharge(world.deps, attempts[0] ?? '', reset)
    assert.ok((await begin()).attempt, 'a report makes room')
  })
})
