import type { CardFacts } from '@fincore/api-contract/card-door'
import { isBrandLength, isDigitRun, isLuhnOk, readCardFacts } from './card-facts.ts'
import type { CardMemory } from './card-memory.ts'
import { holdsCardNumber } from './card-search.ts'
import { type Found, hasEscape, type ScanFailure, scanJsonObject } from './json-scanner.ts'
import type { Refusal } from './problems.ts'
import { holdsStrayNumber } from './stray-numbers.ts'

/** A card as the relay holds it: ASCII digits in buffers of `CardMemory`, until they are wiped. */
export type Card = { number: Buffer; cvc: Buffer; facts: CardFacts }

type TakenCard = { ok: true; card: Card; blankedBody: string } | { ok: false; refusal: Refusal }

const numberPath = 'payment_method.card.number'
const cvcPath = 'payment_method.card.cvc'
const wantedKeys = { payment_method: { card: { number: {}, cvc: {} } } }

/** What is said about each failure of the scan; a failure on the card's own path is `card_field_ambiguous`. */
const scanDetails = {
  not_utf8: 'The body is not valid UTF-8. Encode it in UTF-8, without a byte order mark.',
  not_an_object: 'The body must be one JSON object, without a byte order mark before it.',
  syntax: 'The body is not JSON as RFC 8259 defines it. Write it with a JSON library.',
  trailing_data: 'Something stands after the JSON object. Send one object and nothing after it.',
  too_deep: 'The body is nested too deeply. At most 32 levels are read.',
  too_many_keys: 'An object has too many keys. At most 512 are read.',
  duplicate_key: 'An object has the same key twice, so its meaning is not certain. Send each key once.',
  escaped_key: 'The keys `payment_method`, `card`, `number` and `cvc` must be written without escapes.',
} as const satisfies Record<ScanFailure['reason'], string>

/**
 * Moves the card out of the body: finds the number and the code as bytes, copies them into memory of their own,
 * overwrites them in place with `*`, and only then decodes the body. When it refuses, nothing of the body was decoded
 * and nothing is left of the copies. The caller wipes `body`, and the card when its conversation is over.
 */
export function takeCard(body: Buffer, memory: CardMemory): TakenCard {
  const scan = scanJsonObject(body, wantedKeys)
  if (!scan.ok) return refuse(explainScanFailure(scan))

  const number = scan.found.get(numberPath)
  const cvc = scan.found.get(cvcPath)
  if (number === undefined) return refuse({ code: 'card_number_missing', param: numberPath })
  if (cvc === undefined) return refuse({ code: 'card_cvc_missing', param: cvcPath })
  const problem = checkNumber(body, number) ?? checkCode(body, cvc)
  if (problem !== null) return refuse(problem)

  const card = moveCard(body, number, cvc, memory)
  if (holdsCardNumber(body, card.number)) {
    wipeCard(card, memory)
    const detail = `The digits of the card number stand in a second place of the body. Send them in \`${numberPath}\` only.`
    return refuse({ code: 'card_field_ambiguous', param: numberPath, detail })
  }
  if (holdsStrayNumber(body, memory)) {
    wipeCard(card, memory)
    return refuse({ code: 'card_data_not_accepted_here' })
  }
  return { ok: true, card, blankedBody: body.toString('utf8') }
}

/** Overwrites the card. Its facts remain; they may be known. */
export function wipeCard(card: Card, memory: CardMemory): void {
  memory.wipe(card.number)
  memory.wipe(card.cvc)
}

function refuse(refusal: Refusal): { ok: false; refusal: Refusal } {
  return { ok: false, refusal }
}

function explainScanFailure(failure: ScanFailure): Refusal {
  const detail = scanDetails[failure.reason]
  if (failure.path === null) return { code: 'malformed_json', detail }
  return { code: 'card_field_ambiguous', param: failure.path, detail }
}

function checkNumber(body: Buffer, found: Found): Refusal | null {
  if (found.kind === 'number') return explainJsonNumber(numberPath)
  if (found.kind !== 'string') return { code: 'card_number_invalid', param: numberPath }
  if (hasEscape(body, found.start, found.end)) return { code: 'card_field_ambiguous', param: numberPath }
  const digits = body.subarray(found.start, found.end)
  if (!isDigitRun(digits, 12, 19) || !isLuhnOk(digits)) return { code: 'card_number_invalid', param: numberPath }
  if (isBrandLength(digits)) return null
  const detail = 'The card number has not as many digits as its brand issues. Check whether one is missing or too many.'
  return { code: 'card_number_invalid', param: numberPath, detail }
}

function checkCode(body: Buffer, found: Found): Refusal | null {
  if (found.kind === 'number') return explainJsonNumber(cvcPath)
  if (found.kind !== 'string') return { code: 'card_cvc_invalid', param: cvcPath }
  if (hasEscape(body, found.start, found.end)) return { code: 'card_field_ambiguous', param: cvcPath }
  const isCode = isDigitRun(body.subarray(found.start, found.end), 3, 4)
  return isCode ? null : { code: 'card_cvc_invalid', param: cvcPath }
}

/** A JSON number may be written in several ways and loses leading zeros, so it is refused rather than guessed at. */
function explainJsonNumber(path: string): Refusal {
  const detail = `\`${path}\` came as a JSON number. Send it as a string, in double quotes.`
  return { code: 'card_field_ambiguous', param: path, detail }
}

function moveCard(body: Buffer, number: Found, cvc: Found, memory: CardMemory): Card {
  const numberBytes = moveBytes(body, number, memory)
  const cvcBytes = moveBytes(body, cvc, memory)
  return { number: numberBytes, cvc: cvcBytes, facts: readCardFacts(numberBytes, cvcBytes) }
}

function moveBytes(body: Buffer, found: Found, memory: CardMemory): Buffer {
  const copy = memory.take(found.end - found.start)
  body.copy(copy, 0, found.start, found.end)
  body.fill(0x2a, found.start, found.end)
  return copy
}
