import { isCardNumber, longestCard, shortestCard } from './card-ranges.ts'
import { type JsonPath, walkJson } from './json-walk.ts'

/** A JSON number counts from this many digits, so that no amount is ever taken for a card by chance. */
const shortestCardAsNumber = 14
const blank = 0x31

/**
 * Looks for card data in a request's bytes before anything is parsed, and overwrites every digit of what it finds with
 * `1`, so that the text stays JSON and the number never becomes a string. Found are: card numbers (right prefix, length
 * and check digit) in strings and field names, with single spaces or dashes between the digits or written as `\u0034`
 * escapes; JSON numbers of 14 digits and more; and whatever stands at `payment_method.card.number` or `.cvc`.
 *
 * It is a net under a mistake, not a wall against an adversary, who would write the number in words. About one of 35
 * random 16-digit order numbers is a card number to anyone (see the test); order numbers that begin with a year or a
 * Unix time are none.
 *
 * @returns null when nothing was found; else the path of the first field at fault, null when it cannot be named safely.
 */
export function watchForCardData(body: Buffer): { param: string | null } | null {
  let hit: { param: string | null } | null = null
  const report = (path: JsonPath) => {
    hit ??= { param: namePath(path) }
  }
  walkJson(body, {
    string(start, end, path, isName) {
      if (blankCardNumbers(body, start, end)) report(isName ? path.slice(0, -1) : path)
      if (!isName && isCardField(path)) blankDigits(body, start, end)
    },
    number(start, end, path) {
      if (isCardField(path)) blankDigits(body, start, end)
      else if (isCardAsNumber(body, start, end)) {
        blankDigits(body, start, end)
        report(path)
      }
    },
    field(path) {
      if (path.length === 3 && isCardField(path)) report(path)
    },
  })
  return hit
}

/** Whether a text that is no JSON, such as a header, holds a card number. */
export function holdsCardNumber(text: string): boolean {
  const bytes = Buffer.from(text, 'latin1')
  return blankCardNumbers(bytes, 0, bytes.length)
}

/** `payment_method.card.number` and `.cvc`, and whatever is inside them. */
function isCardField(path: JsonPath): boolean {
  return path[0] === 'payment_method' && path[1] === 'card' && (path[2] === 'number' || path[2] === 'cvc')
}

/** The path in dots, as far as its names are plain: the rest is the caller's own text and is not given back. */
function namePath(path: JsonPath): string | null {
  const strange = path.findIndex((name) => !/^([A-Za-z_][\w-]{0,63}|\d{1,5})$/.test(name))
  const named = strange === -1 ? path : path.slice(0, strange)
  return named.length === 0 ? null : named.join('.').slice(0, 200)
}

/**
 * Blanks the card numbers among the runs of digits of a string. A run is digits with at most one space or dash between
 * two; a card number begins and ends at the edge of a group of digits, so that digits inside a longer number are none.
 */
function blankCardNumbers(body: Buffer, start: number, end: number): boolean {
  let found = false
  // Where the current run's digits stand, and which of them begin a group.
  const digits: number[] = []
  const groupStarts: number[] = []
  const hits: { from: number; to: number }[] = []
  const closeGroup = () => {
    // Only groups that begin within the longest card's length can be the beginning of one that ends here.
    for (let group = groupStarts.length - 1; group >= 0; group--) {
      const from = groupStarts[group] ?? 0
      const length = digits.length - from
      if (length > longestCard) break
      if (length < shortestCard || !isCardNumber(length, (index) => body[digits[from + index] ?? 0] ?? 0)) continue
      if (!isPartOfHash(body, digits[from] ?? 0, digits[digits.length - 1] ?? 0)) hits.push({ from, to: digits.length })
    }
  }
  const closeRun = () => {
    for (const { from, to } of hits) for (let index = from; index < to; index++) body[digits[index] ?? 0] = blank
    found ||= hits.length > 0
    digits.length = 0
    groupStarts.length = 0
    hits.length = 0
  }
  let previous: 'digit' | 'separator' | 'other' = 'other'
  for (let at = start; at < end; ) {
    const { kind, place, next } = readCharacter(body, at, end)
    if (kind === 'digit') {
      if (previous !== 'digit') groupStarts.push(digits.length)
      digits.push(place)
    } else {
      if (previous === 'digit') closeGroup()
      if (kind === 'other' || previous !== 'digit') closeRun()
    }
    previous = kind
    at = next
  }
  if (previous === 'digit') closeGroup()
  closeRun()
  return found
}

type Character = { kind: 'digit' | 'separator' | 'other'; place: number; next: number }

/** One character of a JSON string: `\u0030` to `\u0039`, `\u0020` and `\u002d` are what they stand for. */
function readCharacter(body: Buffer, at: number, end: number): Character {
  const here = body[at] ?? 0
  if (here !== 0x5c) return { kind: kindOf(here), place: at, next: at + 1 }
  const isUnicode = body[at + 1] === 0x75 && at + 6 <= end
  if (!isUnicode) return { kind: 'other', place: at, next: at + 2 }
  const last = at + 5
  const [high, low] = [body[at + 4] ?? 0, body[last] ?? 0]
  const isLatin = body[at + 2] === 0x30 && body[at + 3] === 0x30
  // The digit's own byte is the escape's last one, so that overwriting it with `1` gives the escape of `1`.
  if (isLatin && high === 0x33 && kindOf(low) === 'digit') return { kind: 'digit', place: last, next: at + 6 }
  const isSpaceOrDash = isLatin && high === 0x32 && (low === 0x30 || low === 0x64 || low === 0x44)
  return { kind: isSpaceOrDash ? 'separator' : 'other', place: at, next: at + 6 }
}

function kindOf(value: number): Character['kind'] {
  if (value >= 0x30 && value <= 0x39) return 'digit'
  return value === 0x20 || value === 0x2d ? 'separator' : 'other'
}

/**
 * Whether digits are a piece of a hexadecimal digest or a UUID: at least 32 hexadecimal digits in one go (dashes
 * aside), a letter among them. Without this, about one UUID in ten thousand would be refused.
 */
function isPartOfHash(body: Buffer, first: number, last: number): boolean {
  let from = first
  let to = last
  while (from > 0 && first - from < 128 && isHexOrDash(body[from - 1] ?? 0)) from--
  while (to < body.length - 1 && to - last < 128 && isHexOrDash(body[to + 1] ?? 0)) to++
  let hexDigits = 0
  let letters = 0
  for (let at = from; at <= to; at++) {
    const value = body[at] ?? 0
    // A space or an escape among the digits: nobody writes a digest so.
    if (!isHexOrDash(value)) return false
    if (value !== 0x2d) hexDigits++
    if (value >= 0x41) letters++
  }
  return hexDigits >= 32 && letters > 0
}

function isHexOrDash(value: number): boolean {
  const lower = value | 0x20
  return (value >= 0x30 && value <= 0x39) || (lower >= 0x61 && lower <= 0x66) || value === 0x2d
}

/** A number literal: its whole part, and its digits without the point (`4.111111111111111e15` is a card number too). */
function isCardAsNumber(body: Buffer, start: number, end: number): boolean {
  const places: number[] = []
  let wholeDigits = -1
  for (let at = start; at < end; at++) {
    const here = body[at] ?? 0
    if (kindOf(here) === 'digit') places.push(at)
    else if (here === 0x2e) wholeDigits = places.length
    else if (here === 0x45 || here === 0x65) break
    if (places.length > 40) return false
  }
  const isCard = (length: number) =>
    length >= shortestCardAsNumber &&
    length <= longestCard &&
    isCardNumber(length, (index) => body[places[index] ?? 0] ?? 0)
  return isCard(places.length) || isCard(wholeDigits)
}

function blankDigits(body: Buffer, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const { kind, place, next } = readCharacter(body, at, end)
    if (kind === 'digit') body[place] = blank
    at = next
  }
}
