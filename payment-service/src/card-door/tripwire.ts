import { isCardNumber, longestCard } from './card-ranges.ts'
import { findCardSpans } from './card-spans.ts'
import { gatherRuns } from './digit-runs.ts'
import { type JsonPath, walkJson } from './json-walk.ts'
import { blankDigit, type Character, digitAt, readCharacter } from './read-character.ts'

/** A JSON number counts from this many digits, so that no amount is ever taken for a card by chance. */
const shortestCardAsNumber = 14
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

/** Blanks the card numbers among the runs of digits of a string. */
function blankRuns(body: Buffer, start: number, end: number, readsPercent: boolean): boolean {
  let found = false
  gatherRuns(body, start, end, readsPercent, (run) => {
    for (const { from, to } of findCardSpans(body, run)) {
      found = true
      for (let index = from; index < to; index++) blankDigit(body, run.places[index] ?? 0)
    }
  })
  return found
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
  const character: Character = { kind: 'other', place: 0, next: 0 }
  for (let at = start; at < end; at = character.next) {
    readCharacter(character, body, at, end, false)
    if (character.kind !== 'digit') continue
    blankDigit(body, character.place)
    found = true
  }
  return found
}
