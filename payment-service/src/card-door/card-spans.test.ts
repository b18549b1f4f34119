import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCardNumber } from './card-ranges.ts'
import { findCardSpans } from './card-spans.ts'
import { gatherRuns } from './digit-runs.ts'

/** The card numbers of a text that is one run, as they are written. */
function cardsOf(text: string): string[] {
  const body = Buffer.from(text)
  const cards: string[] = []
  gatherRuns(body, 0, body.length, false, (run) => {
    for (const { from, to } of findCardSpans(body, run)) {
      cards.push(text.slice(run.places[from], (run.places[to - 1] ?? 0) + 1))
    }
  })
  return cards
}

/** The same, plainly: every piece of the text from the beginning of a group to the end of one. */
function cardsPlainly(text: string): string[] {
  const starts = [...text.matchAll(/(?<!\d)\d/g)].map(({ index }) => index)
  const ends = [...text.matchAll(/\d(?!\d)/g)].map(({ index }) => index + 1)
  const pieces = starts.flatMap((start) => ends.filter((end) => end > start).map((end) => text.slice(start, end)))
  return pieces.filter((piece) => {
    const digits = piece.replaceAll(/\D/g, '')
    if (digits.length < 12 || digits.length > 19 || !isCardNumber(digits.length, (index) => Number(digits[index])))
      return false
    const sizes = piece.split(/\D+/).map((group) => group.length)
    const isPlain = /^\d+([ -]\d+)*$/.test(piece)
    const isEven = sizes.slice(0, -1).every((size) => size === sizes[0]) && (sizes.at(-1) ?? 0) <= (sizes[0] ?? 0)
    return isPlain || isEven || /^\d{4}\D+\d{6}\D+\d+$/.test(piece)
  })
}

test('in any run, the card numbers are those that a plain search finds', () => {
  const digit = fc.constantFrom(...'4444551136012789')
  const separator = fc.constantFrom(' ', ' ', '-', '.', '  ', ' - ')
  const even = fc
    .tuple(fc.array(digit, { minLength: 12, maxLength: 60 }), fc.constantFrom(1, 2, 4), separator)
    .map(([digits, size, between]) => (digits.join('').match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(between))
  const mixed = fc
    .array(fc.tuple(fc.array(digit, { minLength: 1, maxLength: 7 }), separator), { maxLength: 16 })
    .map((groups) => groups.map(([digits, after]) => digits.join('') + after).join(''))
  let found = 0
  fc.assert(
    fc.property(fc.oneof(even, mixed), (text) => {
      const cards = cardsOf(text)
      found += cards.length
      assert.deepEqual(cards.sort(), cardsPlainly(text).sort())
    }),
    { numRuns: 3_000, seed: 20_261_129 },
  )
  assert.ok(found > 300, `only ${found} were found at all`)
})

const visa = '4111111111111111'
const hashes: [text: string, times: number][] = [
  [`ab${'-'.repeat(10)}${visa}`, 1],
  [`abab-${visa}-${'0'.repeat(12)}`, 0],
  [`abab-${visa}-${'0'.repeat(11)}`, 1],
  [`${visa}-${'0'.repeat(15)}-f`, 0],
  [`${visa}-${'0'.repeat(16)}`, 1],
  [`${visa}-${'0'.repeat(127)}f`, 1],
  [`${visa}-${'0'.repeat(126)}f`, 0],
  [`f${'0'.repeat(127)}-${visa}`, 1],
  [`f${'0'.repeat(126)}-${visa}`, 0],
  // Of two, the second alone is near the letter.
  [`${visa}-${'0'.repeat(120)}-${visa}-f`, 1],
]
test('what is a piece of a hexadecimal digest is no card number: 32 digits, and a letter within 128 bytes', () => {
  for (const [text, times] of hashes) assert.equal(cardsOf(text).filter((card) => card === visa).length, times, text)
})
