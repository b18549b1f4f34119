import { isCardNumber, longestCard, shortestCard } from './card-ranges.ts'
import { type JsonPath, walkJson } from './json-walk.ts'
import { blankDigit, digitAt, readCharacter } from './read-character.ts'

/** A JSON number counts from this many digits, so that no amount is ever taken for a card by chance. */
const shortestCardAsNumber = 14
/** More characters than this between two digits part them. */
const longestSeparator = 3
/** Keys of `metadata` that can only be meant for card data, whatever stands there. */
const secretNames = /^(cvc2?|cvv2?|card[_.-]?number|pan)$/i

/** Where card data was found; `param` is null when the place cannot be named safely. */
export type Hit = { param: string | null }

export type WatchOptions = {
  /** `blanked`: the card relay has overwritten the card with `*`, so its fields may be there, without digits. */
  card?: 'refused' | 'blanked'
  /** Keys of `metadata` whose texts are not looked at, because an operator has exempted them for the merchant. */
  exemptKeys?: ReadonlySet<string>
}

/**
 * Looks for card data in a request's bytes before anything is parsed, and overwrites every digit of what it finds with
 * `1`, so that the text stays JSON and the number never becomes a string. Found are: card numbers (right prefix, length
 * and check digit) in strings and field names, in one go or in groups; with ASCII, full-width or Arabic digits, or
 * written as `\u0034` or `%34`; JSON numbers of 14 digits and more; whatever stands at `payment_method.card.number` or
 * `.cvc`, and at keys of `metadata` that are named for such data.
 *
 * It is a net under a mistake, not a wall against an adversary, who would write the number in words. How often it
 * refuses an honest order number is measured in docs/tripwire.md.
 *
 * @returns null when nothing was found; else the path of the first field at fault, null when it cannot be named safely.
 */
export function watchForCardData(body: Buffer, options: WatchOptions = {}): Hit | null {
  const { card = 'refused', exemptKeys } = options
  let hit: Hit | null = null
  const report = (path: JsonPath) => {
    hit ??= { param: namePath(path) }
  }
  const blankField = (start: number, end: number, path: JsonPath) => {
    if (blankDigits(body, start, end) && card === 'blanked') report(path)
  }
  walkJson(body, {
    string(start, end, path, isName) {
      if (!isName && isExempt(path, exemptKeys)) return
      if (blankCardNumbers(body, start, end)) report(isName ? path.slice(0, -1) : path)
      if (!isName && (isCardField(path) || isSecretField(path))) blankField(start, end, path)
    },
    number(start, end, path) {
      if (isCardField(path) || isSecretField(path)) blankField(start, end, path)
      else if (isCardAsNumber(body, start, end)) {
        blankDigits(body, start, end)
        report(path)
      }
    },
    field(path) {
      if ((card === 'refused' && path.length === 3 && isCardField(path)) || isSecretField(path)) report(path)
    },
  })
  return hit
}

/** Overwrites the card numbers in bytes that are no JSON, such as a form; whether there was one. */
export function blankCardNumbersIn(bytes: Buffer): boolean {
  return blankCardNumbers(bytes, 0, bytes.length)
}

/** Whether a text that is no JSON holds a card number. @param encoding `latin1` for a header, as Node reads its bytes. */
export function holdsCardNumber(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): boolean {
  return blankCardNumbersIn(Buffer.from(text, encoding))
}

/** `payment_method.card.number` and `.cvc`, and whatever is inside them. */
function isCardField(path: JsonPath): boolean {
  return path[0] === 'payment_method' && path[1] === 'card' && (path[2] === 'number' || path[2] === 'cvc')
}

/** A text directly in `metadata`, under an exempt key that is not named for card data. */
function isExempt(path: JsonPath, exemptKeys: ReadonlySet<string> | undefined): boolean {
  if (exemptKeys === undefined || path.length !== 2 || path[0] !== 'metadata') return false
  return exemptKeys.has(path[1] ?? '') && !isSecretField(path)
}

function isSecretField(path: JsonPath): boolean {
  return path.length === 2 && path[0] === 'metadata' && isSecretName(path[1] ?? '')
}

/** Whether a key of `metadata` can only be meant for card data; then no exemption of it holds. */
export function isSecretName(key: string): boolean {
  return secretNames.test(key)
}

/** The path in dots, as far as its names are plain: the rest is the caller's own text and is not given back. */
function namePath(path: JsonPath): string | null {
  const strange = path.findIndex((name) => !/^([A-Za-z_][\w-]{0,63}|\d{1,5})$/.test(name))
  const named = strange === -1 ? path : path.slice(0, strange)
  return named.length === 0 ? null : named.join('.').slice(0, 200)
}

/** Blanks the card numbers of a string, and those that it holds as a URL writes them. */
function blankCardNumbers(body: Buffer, start: number, end: number): boolean {
  // First as a URL: `%34%31` read as it stands is 34 and 31, which would be half of the number's bytes.
  const isInUrl = body.subarray(start, end).includes('%') && blankRuns(body, start, end, true)
  return blankRuns(body, start, end, false) || isInUrl
}

/**
 * Blanks the card numbers among the runs of digits of a string. A run is groups of digits with at most three characters
 * between two that are neither letters nor digits, what is invisible not counted; a card number begins and ends at the
 * edge of a group, so that digits inside a longer number are none.
 */
function blankRuns(body: Buffer, start: number, end: number, readsPercent: boolean): boolean {
  let found = false
  // Where the current run's digits stand; where its groups begin, and which follow a single space or dash.
  const digits: number[] = []
  const groupStarts: number[] = []
  const followPlain: boolean[] = []
  const hits: { from: number; to: number }[] = []
  const closeGroup = () => {
    const count = groupStarts.length
    const to = digits.length
    const sizeOf = (group: number) => (groupStarts[group + 1] ?? to) - (groupStarts[group] ?? 0)
    let isPlain = true
    let isEven = true
    // Only groups that begin within the longest card's length can be the beginning of one that ends here.
    for (let group = count - 1; group >= 0; group--) {
      const from = groupStarts[group] ?? 0
      const length = to - from
      if (length > longestCard) break
      if (group < count - 1) {
        isPlain &&= followPlain[group + 1] ?? false
        isEven &&= sizeOf(group) === sizeOf(count - 2) && sizeOf(count - 1) <= sizeOf(group)
      }
      // 4-6-5 and 4-6-4: American Express and Diners Club as they are printed.
      const isPrinted = count - group === 3 && sizeOf(group) === 4 && sizeOf(group + 1) === 6
      // Coordinates, dates and addresses are digits with points and commas too; a card's groups are of one size.
      if (!isPlain && !isEven && !isPrinted) continue
      if (length < shortestCard || !isCardNumber(length, (index) => digitAt(body, digits[from + index] ?? 0))) continue
      if (!isPartOfHash(body, digits[from] ?? 0, digits[to - 1] ?? 0)) hits.push({ from, to })
    }
  }
  const closeRun = () => {
    for (const { from, to } of hits) for (let index = from; index < to; index++) blankDigit(body, digits[index] ?? 0)
    found ||= hits.length > 0
    digits.length = 0
    groupStarts.length = 0
    followPlain.length = 0
    hits.length = 0
  }
  let isInGroup = false
  let separators = 0
  let isPlainSeparator = false
  for (let at = start; at < end; ) {
    const { kind, place, next } = readCharacter(body, at, end, readsPercent)
    at = next
    if (kind === 'invisible') continue
    if (kind === 'digit') {
      if (!isInGroup) {
        groupStarts.push(digits.length)
        followPlain.push(separators === 1 && isPlainSeparator)
      }
      digits.push(place)
      separators = 0
    } else {
      if (isInGroup) closeGroup()
      separators++
      isPlainSeparator = kind === 'plain'
      if (digits.length > 0 && (kind === 'other' || separators > longestSeparator)) closeRun()
    }
    isInGroup = kind === 'digit'
  }
  if (isInGroup) closeGroup()
  closeRun()
  return found
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
    if (here >= 0x30 && here <= 0x39) places.push(at)
    else if (here === 0x2e) wholeDigits = places.length
    else if (here === 0x45 || here === 0x65) break
    if (places.length > 40) return false
  }
  const isCard = (length: number) =>
    length >= shortestCardAsNumber &&
    length <= longestCard &&
    isCardNumber(length, (index) => digitAt(body, places[index] ?? 0))
  return isCard(places.length) || isCard(wholeDigits)
}

/** Blanks every digit of a value; whether there was one. */
function blankDigits(body: Buffer, start: number, end: number): boolean {
  let found = false
  for (let at = start; at < end; ) {
    const { kind, place, next } = readCharacter(body, at, end, false)
    if (kind === 'digit') {
      blankDigit(body, place)
      found = true
    }
    at = next
  }
  return found
}
