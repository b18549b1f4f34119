import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type RoutingVerdict, routingVerdicts } from '@fincore/api-contract/routing-verdicts'
import { type Candidate, type Considered, type PaymentFacts, route } from './route.ts'

const everything = {
  hostedSessions: {},
  rawCards: { takesThreeDSecure: true, takesMerchantInitiated: true },
} as unknown as Candidate['psp']
const account = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  isActive: true,
  priority: 1,
  share: 1,
  currencies: null,
  cardBrands: null,
  takesRawCards: false,
  breaker: 'closed',
  psp: everything,
  ...more,
})
const card: PaymentFacts = {
  flow: 'raw_card',
  amount: { amount: 1000n, currency: 'EUR' },
  brand: 'visa',
  threeDSecure: false,
  merchantInitiated: false,
  asked: null,
}
const asked = (id: string) => ({ asked: { account: id, why: 'asked_for' } as const })

/** `a:only_one b:disabled`, and before it the chosen one. */
const say = (accounts: Candidate[], facts: Partial<PaymentFacts> = {}, left: Considered[] = [], dice = 0): string => {
  const { psp_account: chosen, considered } = route(accounts, { ...card, ...facts }, dice, left)
  return [chosen ?? 'none', ...considered.map((one) => `${one.psp_account}:${one.verdict}`)].join(' ')
}

describe('the account that takes a payment', () => {
  const psp = (more: object): Partial<Candidate> => ({ psp: { ...everything, ...more } })
  const rows: [string, Candidate[], Partial<PaymentFacts>, string][] = [
    ['the only one', [account('a')], {}, 'a a:only_one'],
    [
      'the first by priority',
      [account('b', { priority: 2 }), account('a')],
      {},
      'a a:highest_priority b:lower_priority',
    ],
    ['one drawn of equals', [account('a'), account('b')], {}, 'a a:share b:not_drawn'],
    ['nobody’s, without an account', [], {}, 'none'],
    ['the one that is named', [account('a'), account('b')], asked('b'), 'b b:asked_for'],
    ['nobody’s, when another is named', [account('a')], asked('x'), 'none'],
    ['nobody’s, when a disabled one is named', [account('a', { isActive: false })], asked('a'), 'none a:disabled'],
    [
      'the first active one, for a token of which nobody says where it was made',
      [account('a', { isActive: false }), account('b'), account('c')],
      { flow: 'token', brand: null },
      'b b:only_one',
    ],
    [
      'nobody’s, when that one does not take its currency: the token is worth nothing at the other',
      [account('b', { currencies: ['USD'] }), account('c')],
      { flow: 'token', brand: null },
      'none b:currency_not_taken',
    ],
    [
      'one whose breaker is closed',
      [account('a', { breaker: 'open' }), account('b', { priority: 9 })],
      {},
      'b b:highest_priority a:breaker_open',
    ],
    [
      'one whose breaker tries again',
      [account('a', { breaker: 'half_open' }), account('b', { priority: 9 })],
      {},
      'a a:highest_priority b:lower_priority',
    ],
    ['nobody’s, while all breakers are open', [account('a', { breaker: 'open' })], {}, 'none a:breaker_open'],
    [
      'nobody’s, while that of the named one is',
      [account('a', { breaker: 'open' }), account('b')],
      asked('a'),
      'none a:breaker_open',
    ],
    [
      'one that takes its brand',
      [account('a', { cardBrands: ['amex'] }), account('b')],
      {},
      'b b:only_one a:brand_not_taken',
    ],
    [
      'one that takes brands, when its own is not known',
      [account('a', { cardBrands: ['amex'] })],
      { brand: null },
      'a a:only_one',
    ],
    [
      'one that takes its currency',
      [account('a', { currencies: ['USD'] }), account('b', { currencies: ['EUR'] })],
      {},
      'b b:only_one a:currency_not_taken',
    ],
    [
      'one whose PSP takes its amount',
      [account('a', psp({ takesAmount: () => false })), account('b')],
      {},
      'b b:only_one a:amount_not_taken',
    ],
    [
      'one whose PSP has a page',
      [account('a', psp({ hostedSessions: undefined })), account('b')],
      { flow: 'hosted' },
      'b b:only_one a:cannot_hosted',
    ],
    [
      'one whose PSP takes cards',
      [account('a', psp({ rawCards: undefined })), account('b')],
      {},
      'b b:only_one a:cannot_raw_cards',
    ],
    [
      'one that is confirmed for cards',
      [
        account('a', psp({ rawCards: { needsConfirmation: true } })),
        account('b', { ...psp({ rawCards: { needsConfirmation: true } }), takesRawCards: true }),
      ],
      {},
      'b b:only_one a:raw_cards_not_confirmed',
    ],
    [
      'any, for a page, where cards are not confirmed',
      [account('a', psp({ rawCards: { needsConfirmation: true } }))],
      { flow: 'hosted' },
      'a a:only_one',
    ],
    [
      'one whose PSP takes 3-D Secure from elsewhere',
      [account('a', psp({ rawCards: {} })), account('b')],
      { threeDSecure: true },
      'b b:only_one a:no_three_d_secure',
    ],
    [
      'one whose PSP takes what the merchant begins',
      [account('a', psp({ rawCards: {} })), account('b')],
      { merchantInitiated: true },
      'b b:only_one a:no_merchant_initiated',
    ],
  ]
  for (const [what, accounts, facts, expected] of rows)
    it(`is ${what}`, () => assert.equal(say(accounts, facts), expected))

  it('is the next one after those that were left, which it tells in their order', () => {
    const accounts = [account('a'), account('b', { priority: 2 }), account('c', { priority: 3 })]
    const left: Considered[] = [{ psp_account: 'a', verdict: 'not_reached' }]
    assert.equal(say(accounts, {}, left), 'b a:not_reached b:highest_priority c:lower_priority')
    left.push({ psp_account: 'b', verdict: 'overloaded' })
    assert.equal(say(accounts, {}, left), 'c a:not_reached b:overloaded c:only_one')
    left.push({ psp_account: 'c', verdict: 'not_reached' })
    assert.equal(say(accounts, {}, left), 'none a:not_reached b:overloaded c:not_reached')
  })

  it('tells of twenty accounts at most, the chosen one among them', () => {
    const many = Array.from({ length: 50 }, (_, index) =>
      account(`a${String(index).padStart(2, '0')}`, { breaker: index < 49 ? 'open' : 'closed' }),
    )
    const { psp_account: chosen, considered } = route(many, card, 0)
    assert.deepEqual([chosen, considered.length, considered[0]?.psp_account], ['a49', 20, 'a49'])
  })
})

/** Numbers in [0, 1) that are the same in every run. */
function makeRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('whatever the accounts are', () => {
  const random = makeRandom(7)
  const below = (limit: number) => Math.floor(random() * limit)
  const oneOf = <T>(...values: T[]): T => values[below(values.length)] as T
  const anyAccount = (index: number): Candidate =>
    account(`a${index}`, {
      isActive: below(4) > 0,
      priority: 1 + below(3),
      share: 1 + below(100),
      currencies: oneOf(null, ['EUR'], ['USD', 'JPY']),
      cardBrands: oneOf(null, ['visa'], ['amex']),
      takesRawCards: below(2) === 0,
      breaker: oneOf('closed', 'closed', 'half_open', 'open'),
      psp: {
        ...(below(4) > 0 ? everything : {}),
        ...(below(2) > 0 ? {} : { rawCards: { needsConfirmation: true } }),
        takesAmount: () => below(8) > 0,
      } as unknown as Candidate['psp'],
    })
  const anyFacts = (): PaymentFacts => ({
    flow: oneOf('hosted', 'token', 'raw_card'),
    amount: { amount: 1n, currency: oneOf('EUR', 'USD') },
    brand: oneOf(null, 'visa', 'amex'),
    threeDSecure: below(4) === 0,
    merchantInitiated: below(4) === 0,
    asked: below(4) === 0 ? { account: `a${below(6)}`, why: 'asked_for' } : null,
  })

  it('the choice is the same again, is of an account that nothing forbids, and each account is told of once', () => {
    const verdictsSeen = new Set<RoutingVerdict>()
    for (let round = 0; round < 5_000; round++) {
      const accounts = Array.from({ length: below(6) }, (_, index) => anyAccount(index)).map((one) => {
        const takesIt = one.psp.takesAmount?.({ amount: 1n, currency: 'EUR' }) ?? true
        return { ...one, psp: { ...one.psp, takesAmount: () => takesIt } }
      })
      const facts = anyFacts()
      const dice = random()
      const left: Considered[] = below(3) === 0 ? [{ psp_account: 'a0', verdict: 'not_reached' }] : []
      const routing = route(accounts, facts, dice, left)
      assert.deepEqual(route(accounts.toReversed(), facts, dice, left), routing)
      const { considered } = routing
      for (const { verdict } of considered) verdictsSeen.add(verdict)
      assert.equal(new Set(considered.map((one) => one.psp_account)).size, considered.length)
      const chosen = considered.filter(({ verdict }) => routingVerdicts[verdict].effect === 'chosen')
      assert.deepEqual(
        chosen.map((one) => one.psp_account),
        routing.psp_account === null ? [] : [routing.psp_account],
      )
      const account = accounts.find(({ id }) => id === routing.psp_account)
      if (account === undefined) continue
      assert.ok(account.isActive && account.breaker !== 'open' && left.every((one) => one.psp_account !== account.id))
      assert.ok(account.currencies === null || account.currencies.includes(facts.amount.currency))
      assert.ok(account.cardBrands === null || facts.brand === null || account.cardBrands.includes(facts.brand))
      if (facts.flow === 'raw_card') assert.ok(!account.psp.rawCards?.needsConfirmation || account.takesRawCards)
      assert.ok(facts.asked === null || facts.asked.account === account.id)
      // Nobody who could have taken it comes before it.
      for (const { psp_account: id, verdict } of considered)
        if (verdict === 'lower_priority')
          assert.ok((accounts.find((one) => one.id === id)?.priority ?? 0) > account.priority)
    }
    const unseen = Object.keys(routingVerdicts).filter((name) => !verdictsSeen.has(name as RoutingVerdict))
    assert.deepEqual(unseen, ['token_of_this_account', 'overloaded'])
  })

  it('shares come out as they are set', () => {
    for (const shares of [
      [1, 1],
      [70, 30],
      [1, 99],
      [100, 100, 50],
      [3, 5, 7, 11],
    ]) {
      const accounts = shares.map((share, index) => account(`a${index}`, { share }))
      const sum = shares.reduce((all, share) => all + share, 0)
      const counts = new Map<string, number>()
      // Dice that lie evenly: a hundred in each part that a weight of one stands for.
      for (let throwNo = 0; throwNo < sum * 100; throwNo++) {
        const { psp_account: id } = route(accounts, card, (throwNo + 0.5) / (sum * 100))
        counts.set(String(id), (counts.get(String(id)) ?? 0) + 1)
      }
      assert.deepEqual(
        [...counts.values()],
        shares.map((share) => share * 100),
        shares.join(),
      )
    }
  })
})
