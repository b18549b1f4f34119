import type { CardFacts } from '@fincore/api-contract/card-door'
import { isBrandLength, isDigit, isLuhnOk, readCardFacts } from './card-facts.ts'
import type { CardMemory } from './card-memory.ts'
import { type CardSearch, makeCardSearch } from './card-search.ts'
import { scanJson, type Token } from './json-scanner.ts'
import type { Refusal } from './problems.ts'
import { findExemptTexts, findStrayNumber, nameField } from './stray-numbers.ts'

/** A card as the relay holds it: number and code as ASCII digits, in one buffer that is wiped when `using` ends. */
export type Card = Disposable & { number: Buffer; cvc: Buffer; facts: CardFacts; search: CardSearch }

type Taken = { card: Card; blankedBody: string }

const fields = {
  number: { path: 'payment_method.card.number', fewest: 12, most: 19 },
  cvc: { path: 'payment_method.card.cvc', fewest: 3, most: 4 },
} as const

/**
 * Moves the card out of the body: finds the number and the code as bytes, copies them into memory of their own,
 * overwrites them in place with `*`, and only then decodes the body. When it refuses, nothing of the body was decoded
 * and nothing is left of the copies. The caller wipes `body` and the card.
 * `exemptKeys` are the keys of `metadata` whose texts may look like a card number; the card itself may not stand there.
 */
export function takeCard(body: Buffer, exemptKeys: readonly string[], memory: CardMemory): Taken | Refusal {
  const scan = scanJson(body, [fields.number.path, fields.cvc.path])
  if ('code' in scan) return scan
  const isEscaped = scan.tokens.some((token) => token.kind === 'key' && token.isEscaped)
  if (isEscaped) return { code: 'card_field_ambiguous', detail: 'A key is written with an escape. Write it plainly.' }
  const number = findField('number', body, scan.tokens)
  if ('code' in number) return number
  const cvc = findField('cvc', body, scan.tokens)
  if ('code' in cvc && cvc.code !== 'card_cvc_missing') return cvc
  const digits = body.subarray(number.start, number.end)
  if (!isLuhnOk(digits) || !isBrandLength(digits)) return { code: 'card_number_invalid', param: fields.number.path }

  // Without a code (a card on file has none) nothing is moved; whether that is allowed, the payment service says.
  const card = moveCard(body, number, 'code' in cvc ? { ...number, end: number.start } : cvc, memory)
  const isAgain = card.search.holdsNumber(body)
  const strayAt = findStrayNumber(body, findExemptTexts(body, scan.tokens, exemptKeys), memory)
  if (!isAgain && strayAt === -1) return { card, blankedBody: body.toString('utf8') }
  card[Symbol.dispose]()
  if (!isAgain) return { code: 'card_data_not_accepted_here', param: nameField(strayAt, body, scan.tokens) }
  const detail = 'The card number stands in a second place of the body. Send it only there.'
  return { code: 'card_field_ambiguous', detail, param: fields.number.path }
}

/**
 * Where the digits of the number or the code lie, or why they cannot be taken. A JSON number may be written in several
 * ways and loses leading zeros, and an escape may be read in several ways, so they are refused rather than guessed at.
 */
function findField(name: 'number' | 'cvc', body: Buffer, tokens: readonly Token[]): Token | Refusal {
  const { path: param, fewest, most } = fields[name]
  const token = tokens.find(({ path, kind }) => path === param && kind !== 'key')
  if (token === undefined) return { code: `card_${name}_missing`, param }
  if (token.kind === 'number' || token.isEscaped) return { code: 'card_field_ambiguous', param }
  const digits = body.subarray(token.start, token.end)
  const isRun = digits.length >= fewest && digits.length <= most && digits.every(isDigit)
  return token.kind === 'string' && isRun ? token : { code: `card_${name}_invalid`, param }
}

function moveCard(body: Buffer, from: Token, codeFrom: Token, memory: CardMemory): Card {
  // Room for both, and for all the ways to write them that the search compares with.
  const store = memory.take(256)
  const number = store.subarray(0, body.copy(store, 0, from.start, from.end))
  const rest = store.subarray(number.length)
  const cvc = rest.subarray(0, body.copy(rest, 0, codeFrom.start, codeFrom.end))
  for (const { start, end } of [from, codeFrom]) body.fill('*', start, end)
  const search = makeCardSearch(number, cvc, rest.subarray(cvc.length), memory)
  return { number, cvc, facts: readCardFacts(number, cvc), search, [Symbol.dispose]: store[Symbol.dispose] }
}
