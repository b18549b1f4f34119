import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Charge, PaymentSession } from '@fincore/api-contract/resources'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import { type LinkWorld, openLinkWorld } from '../http/link/testing/link-world.ts'
import { newId } from '../ids.ts'
import type { RoutableAccount } from '../payments/route.ts'
import type { PspReply } from '../psp-gateway/port.ts'
import { createPspHealth } from '../psp-gateway/psp-health.ts'
import { isRefusal } from '../refusal.ts'
import { confirmRawCards } from '../store/psp-accounts.ts'
import { beginCardCharge, type CardStep, continueCardCharge } from './charge-card.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'

const notSent: PspReply = { failure: 'refused', requestWasSent: false }
const inDoubt: [string, PspReply][] = [
  ['silence', { failure: 'timeout', requestWasSent: true }],
  ['a reset', { failure: 'reset', requestWasSent: true }],
  ['503', { status: 503, headers: {}, body: '' }],
  ['a body that cannot be read', { status: 200, headers: {}, body: '{' }],
]
const nowhere = 'https://127.0.0.1:1'

let world: LinkWorld
let clockMs = 0
/** The merchant's accounts by the names that tests give them; `first` is the world's own. */
let accounts: Record<string, string>

before(async () => {
  world = await openLinkWorld()
})
beforeEach(async () => {
  clockMs = 0
  world.deps.pspHealth = createPspHealth({ now: () => clockMs })
  // Out of the way of the tests before, which have used it.
  await world.deps.pool.query(`update psp_accounts set status = 'disabled'`)
  accounts = {}
})
afterEach(() => {
  world.state.fault = () => null
  world.state.aheadMs = 0
})
after(() => world.close())

/** An account of the merchant. Its PSP is the sandbox, or cannot be reached. */
async function addAccount(
  name: string,
  priority: number,
  more: { reachable?: boolean; share?: number; brands?: string[] } = {},
) {
  const { directory, pool, vault } = world.deps
  const id = newId('pspAccount')
  const model = await directory.findPspAccount(world.merchant.account)
  assert.ok(model)
  const config = { ...model.config, ...(more.reachable === false ? { api_url: nowhere } : {}) }
  await pool.query(
    `insert into psp_accounts (merchant_id, id, psp, name, config, credentials, priority, share, card_brands)
     values ($1, $2, 'sandbox', $3, $4, $5, $6, $7, $8)`,
    [
      world.merchant.id,
      id,
      name,
      config,
      vault.seal(JSON.stringify(model.credentials), id),
      priority,
      more.share ?? 1,
      more.brands ?? null,
    ],
  )
  accounts[name] = id
  await untilSeen((account) => account.id === id)
}

/** Changes are announced, and seen a moment later. */
async function untilSeen(isSo: (account: RoutableAccount) => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if ((await world.deps.directory.listRoutableAccounts(world.merchant.id)).some(isSo)) return
    await sleep(10)
  }
  assert.fail('The change was never seen')
}

/** `first:not_reached second:only_one`, with names in the place of ids. */
function tell({ routing }: Pick<Charge | PaymentSession, 'routing'>): string {
  assert.ok(routing)
  const nameOf = (id: string) => Object.keys(accounts).find((name) => accounts[name] === id) ?? id
  const [chosen] = routing.considered.filter((one) => one.psp_account === routing.psp_account)
  assert.equal(chosen?.verdict, routing.reason)
  return routing.considered
    .filter(({ verdict }) => verdict !== 'disabled')
    .map((one) => `${nameOf(one.psp_account)}:${one.verdict}`)
    .join(' ')
}

const beginCard = (more: object = {}, idempotencyKey: string = randomUUID()) =>
  beginCardCharge(world.deps, {
    merchantId: world.merchant.id,
    idempotencyKey,
    blankedBody: JSON.stringify({
      amount: 1000,
      currency: 'EUR',
      payment_method: { type: 'card', card: { number: '****************', cvc: '***', exp_month: 12, exp_year: 2034 } },
      ...more,
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

/** What the card relay does, until it has the merchant's answer; says where it sent the card. */
async function relay(step: CardStep, replyOf: (to: string) => PspReply | null = () => null) {
  const sentTo: string[] = []
  while ('do' in step) {
    const { to, headers } = step
    sentTo.push(new URL(to).origin)
    const body = step.body.replace('{{card.number}}', magicCardNumber('visa')).replace('{{card.cvc}}', '123')
    const reply = replyOf(to) ?? (await world.sendToPsp({ method: 'POST', url: to, headers, body }, 2_000))
    step = await continueCardCharge(world.deps, step.attempt, reply)
  }
  return { sentTo, answer: step }
}

function chargeOf(answer: Exclude<CardStep, { do: 'send' }>): Charge {
  assert.ok(!isRefusal(answer), JSON.stringify(answer))
  return answer.body as Charge
}
const find = async (id: string): Promise<Charge> => (await world.call('GET', `/v1/charges/${id}`)).body

describe('a card charge', () => {
  it('is made at the next account within the request when the first is not reached, and says so', async () => {
    await addAccount('dead', 1, { reachable: false })
    await addAccount('alive', 2)
    const { sentTo, answer } = await relay(await beginCard())
    assert.deepEqual(sentTo, [nowhere, new URL(world.sandbox.apiUrl).origin])
    const charge = chargeOf(answer)
    assert.deepEqual([charge.status, charge.psp.account], ['captured', accounts.alive])
    assert.equal(tell(charge), 'dead:not_reached alive:only_one')
    assert.deepEqual((await find(charge.id)).routing, charge.routing)
    const { rows: told } = await world.deps.pool.query('select body from events where object_id = $1', [charge.id])
    assert.deepEqual(
      told.map(({ body }) => body.data.object.routing),
      [charge.routing],
    )
    const { rows } = await world.deps.pool.query(
      'select psp_account_id, state from attempts where charge_id = $1 order by id',
      [charge.id],
    )
    assert.deepEqual(rows, [
      { psp_account_id: accounts.dead, state: 'rejected' },
      { psp_account_id: accounts.alive, state: 'approved' },
    ])
  })

  it('is tried at three accounts, and then has failed', async () => {
    for (const [index, name] of ['one', 'two', 'three', 'four'].entries()) await addAccount(name, index + 1)
    const { sentTo, answer } = await relay(await beginCard(), () => notSent)
    const charge = chargeOf(answer)
    assert.deepEqual([sentTo.length, charge.status, charge.failure?.code], [3, 'failed', 'not_executed'])
    assert.equal(tell(charge), 'one:not_reached two:not_reached three:highest_priority four:lower_priority')
  })

  it('is tried nowhere else once the time of one call is over', async (t) => {
    await addAccount('dead', 1)
    await addAccount('alive', 2)
    const step = await beginCard()
    assert.ok('do' in step)
    const realNow = performance.now.bind(performance)
    t.mock.method(performance, 'now', () => realNow() + 10_000)
    const { sentTo, answer } = await relay(step, () => notSent)
    const charge = chargeOf(answer)
    assert.deepEqual(
      [sentTo.length, charge.failure?.code, tell(charge)],
      [1, 'not_executed', 'dead:highest_priority alive:lower_priority'],
    )
  })

  it('counts as under way until the next account has answered, also when the first one’s time ends meanwhile', async (t) => {
    await addAccount('dead', 1)
    await addAccount('alive', 2)
    let ended = 0
    const tried = { learn: () => {}, [Symbol.dispose]: () => void ended++ }
    const { cardTesting, config } = world.deps
    world.deps.cardTesting = { ...cardTesting, admit: async () => tried }
    t.after(() => Object.assign(world.deps, { cardTesting }))
    // The first call's lease ends soon, by its timer alone.
    const realSetTimeout = setTimeout
    let timers = 0
    t.mock.method(globalThis, 'setTimeout', ((run: () => void, ms = 0) => {
      const isLease = ms > config.pspTimeoutMs + 3_000 && ms <= config.pspTimeoutMs + 4_000
      return realSetTimeout(run, isLease && timers++ === 0 ? 100 : ms)
    }) as typeof setTimeout)
    const first = await beginCard()
    assert.ok('do' in first)
    const second = await continueCardCharge(world.deps, first.attempt, notSent)
    assert.ok('do' in second)
    await sleep(200)
    assert.deepEqual([timers, ended], [2, 0])
    chargeOf((await relay(second)).answer)
  })

  it('that names its account is tried there alone', async () => {
    await addAccount('dead', 2, { reachable: false })
    await addAccount('alive', 1)
    const { sentTo, answer } = await relay(await beginCard({ psp_account: accounts.dead }))
    assert.deepEqual([sentTo, chargeOf(answer).status, tell(chargeOf(answer))], [[nowhere], 'failed', 'dead:asked_for'])
  })

  for (const [what, reply] of inDoubt) {
    it(`of which the PSP may have heard is tried nowhere else: ${what}`, async () => {
      await addAccount('first', 1)
      await addAccount('second', 2)
      const { sentTo, answer } = await relay(await beginCard(), () => reply)
      const charge = chargeOf(answer)
      assert.deepEqual([sentTo.length, charge.status, charge.psp.account], [1, 'processing', accounts.first])
      assert.equal(tell(charge), 'first:highest_priority second:lower_priority')
    })
  }

  it('a decline is an answer: it is tried nowhere else', async () => {
    await addAccount('first', 1)
    await addAccount('second', 2)
    const step = await beginCard()
    assert.ok('do' in step)
    const body = step.body.replace('{{card.number}}', magicCardNumber('declined')).replace('{{card.cvc}}', '123')
    const reply = await world.sendToPsp({ method: 'POST', url: step.to, headers: step.headers, body }, 2_000)
    const answer = await continueCardCharge(world.deps, step.attempt, reply)
    assert.ok(!('do' in answer))
    assert.equal(chargeOf(answer).status, 'failed')
  })

  it('goes where its brand is taken, and is refused with the reason when that is nowhere', async () => {
    await addAccount('amex', 1, { brands: ['amex'] })
    const refused = await beginCard()
    assert.ok(isRefusal(refused))
    assert.deepEqual([refused.refused, refused.param], ['capability_not_supported', 'payment_method.card.number'])
    const said = 'It is set to take other card brands. Nothing was written and no PSP was called. Ask for another card.'
    assert.equal(refused.detail, `The PSP account cannot take this payment (brand_not_taken). ${said}`)
    await addAccount('visa', 2, { brands: ['visa', 'mastercard'] })
    assert.equal(tell(chargeOf((await relay(await beginCard())).answer)), 'visa:only_one amex:brand_not_taken')
  })

  it('the same idempotency key gets the same answer, though another account would be drawn', async () => {
    await addAccount('first', 1)
    await addAccount('second', 1)
    for (let round = 0; round < 5; round++) {
      const key = randomUUID()
      const made = chargeOf((await relay(await beginCard({}, key))).answer)
      assert.deepEqual(chargeOf((await relay(await beginCard({}, key))).answer).routing, made.routing)
    }
  })
})

describe('raw cards at a PSP that takes them on request only', () => {
  const usual = () => world.deps.psps
  let before: ReturnType<typeof usual>
  beforeEach(() => {
    before = usual()
    const { sandbox } = before
    assert.ok(sandbox.rawCards)
    world.deps.psps = { ...before, sandbox: { ...sandbox, rawCards: { ...sandbox.rawCards, needsConfirmation: true } } }
  })
  afterEach(() => {
    world.deps.psps = before
  })

  it('are refused with what to do until an operator has confirmed the account, named or not', async () => {
    await addAccount('first', 1)
    for (const more of [{}, { psp_account: accounts.first }]) {
      const refused = await beginCard(more)
      assert.ok(isRefusal(refused))
      assert.equal(refused.refused, 'raw_cards_not_confirmed')
    }
    const { rowCount } = await world.deps.pool.query('select from attempts where psp_account_id = $1', [accounts.first])
    assert.equal(rowCount, 0)
    assert.equal(tell(await world.createSession()), 'first:only_one')

    const confirmed = { at: new Date(), by: 'ada', reference: 'Support case 4711' }
    await confirmRawCards(world.deps.pool, world.merchant.id, accounts.first ?? '', confirmed)
    await untilSeen((account) => account.id === accounts.first && account.takesRawCards)
    assert.equal(tell(chargeOf((await relay(await beginCard())).answer)), 'first:only_one')
  })
})

describe('the breaker of an account', () => {
  const chargeToken = (more: object = {}, key?: string) =>
    world.call(
      'POST',
      '/v1/charges',
      { amount: 1000, currency: 'EUR', payment_method: { type: 'token', token: 'tok_x' }, ...more },
      key,
    )
  const countCharges = async () => (await world.deps.pool.query('select from charges')).rowCount

  it('refuses new charges while nothing else can take them, and writes nothing; one finds out whether it is over', async () => {
    await addAccount('only', 1)
    world.state.fault = () => Promise.resolve(notSent)
    const keys = Array.from({ length: 5 }, () => randomUUID())
    for (const key of keys) assert.equal((await chargeToken({}, key)).body.failure.code, 'not_executed')
    const before = await countCharges()
    const key = randomUUID()
    const refused = await chargeToken({}, key)
    assert.deepEqual([refused.status, refused.body.code, refused.headers['retry-after']], [503, 'psp_unavailable', '5'])
    assert.equal(
      (
        await world.call('POST', '/v1/payment_sessions', {
          amount: 1,
          currency: 'EUR',
          success_url: 'https://shop.example/a',
          cancel_url: 'https://shop.example/b',
        })
      ).body.code,
      'psp_unavailable',
    )
    assert.equal(await countCharges(), before)
    assert.equal((await chargeToken({}, keys[0])).body.status, 'failed', 'what was answered is answered again')

    clockMs += 5_000
    assert.equal((await chargeToken({}, keys[0])).body.status, 'failed')
    const sent: string[] = []
    world.state.fault = ({ url }) => {
      sent.push(url)
      return Promise.resolve(notSent)
    }
    const atOnce = await Promise.all(Array.from({ length: 8 }, () => chargeToken()))
    assert.deepEqual(atOnce.map(({ status }) => status).sort(), [201, ...Array.from({ length: 7 }, () => 503)])
    assert.equal(sent.length, 1)

    clockMs += 10_000
    world.state.fault = () => null
    const token = await world.makeToken('visa')
    const paid = await chargeToken({ payment_method: { type: 'token', token } }, key)
    assert.deepEqual([paid.status, paid.body.status], [201, 'captured'])
    assert.equal((await chargeToken()).status, 201)
  })

  it('sends cards to another account at once, of its own way alone, and leaves what is in doubt alone', async () => {
    await addAccount('silent', 1)
    await addAccount('other', 2)
    const doubtful: Charge[] = []
    for (let round = 0; round < 5; round++) {
      const { answer } = await relay(await beginCard(), () => inDoubt[0]?.[1] ?? null)
      doubtful.push(chargeOf(answer))
    }
    const { sentTo, answer } = await relay(await beginCard())
    assert.deepEqual([sentTo.length, tell(chargeOf(answer))], [1, 'other:highest_priority silent:breaker_open'])
    assert.equal(tell(await world.createSession()), 'silent:highest_priority other:lower_priority')
    for (const { id } of doubtful) assert.equal((await find(id)).status, 'processing')
    // The PSP never heard of them, and says so; the breaker has no say in it.
    world.state.aheadMs = 60_000
    await world.deps.pool.query(
      `update attempts set next_lookup_at = now() - interval '1 second' where psp_account_id = $1 and next_lookup_at is not null`,
      [accounts.silent],
    )
    await resolveDueAttempts(world.deps)
    for (const { id } of doubtful) assert.equal((await find(id)).status, 'failed')
  })
})

describe('a payment session', () => {
  it('is made at the next account when the first is not reached, and is paid there', async () => {
    await addAccount('dead', 1, { reachable: false })
    await addAccount('alive', 2)
    const session = await world.createSession()
    assert.equal(tell(session), 'dead:not_reached alive:only_one')
    const browser = new Map<string, string>()
    await world.visit(browser, 'GET', session.url)
    const { location } = await world.visit(browser, 'POST', session.url)
    assert.ok(location)
    const back = await world.pay(location, 'visa')
    assert.ok(back)
    await world.visit(browser, 'GET', back)
    const paid = await world.findSession(session.id)
    assert.equal(paid.status, 'completed')
    const charge = await find(paid.charge ?? '')
    assert.deepEqual([charge.psp.account, charge.routing], [accounts.alive, session.routing])
  })

  it('of which the PSP may have heard is tried nowhere else, neither now nor when it is asked for again', async () => {
    await addAccount('first', 1)
    await addAccount('second', 2)
    const key = randomUUID()
    const request = {
      amount: 1999,
      currency: 'EUR',
      success_url: 'https://shop.example/a',
      cancel_url: 'https://shop.example/b',
    }
    const asked: string[] = []
    for (const reply of [inDoubt[0]?.[1], notSent]) {
      world.state.fault = ({ url }) => {
        asked.push(url)
        return Promise.resolve(reply ?? notSent)
      }
      assert.equal((await world.call('POST', '/v1/payment_sessions', request, key)).body.code, 'psp_unavailable')
    }
    assert.equal(asked.length, 2)
    world.state.fault = () => null
    const made = await world.call('POST', '/v1/payment_sessions', request, key)
    assert.deepEqual([made.status, tell(made.body)], [201, 'first:highest_priority second:lower_priority'])
  })

  it('that no account can make is refused, and can be asked for again', async () => {
    await addAccount('one', 1, { reachable: false })
    await addAccount('two', 2, { reachable: false })
    const request = {
      amount: 1999,
      currency: 'EUR',
      success_url: 'https://shop.example/a',
      cancel_url: 'https://shop.example/b',
    }
    const refused = await world.call('POST', '/v1/payment_sessions', request)
    assert.deepEqual([refused.status, refused.body.code], [503, 'psp_unavailable'])
  })
})
