import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatherRuns } from './digit-runs.ts'
import { digitAt } from './read-character.ts'

/** The runs of a text: a new group after a space or dash begins with `_`, after anything else with `|`. */
function runsOf(text: string, readsPercent = false): string[] {
  const body = Buffer.from(text)
  const runs: string[] = []
  gatherRuns(body, 0, body.length, readsPercent, ({ places, joins }) => {
    const signs = { group: '', plain: '_', apart: '|' }
    const parts = places.map(
      (place, index) => `${index === 0 ? '' : signs[joins[index] ?? 'group']}${digitAt(body, place)}`,
    )
    runs.push(parts.join(''))
  })
  return runs
}

const cases: [what: string, text: string, runs: string[]][] = [
  ['one group', 'x123456789012x', ['123456789012']],
  ['groups after one space or dash', '1234 5678-9012', ['1234_5678_9012']],
  ['groups after other separators', '1234.5678  9012 - 3456', ['1234|5678|9012|3456']],
  ['what is invisible, as if it were not there', '1234\u00ad56\\u200b78 \ufeff9012', ['12345678_9012']],
  [
    'a letter and four separators, which part runs',
    '123456789012a123456789013    123456789014',
    ['123456789012', '123456789013', '123456789014'],
  ],
  ['nothing that is shorter than a card', '12345678901a12345678901', []],
  ['digits in other scripts and escapes', '１２３٤٥٦\\u0037\\u06f89012', ['123456789012']],
]
for (const [what, text, runs] of cases) {
  test(`runs of digits: ${what}`, () => assert.deepEqual(runsOf(text), runs))
}

test('percent escapes are read when they are asked for', () => {
  assert.deepEqual(runsOf('%31%32%33%20456789012%2D3'), ['31|32|33|20456789012|2'])
  assert.deepEqual(runsOf('%31%32%33%20456789012%2D3', true), ['123_456789012_3'])
})
