import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { createFlowPasses } from './flow-passes.ts'
import type { Pass, TryFacts } from './tally.ts'

const second = 1_000
const minute = 60 * second
const blocked = { merchantId: 'mer_1', flow: 'raw_card', untilMs: 30 * minute } as const
const facts: TryFacts = {
  merchantId: 'mer_1',
  flow: 'raw_card',
  address: null,
  bin: null,
  session: null,
  isSmall: false,
  pass: null,
}

/** A flow that is blocked from 0 on, and cards by number. */
function openBlock() {
  const passes = createFlowPasses()
  passes.begin(blocked, 0)
  const end = (
    says: DeclineCode | 'approved',
    at: number,
    {
      pass = 'probe',
      card = at,
      inForce = true,
      ...place
    }: Partial<TryFacts> & { card?: number; inForce?: boolean } = {},
  ) =>
    passes.learn(
      inForce ? blocked : null,
      {
        facts: { ...facts, pass, ...place },
        verdict: says === 'approved' ? { is: 'approved' } : { is: 'declined', code: says },
        card: { brand: 'visa', first6: '400000', last4: String(card), exp_month: 1, exp_year: 2030 },
      },
      at,
    )
  const take = (at: number, place: Partial<TryFacts> = {}): Pass | null =>
    passes.take(blocked, { ...facts, ...place }, at)
  return { passes, end, take }
}

describe('while a flow is blocked', () => {
  it('single tries go out, more and more rarely while they are declined, and at last every ten minutes', () => {
    const { end, take } = openBlock()
    const taken: number[] = []
    for (let at = 0; at < 30 * minute; at += second) {
      if (take(at) === null) continue
      taken.push(at / second)
      end('do_not_honor', at)
    }
    assert.deepEqual(taken, [30, 90, 210, 450, 930, 1_530])
  })

  it('the next block of an attack that goes on begins where the one before was, and one a while later anew', () => {
    for (const [pauseMs, firstAt] of [
      [1, 240 * second],
      [11 * minute, 30 * second],
    ] as const) {
      const { passes, end, take } = openBlock()
      for (const at of [30, 90, 210]) {
        assert.equal(take(at * second), 'probe')
        end('lost_card', at * second)
      }
      const from = blocked.untilMs + pauseMs
      const next = { ...blocked, untilMs: from + 30 * minute }
      passes.begin(next, from)
      assert.deepEqual(
        [passes.isProbeDue(next, from + firstAt - 1), passes.isProbeDue(next, from + firstAt)],
        [false, true],
      )
    }
  })

  it('it is over after three approvals in a row, of different cards, and goes on after three declines', () => {
    const { end } = openBlock()
    const said = (['approved', 'approved', 'lost_card', 'approved', 'approved', 'approved'] as const).map((says, at) =>
      end(says, at),
    )
    assert.deepEqual(said, ['in_doubt', 'in_doubt', 'in_doubt', 'in_doubt', 'in_doubt', 'over'])
    const other = openBlock()
    assert.deepEqual(
      [1, 2, 3].map((at) => other.end('lost_card', at)),
      ['in_doubt', 'in_doubt', 'goes_on'],
    )
    const oneCard = openBlock()
    assert.ok([1, 2, 3, 4, 5].every((at) => oneCard.end('approved', at, { card: 1 }) === 'in_doubt'))
  })

  it('an approval lets the next one out at once, and so does a try that said nothing of its card', () => {
    const { passes, end, take } = openBlock()
    for (const says of ['approved', 'issuer_unavailable', 'token_invalid'] as const) {
      assert.equal(take(minute), 'probe')
      assert.equal(take(minute), null)
      end(says, minute)
    }
    assert.equal(take(minute), 'probe')
    passes.giveBack(blocked, 'probe', minute)
    assert.equal(take(minute), 'probe')
  })

  it('shoppers get through whose address was good before, until a card of theirs is declined', () => {
    const { end, take } = openBlock()
    const home = { address: 'home' }
    end('approved', 0, { ...home, pass: null, inForce: false })
    assert.deepEqual(
      [take(1, home), take(2, home), take(3, { address: 'other' })],
      ['good_address', 'good_address', null],
    )
    end('approved', 4, { address: 'other' })
    assert.equal(take(5, { address: 'other' }), 'probe', 'not known as good by an approval in the block')
    assert.equal(take(8 * 86_400_000, home), null, 'it was long ago')
    end('do_not_honor', 6, { ...home, pass: 'good_address' })
    assert.equal(take(7, home), null)
  })

  it('first six digits that were good let cards through, until three of them were declined', () => {
    const { end, take } = openBlock()
    const bins = ['411111', '422222', '433333', '444444'].map((bin) => ({ bin }))
    for (const bin of bins) end('approved', 0, { ...bin, pass: null, inForce: false })
    const letThrough = bins.map((bin, at) => {
      const pass = take(at, bin)
      if (pass !== null) end('do_not_honor', at, { ...bin, pass })
      return pass
    })
    assert.deepEqual(letThrough, ['good_bin', 'good_bin', 'good_bin', null])
  })
})
