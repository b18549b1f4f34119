import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CreateTokenCharge } from '@fincore/api-contract/requests'
import type { Deps } from '../deps.ts'
import { beginCardCharge, continueCardCharge } from '../flows/charge-card.ts'
import { chargeToken } from '../flows/charge-token.ts'
import { createPaymentSession } from '../flows/create-payment-session.ts'
import { openLink } from '../flows/open-link.ts'
import { settleHostedPayment } from '../flows/settle-session.ts'
import { createLog } from '../log.ts'
import type { CardShown, Outcome } from '../psp-gateway/port.ts'
import { isRefusal } from '../refusal.ts'
import { createVault } from '../secrets.ts'
import { findSession } from '../store/sessions.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { until } from '../webhooks/testing/webhook-world.ts'
import { createCardTesting } from './card-testing.ts'
import { openCardTestingStore } from './card-testing-store.ts'

/** An attack costs the PSP no more calls than this. */
const mostCalls = 20
const cards = 60

it('lets no charge wait for what is only looked at again, and every one see what was announced', async (t) => {
  let readings = 0
  let announce = () => {}
  const defence = createCardTesting({
    store: {
      read: () => (readings++ === 0 ? Promise.resolve(nothingKnown) : new Promise(() => {})),
      begin: async () => null,
      endSession: async () => {},
    },
    config: { environment: 'production' },
    directory: { onCardTestingChange: (listener) => (announce = listener) },
    vault: createVault(Buffer.alloc(32, 7)),
    now: () => new Date(),
    log: createLog('silent'),
  })
  const isAsked = () => {
    const asked = defence.findBlock({ merchantId: 'mer_1', flow: 'token', openedFrom: null })
    return Promise.race([asked, sleep(20, 'waits')])
  }
  assert.equal(await isAsked(), null)
  const inAMinute = performance.now() + 60_000
  t.mock.method(performance, 'now', () => inAMinute)
  await sleep(5)
  assert.deepEqual([await isAsked(), readings], [null, 2])
  announce()
  assert.deepEqual([await isAsked(), readings], ['waits', 3])
})
const nothingKnown = { settings: { rules: {}, allowed_addresses: [] }, blocks: [] }

describe('card testing, through the flows', () => {
  let world: ApiWorld
  /** Two payment services that share a database. */
  let first: Deps
  let second: Deps
  let calls = 0
  let answer: (card: CardShown) => Outcome
  let tried = 0

  before(async () => {
    world = await createApiWorld()
    first = open()
    second = open()
  })
  after(async () => {
    await first.cardTesting.settle()
    await second.cardTesting.settle()
    await world.close()
  })

  /** A payment service whose PSP answers what is said, about another card each time. */
  function open(): Deps {
    const { sandbox } = world.deps.psps
    const readReply = (): Outcome => {
      calls++
      return answer(cardOf(tried))
    }
    const hostedSessions = sandbox.hostedSessions && {
      ...sandbox.hostedSessions,
      readCreate: () =>
        ({ outcome: 'approved', pspReference: `cs_${randomUUID()}`, url: 'https://psp.example/pay' }) as const,
    }
    const deps: Deps = {
      ...world.deps,
      psps: {
        ...world.deps.psps,
        sandbox: {
          ...sandbox,
          payments: { ...sandbox.payments, readReply },
          ...(hostedSessions && { hostedSessions }),
        },
      },
      send: async () => ({ status: 200, headers: {}, body: '{}' }),
    }
    return { ...deps, cardTesting: defend(deps) }
  }

  const defend = (deps: Deps) =>
    createCardTesting({ ...deps, config: { environment: 'production' }, store: openCardTestingStore(deps) })
  const cardOf = (index: number): CardShown => ({
    brand: 'visa',
    first6: String(400_000 + index),
    last4: String(1_000 + index),
    exp_month: 12,
    exp_year: 2034,
  })
  const declined = (card: CardShown): Outcome => ({
    outcome: 'declined',
    pspReference: `pay_${randomUUID()}`,
    code: 'card_declined',
    pspCode: null,
    card,
  })
  const approved = (card: CardShown): Outcome => ({
    outcome: 'approved',
    pspReference: `pay_${randomUUID()}`,
    captured: 1000n,
    card,
  })

  async function addMerchant(): Promise<{ id: string; account: string }> {
    const id = await world.addMerchant()
    const account = await world.addPspAccount(id, {
      secret_key: `sk_sandbox_${'s'.repeat(32)}`,
      public_key: `pk_sandbox_${'p'.repeat(32)}`,
      webhook_secret: 'w'.repeat(32),
    })
    const config = { api_url: 'https://127.0.0.1:1', pages_url: 'http://127.0.0.1:2' }
    await world.pool.query('update psp_accounts set config = $1 where id = $2', [config, account])
    return { id, account }
  }
  const byToken = (
    deps: Deps,
    merchantId: string,
    more: Partial<CreateTokenCharge> = {},
    key: string = randomUUID(),
  ) => {
    tried++
    const payment_method = { type: 'token', token: 'tok_1' } as const
    const request = { amount: 1000, currency: 'EUR', payment_method, ...more }
    return chargeToken(deps, { merchantId, idempotencyKey: key, request })
  }
  const byCard = async (
    deps: Deps,
    merchantId: string,
    more: object = {},
    first6 = String(400_000 + tried),
    key: string = randomUUID(),
  ) => {
    tried++
    const use = {
      keyId: 'key_1',
      grantId: 'grant_1',
      certificateFingerprint: null,
      sourceAddress: '192.0.2.1',
      requestId: 'r',
    }
    const card = { number: '*', cvc: '***', exp_month: 12, exp_year: 2034 }
    const body = { amount: 1000, currency: 'EUR', payment_method: { type: 'card', card }, ...more }
    const step = await beginCardCharge(deps, {
      merchantId,
      idempotencyKey: key,
      blankedBody: JSON.stringify(body),
      card: { brand: 'visa', first6, last4: String(1_000 + tried), length: 16, luhnOk: true, cvcLength: 3 },
      use,
    })
    return 'do' in step ? continueCardCharge(deps, step.attempt, { status: 200, headers: {}, body: '{}' }) : step
  }
  /** @returns how many calls the PSP got, and what stopped them. */
  async function attack(attempt: (index: number) => Promise<object>) {
    calls = 0
    answer = declined
    const refused = new Set<string>()
    for (let index = 0; index < cards; index++) {
      const step = await attempt(index)
      if (isRefusal(step)) refused.add(`${step.refused}: ${step.detail?.match(/The rule is (\w+)/)?.[1]}`)
    }
    return { calls, refused: [...refused] }
  }
  const blocksOf = async (merchantId: string) => {
    await Promise.all([first.cardTesting.settle(), second.cardTesting.settle()])
    const { rows } = await world.pool.query(
      'select id, subject, value, rule, figures from card_testing_blocks where merchant_id = $1 order by id',
      [merchantId],
    )
    return rows
  }

  const replays = [
    {
      name: 'by token from one address',
      rule: 'address_declines',
      attempt: (id: string) => byToken(first, id, { customer_ip: '203.0.113.9' }),
    },
    {
      name: 'by token from many addresses',
      rule: 'flow_declines',
      attempt: (id: string, index: number) => byToken(first, id, { customer_ip: `203.0.113.${index}` }),
    },
    {
      name: 'by token from behind a proxy of the shop’s own, which is everybody’s address',
      rule: 'flow_declines',
      attempt: (id: string) => byToken(first, id, { customer_ip: '10.0.0.7' }),
    },
    { name: 'by token without addresses', rule: 'flow_declines', attempt: (id: string) => byToken(first, id) },
    {
      name: 'by card with one BIN from many addresses',
      rule: 'bin_declines',
      attempt: (id: string, index: number) => byCard(first, id, { customer_ip: `203.0.113.${index}` }, '411111'),
    },
    { name: 'by card with many BINs', rule: 'flow_declines', attempt: (id: string) => byCard(first, id) },
    {
      name: 'by card from one address',
      rule: 'address_declines',
      attempt: (id: string) => byCard(first, id, { customer_ip: '2001:db8::7' }),
    },
  ]
  for (const { name, rule, attempt } of replays) {
    it(`stops within ${mostCalls} calls to the PSP: ${name}`, async () => {
      const { id } = await addMerchant()
      const stopped = await attack((index) => attempt(id, index))
      assert.ok(stopped.calls <= mostCalls, `${stopped.calls} calls`)
      assert.deepEqual(stopped.refused, [`card_testing_suspected: ${rule}`])
      const blocks = await blocksOf(id)
      assert.deepEqual(
        blocks.map((block) => block.rule),
        [rule],
      )
      assert.equal(blocks[0]?.figures.declined, stopped.calls)
      const { rows } = await world.pool.query(
        `select (select count(*)::int from charges where merchant_id = $1) as charges,
           (select count(*)::int from events where merchant_id = $1 and type = 'card_testing.suspected') as events,
           (select count(*)::int from notices where merchant_id = $1 and kind = 'card_testing_flow_blocked') as notices,
           (select count(*)::int from audit_records where merchant_id = $1 and type = 'card_testing.block') as records`,
        [id],
      )
      const notices = rule === 'flow_declines' ? 1 : 0
      const written = { charges: stopped.calls, events: 1, notices, records: 1 }
      assert.deepEqual(rows[0], written, 'what is refused is not written')
    })
  }

  it('is refused with how long, and leaves repeats, other addresses and cards on file alone', async () => {
    const { id } = await addMerchant()
    const key = randomUUID()
    const from = { customer_ip: '203.0.113.9' }
    answer = declined
    const before = await byToken(first, id, from, key)
    await attack(() => byToken(first, id, from))
    const refused = await byToken(first, id, from)
    assert.ok(isRefusal(refused) && refused.refused === 'card_testing_suspected')
    assert.ok((refused.retryAfterSeconds ?? 0) > 3_500 && (refused.retryAfterSeconds ?? 0) <= 3_600)
    assert.doesNotMatch(refused.detail ?? '', /\d/, 'it tells no figure to tune an attack by')
    calls = 0
    const repeat = await byToken(first, id, { customer_ip: '198.51.100.1' }, key)
    assert.ok(!isRefusal(before) && !isRefusal(repeat) && repeat.replayed)
    assert.deepEqual([calls, repeat.body], [0, before.body])
    answer = approved
    assert.ok(!isRefusal(await byToken(first, id, { customer_ip: '203.0.113.10' })))
    const onFile = { initiator: 'merchant', network_transaction_id: 'MCC1234560105', ...from }
    const billed = await byCard({ ...first, psps: takingCardsOnFile(first) }, id, onFile)
    assert.ok(!isRefusal(billed), JSON.stringify(billed))
    const malformed = await byToken(first, id, { customer_ip: '203.0.113.9:443' })
    assert.deepEqual(isRefusal(malformed) && [malformed.refused, malformed.param], ['parameter_invalid', 'customer_ip'])
  })

  it('answers a repeat whose customer_ip cannot be read as it answered the first', async () => {
    const { id } = await addMerchant()
    const broken = { customer_ip: '203.0.113.9:443' }
    answer = approved
    const key = randomUUID()
    const taken = await byToken(first, id, { customer_ip: '203.0.113.9' }, key)
    const repeat = await byToken(first, id, broken, key)
    assert.ok(!isRefusal(taken) && !isRefusal(repeat), JSON.stringify(repeat))
    assert.deepEqual([repeat.replayed, repeat.body], [true, taken.body])
    const cardKey = randomUUID()
    const card = tried
    const sent = await byCard(first, id, {}, undefined, cardKey)
    tried = card
    const again = await byCard(first, id, broken, undefined, cardKey)
    assert.ok('replayed' in sent && 'replayed' in again, JSON.stringify(again))
    assert.deepEqual([again.replayed, again.body], [true, sent.body])
    const refused = await byCard(first, id, broken)
    assert.deepEqual('param' in refused && refused.param, 'customer_ip')
  })

  const takingCardsOnFile = ({ psps }: Deps): Deps['psps'] => ({
    ...psps,
    sandbox: {
      ...psps.sandbox,
      ...(psps.sandbox.rawCards && { rawCards: { ...psps.sandbox.rawCards, takesMerchantInitiated: true } }),
    },
  })

  it('counts no try as under way that ended in a fault before it was sent', async () => {
    const { id } = await addMerchant()
    const { sandbox } = first.psps
    const authorizeCard = () => {
      throw new Error('a fault of the adapter')
    }
    const rawCards = sandbox.rawCards && { ...sandbox.rawCards, authorizeCard }
    const faulty: Deps = { ...first, psps: { ...first.psps, sandbox: { ...sandbox, ...(rawCards && { rawCards }) } } }
    const from = { customer_ip: '203.0.113.77' }
    for (let index = 0; index < 20; index++) await assert.rejects(byCard(faulty, id, from), /fault of the adapter/)
    answer = approved
    assert.equal(isRefusal(await byCard(first, id, from)), false)
  })

  it('holds in every process and after a restart, until an operator lifts it', async () => {
    const { id } = await addMerchant()
    await attack(() => byToken(first, id))
    const [block] = await blocksOf(id)
    answer = approved
    const isServed = async (deps: Deps) => !isRefusal(await byToken(deps, id))
    const restarted = open()
    assert.deepEqual([await isServed(first), await isServed(second), await isServed(restarted)], [false, false, false])
    // The other flows go on.
    assert.ok(!isRefusal(await byCard(second, id)))
    await world.pool.query(
      `update card_testing_blocks set lifted_at = now(), lifted_by = 'ada', lift_reason = 'A test.' where id = $1`,
      [block.id],
    )
    await until('both serve again', async () => (await isServed(restarted)) && (await isServed(second)))
    assert.ok(await isServed(first), 'also the process that made the block a moment ago')
  })

  it('is held longer each time that it goes on', async () => {
    const { id } = await addMerchant()
    let ahead = 0
    const deps = open()
    const later: Deps = { ...deps, now: () => new Date(Date.now() + ahead) }
    const defended = { ...later, cardTesting: defend(later) }
    const held: number[] = []
    for (let round = 0; round < 3; round++) {
      await attack(() => byToken(defended, id, { customer_ip: '203.0.113.9' }))
      await defended.cardTesting.settle()
      const { rows } = await world.pool.query(
        'select extract(epoch from until - since)::int as held from card_testing_blocks where merchant_id = $1 order by since desc limit 1',
        [id],
      )
      held.push(rows[0].held)
      ahead += rows[0].held * 1_000 + 1_000
    }
    assert.deepEqual(held, [3_600, 21_600, 86_400])
  })

  it('of a whole flow ends in every process once single tries are approved, and spares shoppers who were good', async () => {
    const { id } = await addMerchant()
    let ahead = 0
    const clock = { now: () => new Date(Date.now() + ahead) }
    const deps: Deps = { ...open(), ...clock }
    const defended = { ...deps, cardTesting: defend(deps) }
    const isServed = async (by: Deps, more = {}) => !isRefusal(await byToken(by, id, more))
    answer = approved
    assert.equal(await isServed(defended, { customer_ip: '198.51.100.1' }), true)
    await attack((index) => byToken(defended, id, { customer_ip: `203.0.113.${index}` }))
    await defended.cardTesting.settle()
    answer = approved
    assert.deepEqual(
      [await isServed(defended), await isServed(second), await isServed(defended, { customer_ip: '198.51.100.1' })],
      [false, false, true],
    )
    ahead = 31_000
    for (let shopper = 0; shopper < 3; shopper++) {
      assert.equal(await isServed(defended), true)
      await defended.cardTesting.settle()
    }
    await until('the other serves again', () => isServed(second))
    const { rows } = await world.pool.query(
      `select lifted_by, (select count(*)::int from audit_records where merchant_id = $1 and type = 'card_testing.lift'
         and actor_type = 'system') as records from card_testing_blocks where merchant_id = $1`,
      [id],
    )
    assert.deepEqual(rows, [{ lifted_by: 'card_testing', records: 1 }])
    // Nothing is left of it: the next one needs as much as the first, and holds as long.
    const again = await attack((index) => byToken(defended, id, { customer_ip: `192.0.2.${index}` }))
    assert.ok(again.calls >= 13, `${again.calls} calls`)
    await defended.cardTesting.settle()
    const held = await world.pool.query(
      'select extract(epoch from until - since)::int as held from card_testing_blocks where merchant_id = $1',
      [id],
    )
    assert.deepEqual(held.rows, [{ held: 1_800 }, { held: 1_800 }])
  })

  it('closes a payment session after its cap, and opens none for whom it blocks', async () => {
    const { id } = await addMerchant()
    let ahead = 0
    const clocked: Deps = { ...open(), now: () => new Date(Date.now() + ahead) }
    const shop: Deps = { ...clocked, cardTesting: defend(clocked) }
    const request = {
      amount: 1000,
      currency: 'EUR',
      success_url: 'https://shop.example/thanks',
      cancel_url: 'https://shop.example/cart',
    }
    const make = async () => {
      const made = await createPaymentSession(shop, { merchantId: id, idempotencyKey: randomUUID(), request })
      assert.ok(!isRefusal(made) && 'id' in made.body && 'url' in made.body, JSON.stringify(made))
      return { session: String(made.body.id), token: String(made.body.url).split('/').at(-1) ?? '' }
    }
    const openFrom = (token: string, address: string) => openLink(shop, token, () => 'browser', address)
    const attemptOf = async (session: string) => {
      const { rows } = await world.pool.query('select id from attempts where payment_session_id = $1', [session])
      return String(rows[0]?.id)
    }
    const tryCard = async (session: string) => {
      tried++
      const outcome = declined(cardOf(tried))
      await settleHostedPayment(shop, {
        merchantId: id,
        createAttemptId: await attemptOf(session),
        source: 'webhook',
        payment: {
          pspReference: String('pspReference' in outcome && outcome.pspReference),
          amount: { amount: 1000n, currency: 'EUR' },
          outcome,
        },
      })
    }
    const isOver = async (session: string) =>
      ((await findSession(world.pool, id, session))?.expires_at ?? 0) <= shop.now()
    const one = await make()
    assert.equal((await openFrom(one.token, '203.0.113.9')).to, 'psp')
    for (let turn = 1; turn <= 7; turn++) await tryCard(one.session)
    assert.equal(await isOver(one.session), false)
    await tryCard(one.session)
    await shop.cardTesting.settle()
    assert.equal(await isOver(one.session), true, 'its expiry job closes it at the PSP')
    const other = await make()
    assert.equal((await openFrom(other.token, '203.0.113.9')).to, 'psp')
    await tryCard(other.session)
    await tryCard(other.session)
    await shop.cardTesting.settle()
    const third = await make()
    assert.equal((await openFrom(third.token, '203.0.113.9')).to, 'paused')
    assert.equal((await openFrom(third.token, '198.51.100.9')).to, 'psp')
    // A session that was open before takes no further card of that address.
    await tryCard(other.session)
    assert.equal(await isOver(other.session), true)
    assert.deepEqual(
      (await blocksOf(id)).map(({ rule }) => rule),
      ['session_declines', 'address_declines'],
    )
    assert.doesNotMatch(JSON.stringify(await blocksOf(id)), /203\.0\.113\.9/, 'the address is kept nowhere')
    // And none is made when the flow itself is blocked.
    const fourth = await make()
    for (let turn = 0; turn < 4; turn++) {
      await tryCard(third.session)
      await tryCard(fourth.session)
    }
    await shop.cardTesting.settle()
    const refused = await createPaymentSession(shop, { merchantId: id, idempotencyKey: randomUUID(), request })
    assert.deepEqual(isRefusal(refused) && refused.refused, 'card_testing_suspected')
    // But for single ones: whoever opens the link first takes the probe, and may open it again.
    ahead = 31_000
    const [fifth, sixth] = [await make(), await make()]
    for (const [link, to] of [
      [fifth, 'psp'],
      [fifth, 'psp'],
      [sixth, 'paused'],
    ] as const)
      assert.equal((await openFrom(link.token, '192.0.2.9')).to, to)
    await tryCard(fifth.session)
    assert.equal(await isOver(fifth.session), true)
  })
})
