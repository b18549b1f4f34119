import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Tally } from './load.ts'
import type { Measured } from './measure.ts'
import { drillMargins, findBrokenRules, type Margins, smallMargins } from './rules.ts'

const tally = (name: string, sent: number, served: number, others: Tally['others'] = {}): Tally => ({
  name,
  sent,
  served,
  servedMeanwhile: served,
  shed: sent - served,
  shedForPsp: 0,
  shedWrongly: 0,
  others,
  servedMs: [100],
  shedMs: [5],
})

/** A run that went well: 100 a second at the peak, for ten seconds each. */
function goodRun(): Measured {
  const tallies = [tally('greedy', 7_000, 500), tally('another', 700, 480), tally('small', 20, 20)]
  return {
    peak: { perSecond: 100, tallies: [tally('greedy', 1_000, 1_000)], warmUp: 50 },
    overload: {
      askedPerSecond: 1_000,
      perSecond: 100,
      seconds: 6,
      tallies,
      healthMs: [],
      memoryMb: { before: 100, most: 120 },
    },
    webhooks: { promptBefore: [20], prompt: [30], slow: [] },
    books: {
      charges: 2_050,
      unsettled: 0,
      captured: 2_050,
      authorizeCalls: 2_050,
      captures: 2_050,
      doubled: 0,
      different: 0,
    },
  }
}

type Change = (run: Measured) => unknown
const greedy = (run: Measured): Tally => {
  const [first] = run.overload.tallies
  assert.ok(first)
  return first
}
const breaches: [string, RegExp, Change][] = [
  [
    'little is served',
    /of its peak/,
    (run) => {
      run.overload.perSecond = 10
      run.overload.seconds = 60
    },
  ],
  [
    'nothing is shed',
    /is shed \(/,
    ({ overload }) => {
      for (const one of overload.tallies) one.shed = 0
    },
  ],
  ['a shed answer says nothing', /when to come back/, (run) => Object.assign(greedy(run), { shedWrongly: 1 })],
  [
    'who is shed waits',
    /told sooner/,
    ({ overload }) => {
      for (const one of overload.tallies) one.shedMs = [110]
    },
  ],
  [
    'an error is answered',
    /served or shed \(status 500 1\)/,
    (run) => Object.assign(greedy(run), { others: { 'status 500': 1 } }),
  ],
  [
    'no answer comes',
    /served or shed \(no answer 1\)/,
    (run) => Object.assign(greedy(run), { others: { 'no answer': 1 } }),
  ],
  [
    'an error is answered at the peak',
    /served or shed/,
    ({ peak }) => Object.assign(peak, { tallies: [tally('greedy', 1_000, 1_000, { 'status 500': 1 })] }),
  ],
  ['connections break', /breaks/, (run) => Object.assign(greedy(run), { others: { 'broken connection': 10 } })],
  ['the greedy one gets most', /ten times as much/, (run) => Object.assign(greedy(run), { served: 4_400 })],
  [
    'the small one is shed',
    /small merchant/,
    ({ overload }) => {
      for (const one of overload.tallies) if (one.name === 'small') one.served = 5
    },
  ],
  ['webhooks wait for others', /webhook/, ({ webhooks }) => Object.assign(webhooks, { prompt: [2_000] })],
  ['what was shed was begun', /nothing else/, ({ books }) => books.charges++],
  ['a PSP was called for what was shed', /PSPs were called/, ({ books }) => books.authorizeCalls++],
  ['a PSP was not called', /PSPs were called/, ({ books }) => Object.assign(books, { authorizeCalls: 1_000 })],
  ['something is left', /finished/, ({ books }) => Object.assign(books, { unsettled: 1 })],
  ['something is doubled', /books agree/, ({ books }) => Object.assign(books, { doubled: 1 })],
]

const both: [string, Margins][] = [
  ['small', smallMargins],
  ['drill', drillMargins],
]
for (const [name, margins] of both) {
  describe(`the rules of overload, with the margins of the ${name}`, () => {
    it('hold in a good run', () => {
      assert.deepEqual(findBrokenRules(goodRun(), margins), [])
    })
    for (const [what, said, change] of breaches) {
      it(`see that ${what}`, () => {
        const run = goodRun()
        change(run)
        assert.match(findBrokenRules(run, margins).join('; '), said)
      })
    }
  })
}
