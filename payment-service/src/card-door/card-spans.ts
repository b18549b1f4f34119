import { issuedLengths, longestCard, shortestCard } from './card-ranges.ts'
import type { DigitRun } from './digit-runs.ts'
import { digitAt } from './read-character.ts'

/** Digits of a run, from the first to before `to`. */
export type Span = { from: number; to: number }

/**
 * Which digits of a run are a card number: a brand's range, its length, and a right check digit (Luhn, ISO/IEC 7812-1
 * annex B). It begins and ends at the edge of a group, so that digits inside a longer number are none. Spans may overlap.
 *
 * Each digit is read once. At each group's end the eight lengths of a card are tried, each with one look at what its
 * first four digits allow and one subtraction of sums, so that the cost is in proportion to the digits, however they are
 * grouped.
 */
export function findCardSpans(body: Buffer, run: DigitRun): Span[] {
  const { places, joins } = run
  const spans: Span[] = []
  const noHash: Stretch = { from: 0, to: -1 }
  for (let index = 0; index < places.length; index++) {
    addDigit(index, digitAt(body, places[index] ?? 0))
    const to = index + 1
    if (to >= shortestCard && (to === places.length || joins[to] !== 'group')) addSpansTo(to, body, run, noHash, spans)
  }
  for (const values of [first4, lengths, sumsEvenDoubled, sumsOddDoubled]) values.fill(0)
  return spans
}

// What is known of a run's last 32 digits, by the lowest bits of their index: enough for the longest card. It is overwritten
// at the run's end, because digits can be reckoned from it, and outside V8's heap, which would leave copies.
const lastBits = 31
const makeLast32 = () => new Uint32Array(new ArrayBuffer(32 * 4))
/** The digit and the three before it. */
const first4 = makeLast32()
/** The lengths, as bits, of card numbers that begin with the digit and the three after it. */
const lengths = makeLast32()
/** Luhn's sums of all digits of the run before the digit: with those of even index doubled, or the others. */
const sumsEvenDoubled = makeLast32()
const sumsOddDoubled = makeLast32()

function addDigit(index: number, digit: number): void {
  const here = index & lastBits
  const next = (index + 1) & lastBits
  const doubled = digit < 5 ? digit * 2 : digit * 2 - 9
  const isEven = (index & 1) === 0
  sumsEvenDoubled[next] = (sumsEvenDoubled[here] ?? 0) + (isEven ? doubled : digit)
  sumsOddDoubled[next] = (sumsOddDoubled[here] ?? 0) + (isEven ? digit : doubled)
  const four = ((first4[(index - 1) & lastBits] ?? 0) % 1_000) * 10 + digit
  first4[here] = four
  lengths[(index - 3) & lastBits] = issuedLengths(four)
}

function addSpansTo(to: number, body: Buffer, { places, joins }: DigitRun, noHash: Stretch, spans: Span[]): void {
  // Of a number's digits the last is not doubled, the one before it is, and so on.
  const sums = (to & 1) === 0 ? sumsEvenDoubled : sumsOddDoubled
  const sum = sums[to & lastBits] ?? 0
  for (let length = shortestCard; length <= longestCard && length <= to; length++) {
    const from = to - length
    if (((lengths[from & lastBits] ?? 0) & (1 << length)) === 0) continue
    if ((sum - (sums[from & lastBits] ?? 0)) % 10 !== 0) continue
    if (from > 0 && joins[from] === 'group') continue
    if (!isGroupedAsCard(joins, from, to)) continue
    if (!isPartOfHash(body, places[from] ?? 0, places[to - 1] ?? 0, noHash)) spans.push({ from, to })
  }
}

/**
 * Whether digits are grouped as card numbers are: anyhow with single spaces or dashes; else in groups of one size, the
 * last of which may be smaller, because coordinates, dates and addresses are digits with points and commas too.
 */
function isGroupedAsCard(joins: DigitRun['joins'], from: number, to: number): boolean {
  let isPlain = true
  for (let index = from + 1; index < to; index++) isPlain &&= joins[index] !== 'apart'
  if (isPlain) return true
  const sizes = [1]
  for (let index = from + 1; index < to; index++) {
    if (joins[index] === 'group') sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + 1
    else sizes.push(1)
  }
  const [size = 0] = sizes
  const isEven = sizes.every((other, group) => (group === sizes.length - 1 ? other <= size : other === size))
  // 4-6-5 and 4-6-4: American Express and Diners Club as they are printed.
  return isEven || (sizes.length === 3 && size === 4 && sizes[1] === 6)
}

/** Bytes from the first to the last, both included. */
type Stretch = { from: number; to: number }

/** How far beyond its digits a digest is looked for, in bytes. */
const hashReach = 128

/**
 * Whether digits are a piece of a hexadecimal digest or a UUID: at least 32 hexadecimal digits in one go (dashes
 * aside), a letter among them. Without this, about one UUID in ten thousand would be refused.
 *
 * @param known decimal digits and dashes that an earlier look went over; widened, so that no look goes over them again.
 */
function isPartOfHash(body: Buffer, first: number, last: number, known: Stretch): boolean {
  if (first < known.from || last > known.to) {
    // A space or an escape among the digits: nobody writes a digest so.
    for (let at = first; at <= last; at++) if (!isDigitOrDash(body[at] ?? 0)) return false
    known.from = first
    known.to = last
  }
  while (first - known.from < hashReach && isDigitOrDash(body[known.from - 1] ?? 0)) known.from--
  while (known.to - last < hashReach && isDigitOrDash(body[known.to + 1] ?? 0)) known.to++
  const isLetterNear =
    (first - known.from < hashReach && isHexOrDash(body[known.from - 1] ?? 0)) ||
    (known.to - last < hashReach && isHexOrDash(body[known.to + 1] ?? 0))
  return isLetterNear && countHexDigits(body, first, last) >= 32
}

/** Of the stretch of hexadecimal digits and dashes around these bytes. */
function countHexDigits(body: Buffer, first: number, last: number): number {
  let count = 0
  for (let at = first; at <= last; at++) if (body[at] !== 0x2d) count++
  for (let at = first - 1; first - at <= hashReach && isHexOrDash(body[at] ?? 0); at--) if (body[at] !== 0x2d) count++
  for (let at = last + 1; at - last <= hashReach && isHexOrDash(body[at] ?? 0); at++) if (body[at] !== 0x2d) count++
  return count
}

function isHexOrDash(value: number): boolean {
  const lower = value | 0x20
  return isDigitOrDash(value) || (lower >= 0x61 && lower <= 0x66)
}

function isDigitOrDash(value: number): boolean {
  return (value >= 0x30 && value <= 0x39) || value === 0x2d
}
