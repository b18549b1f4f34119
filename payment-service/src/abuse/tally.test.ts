import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { ruleNames, ruleOf } from './rules.ts'
import { applySettings, noSettings } from './settings.ts'
import { isInside, readShopperAddress } from './shopper-address.ts'
import { createTally, type TryFacts } from './tally.ts'
import type { Verdict } from './verdicts.ts'

const rules = applySettings(noSettings)
const facts: TryFacts = {
  merchantId: 'mer_1',
  flow: 'token',
  address: 'one',
  bin: null,
  session: null,
  isSmall: false,
  pass: null,
}

/** A tally with a clock, and cards by number. */
function openTally(inForce = rules) {
  const tally = createTally()
  let now = 0
  let payments = 0
  const end = (card: number | null, verdict: DeclineCode | 'approved', more: Partial<TryFacts> = {}) => {
    const shown = { brand: 'visa', first6: null, last4: String(card).padStart(4, '0'), exp_month: 1, exp_year: 2030 }
    return tally
      .count(
        {
          payment: `ch_${payments++}`,
          facts: { ...facts, ...more },
          verdict: verdict === 'approved' ? { is: 'approved' } : { is: 'declined', code: verdict },
          card: card === null ? null : shown,
        },
        inForce,
        now,
      )
      .map(({ rule }) => rule)
  }
  return {
    tally,
    end,
    wait: (ms: number) => {
      now += ms
    },
    /** How many of these declines it takes until a rule stops them. */
    countUntilStopped(decline: (turn: number) => string[]): [number, string[]] {
      for (let turn = 1; turn <= 1_000; turn++) {
        const stopped = decline(turn)
        if (stopped.length > 0) return [turn, stopped]
      }
      return [Number.POSITIVE_INFINITY, []]
    },
  }
}

describe('what is counted as card testing', () => {
  it('is a run of declines over different cards; twice as quickly with the reasons that made-up cards get', () => {
    const [generic, telling] = (['card_declined', 'incorrect_number'] as const).map((code) => {
      const { countUntilStopped, end } = openTally()
      return countUntilStopped((card) => end(card, code))
    })
    assert.deepEqual(generic, [10, ['address_declines']])
    assert.deepEqual(telling, [5, ['address_declines']])
  })

  it('is not a card whose shopper tries it thrice, and is one whose code is guessed', () => {
    const { end, countUntilStopped } = openTally()
    for (const card of [1, 2, 3]) for (let turn = 0; turn < 3; turn++) assert.deepEqual(end(card, 'card_declined'), [])
    const [tries] = countUntilStopped(() => end(9, 'incorrect_cvc'))
    assert.equal(tries, 6, 'of the first one two points, of the second and third none, then two each')
  })

  it('is no outage: what could not be processed says nothing of its card', () => {
    const { end, countUntilStopped } = openTally()
    for (const code of ['issuer_unavailable', 'processing_error', 'not_executed'] as const)
      assert.equal(countUntilStopped((card) => end(card, code))[0], Number.POSITIVE_INFINITY)
  })

  it('is no busy place: each approval takes a point away, and points fade', () => {
    const { end, wait, countUntilStopped } = openTally()
    const [tries] = countUntilStopped((turn) => end(turn, turn % 2 === 0 ? 'approved' : 'insufficient_funds'))
    assert.equal(tries, Number.POSITIVE_INFINITY)
    for (let card = 1_000; card < 1_009; card++) end(card, 'card_declined', { address: 'two' })
    wait(ruleOf.address_declines.fadeS * 1_000 * 9)
    assert.deepEqual(end(2_000, 'card_declined', { address: 'two' }), [])
  })

  it('is not hidden by one good card that is paid with again and again between the others', () => {
    const { end, wait, countUntilStopped } = openTally()
    const [tries] = countUntilStopped((card) => {
      wait(1_000)
      for (let turn = 0; turn < 3; turn++) end(0, 'approved')
      return end(card, 'incorrect_cvc')
    })
    assert.equal(tries, 5)
  })

  it('is not hidden by one good card under other dates, where its first digits are known', () => {
    const { tally } = openTally()
    let payments = 0
    const end = (verdict: Verdict, last4: string, exp_year: number) =>
      tally.count(
        {
          payment: `ch_${payments++}`,
          facts,
          verdict,
          card: { brand: 'visa', first6: '400000', last4, exp_month: 1, exp_year },
        },
        rules,
        0,
      )
    let stopped = 0
    for (let turn = 0; turn < 20; turn++) {
      end({ is: 'approved' }, '0000', 2030 + turn)
      end({ is: 'approved' }, '0000', 2060 + turn)
      stopped += end({ is: 'declined', code: 'incorrect_cvc' }, String(1_000 + turn), 2030).length
    }
    assert.ok(stopped > 0)
  })

  it('takes an approved card as one within an hour, and room for tries with it', () => {
    const { tally, end, wait } = openTally()
    const count = (now: number) => {
      const opened: (() => void)[] = []
      while (tally.findCrowd(facts, rules, now) === null && opened.length < 1_000) opened.push(tally.open(facts, rules))
      for (const close of opened) close()
      return opened.length
    }
    for (let turn = 0; turn < 30; turn++) end(1, 'approved')
    assert.equal(count(0), ruleOf.address_open_tries.limit + 1)
    wait(3_600_001)
    end(1, 'approved')
    assert.equal(count(3_600_001), ruleOf.address_open_tries.limit + 1, 'it counts again')
  })

  it('is stopped by the narrowest rule alone', () => {
    const { end, countUntilStopped } = openTally()
    const oneBin = { flow: 'raw_card', bin: '411111', isSmall: true } as const
    const [, stopped] = countUntilStopped((card) => end(card, 'card_declined', { ...oneBin, address: `a${card}` }))
    assert.deepEqual(stopped, ['bin_declines'])
    const [, hosted] = countUntilStopped((card) =>
      end(10_000 + card, 'card_declined', { ...oneBin, flow: 'hosted', session: 'ps_1', address: null }),
    )
    assert.deepEqual(hosted, ['session_declines'])
  })

  it('leaves room for others where a narrower rule has stopped it, and is stopped all the same when it moves on', () => {
    const { tally, end, countUntilStopped } = openTally()
    countUntilStopped((card) => end(card, 'card_declined'))
    const elsewhere = { ...facts, address: 'two' }
    assert.equal(tally.findCrowd(elsewhere, rules, 0), null)
    const [tries, stopped] = countUntilStopped((card) =>
      end(100 + card, 'card_declined', { address: `other ${card >> 2}` }),
    )
    assert.deepEqual([tries, stopped], [8, ['flow_declines']])
  })

  it('is counted once for each payment, whoever tells of it', () => {
    const tally = createTally()
    const told = { payment: 'ch_1', facts, verdict: { is: 'declined', code: 'lost_card' }, card: null } as const
    for (let turn = 0; turn < 50; turn++) assert.deepEqual(tally.count(told, rules, 0), [])
  })

  it('has not more tries of one address under way than could be declined, unless payments succeed there', () => {
    const { tally, end } = openTally()
    const fill = () => {
      const opened: (() => void)[] = []
      while (tally.findCrowd(facts, rules, 0) === null && opened.length < 1_000) opened.push(tally.open(facts, rules))
      for (const close of opened) close()
      return opened.length
    }
    assert.equal(fill(), ruleOf.address_open_tries.limit)
    for (let card = 0; card < 30; card++) end(card, 'approved')
    assert.equal(fill(), ruleOf.address_open_tries.limit + 30)
    assert.equal(tally.findCrowd({ ...facts, address: null }, rules, 0), null)
  })

  it('is what an operator has set', () => {
    const { end, countUntilStopped } = openTally(
      applySettings({
        rules: { address_declines: { on: false }, flow_declines: { limit: 30 } },
        allowed_addresses: ['203.0.113.0/24', '2001:db8::1'],
      }),
    )
    assert.deepEqual(
      countUntilStopped((card) => end(card, 'card_declined')),
      [30, ['flow_declines']],
    )
  })
})

it('a rule’s limit lies between what may be set for it', () => {
  for (const name of ruleNames) {
    const { least, limit, most } = ruleOf[name]
    assert.ok(least <= limit && limit <= most, name)
  }
})

it('addresses are left alone by address and by network, however they are written', () => {
  const { isAllowed } = applySettings({ rules: {}, allowed_addresses: ['203.0.113.0/24', '2001:db8::1'] })
  assert.deepEqual(
    ['203.0.113.9', '::ffff:203.0.113.9', '203.0.114.9', '2001:DB8:0::1', '2001:db8::2'].map(isAllowed),
    [true, true, false, true, false],
  )
})

it('an address is inside a network when no shopper can come from it', () => {
  for (const text of [
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.1',
    '169.254.1.1',
    '100.64.0.1',
  ])
    assert.equal(isInside(text), true, text)
  for (const text of ['fd00::1', 'fe80::1', '::ffff:10.0.0.1']) assert.equal(isInside(text), true, text)
  for (const text of ['203.0.113.9', '172.32.0.1', '2a00:1450::1', '::ffff:8.8.8.8'])
    assert.equal(isInside(text), false, text)
})

it('a shopper’s address is read in the forms that addresses have, and in no other', () => {
  assert.deepEqual(readShopperAddress('203.0.113.9'), { counted: '203.0.113.9', network: '203.0.113.0/24' })
  assert.deepEqual(readShopperAddress('::ffff:203.0.113.9'), readShopperAddress('203.0.113.9'))
  assert.deepEqual(readShopperAddress('2001:db8:1:2:3::4'), {
    counted: '2001:db8:1:2::/64',
    network: '2001:db8:1::/48',
  })
  for (const text of [
    '',
    '203.0.113',
    '203.0.113.9:443',
    '010.0.0.1',
    '0x7f000001',
    'fe80::1%eth0',
    '203.0.113.0/24',
    'a',
  ])
    assert.equal(readShopperAddress(text), null, text)
})
