import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { readBody } from '../bounded-read.ts'
import { takeCard } from '../card.ts'
import { isLuhnOk } from '../card-facts.ts'
import { makeCardMemory } from '../card-memory.ts'
import { makeCardSearch } from '../card-search.ts'
import { scanJson } from '../json-scanner.ts'
import { readWantedFields } from '../psp-client.ts'
import { type Choose, cardNumbers, makeBody, makeChooser } from './body-maker.ts'
import { saysDigits } from './spellings.ts'

type Reference = { value: Json; text: string }
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const cardPaths = ['payment_method.card.number', 'payment_method.card.cvc']
const wanted = [...cardPaths, 'amount', 'status', 'metadata.number', 'a.b', 'payment_method.type', 'card']

/**
 * One case of the comparison with `JSON.parse`: makes a body, feeds it in pieces, and looks at what the relay takes,
 * passes on or refuses. Throws at a difference; else answers `taken` or the code of the refusal.
 */
export async function checkBody(random: Uint8Array): Promise<string> {
  const choose = makeChooser(random)
  const { bytes, number } = makeBody(choose)
  const reference = parse(bytes)
  if (reference !== undefined && checkScan(bytes, reference)) checkReply(bytes, reference, number)

  const memory = makeCardMemory()
  const pieces = cut(choose, bytes)
  const result = await feed(pieces, (message) =>
    readBody(message, { bytes: 65_536, timeoutMs: 60_000 }, memory, (body) => takeCard(body, [], memory)),
  )
  assert(typeof result !== 'string', 'the body could not be read')
  for (const piece of pieces)
    assert(
      piece.every((value) => value === 0),
      'a piece was not overwritten',
    )
  if ('code' in result) {
    assert.equal(memory.count(), 0)
    checkRefusal(result.code, result.detail ?? '', reference)
    return result.code
  }
  using card = result.card
  checkTaken(result.blankedBody, { number: String(card.number), cvc: String(card.cvc) }, reference)
  card[Symbol.dispose]()
  assert.equal(memory.count(), 0)
  return 'taken'
}

/** What the bytes are to `JSON.parse`; undefined when they are not UTF-8 or no JSON. */
function parse(bytes: Buffer): Reference | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { value: JSON.parse(text), text }
  } catch {
    return undefined
  }
}

/** Whatever the scanner accepts is JSON, and at each wanted path lies what `JSON.parse` reads there. False for a refusal. */
function checkScan(bytes: Buffer, reference: Reference): boolean {
  const scan = scanJson(bytes, wanted)
  if (!('tokens' in scan)) return false
  const found = new Map<string, string>()
  for (const { kind, path, start, end } of scan.tokens) {
    if (path === null || kind === 'key') continue
    assert(!found.has(path), 'one path twice')
    found.set(path, kind === 'string' ? `"${bytes.toString('utf8', start, end)}"` : bytes.toString('utf8', start, end))
  }
  // A key that is written with an escape is on no wanted path, and may repeat one: then they cannot be compared.
  const isEscaped = scan.tokens.some(
    ({ kind, start, end }) => kind === 'key' && bytes.subarray(start, end).includes('\\'),
  )
  for (const path of isEscaped ? [] : wanted) {
    const value = at(reference.value, path)
    const source = found.get(path)
    if (source === undefined) assert.equal(value, undefined, `not found at ${path}`)
    else if (typeof value === 'object' && value !== null) assert.match(source, /^[{[]$/)
    else assert(Object.is(JSON.parse(source), value), `another value at ${path}`)
  }
  return true
}

function checkTaken(blanked: string, card: { number: string; cvc: string }, reference: Reference | undefined): void {
  assert(reference !== undefined)
  assert.equal(card.number, at(reference.value, 'payment_method.card.number'))
  // A card on file has no code.
  assert.equal(card.cvc, at(reference.value, 'payment_method.card.cvc') ?? '')
  const expected: Json = JSON.parse(reference.text)
  const inner = at(expected, 'payment_method.card')
  assert(isObject(inner))
  inner.number = '*'.repeat(card.number.length)
  if (card.cvc !== '') inner.cvc = '*'.repeat(card.cvc.length)
  const passed: Json = JSON.parse(blanked)
  assert.equal(JSON.stringify(passed), JSON.stringify(expected))
  assert(!saysDigits([blanked, ...collectTexts(passed)], card.number), 'the number stands in the blanked body')
}

/** The same body as if it were a PSP's reply: of it only the wanted values are passed on, and no card. */
function checkReply(bytes: Buffer, reference: Reference, number: string): void {
  const memory = makeCardMemory()
  using store = memory.take(256)
  const search = makeCardSearch(Buffer.from(number), Buffer.from('737'), store, memory)
  const passed = readWantedFields(Buffer.from(bytes), wanted, search)
  const value: Json = JSON.parse(passed)
  assert(!saysDigits([passed, ...collectTexts(value)], number), 'the number stands in the reply')
  for (const path of wanted) {
    const after = at(value, path)
    const isBlank = after === undefined || after === 0 || typeof after === 'object' || /^\**$/.test(String(after))
    assert(isBlank || isWritten(after, reference), `another value at ${path}`)
  }
}

/** True when it stands somewhere in the reference; in its text alone where an escaped key took the value's place. */
function isWritten(value: Json, { value: root, text }: Reference): boolean {
  if (collectTexts(root).includes(String(value))) return true
  const written = text.match(/"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/gs) ?? []
  return written.some((word) => JSON.parse(word) === value)
}

/** What is refused has the fault that is said of it. */
function checkRefusal(code: string, detail: string, reference: Reference | undefined): void {
  const root = reference?.value ?? null
  const text = reference?.text ?? ''
  const hasTwice = countKeys(root) < countColons(text)
  const fault = faults.find(([words]) => words.test(detail))
  if (fault !== undefined) {
    assert(fault[1](root, text, hasTwice), detail)
    return
  }
  assert(isObject(root) && !hasTwice, `${code} for what is no plain object`)
  if (code === 'card_data_not_accepted_here') {
    assert(saysAnyCard(text), 'no other card number stands in it')
    return
  }
  const value = at(root, code.includes('cvc') ? 'payment_method.card.cvc' : 'payment_method.card.number')
  if (code.endsWith('_missing')) assert.equal(value, undefined)
  if (code === 'card_cvc_invalid') assert(typeof value !== 'string' || !/^\d{3,4}$/.test(value))
  if (code === 'card_number_invalid') assert(typeof value !== 'string' || !cardNumbers.includes(value))
  assert.match(code, /^card_(number|cvc)_(missing|invalid)$|^card_field_ambiguous$/)
}

/** True when a run of digits, single spaces and dashes aside, holds 13 to 19 of them with a right check digit. */
function saysAnyCard(text: string): boolean {
  const runs = (text.match(/\d(?:[ -]?\d){12,}/g) ?? []).map((run) => run.replaceAll(/[ -]/g, ''))
  const lengths = [13, 14, 15, 16, 17, 18, 19]
  return runs.some((run) =>
    [...run].some((_, from) => lengths.some((length) => isLuhnOk(Buffer.from(run.slice(from, from + length))))),
  )
}

/** The words of a refusal, and what must then be true; the root is null for what `JSON.parse` does not take. */
const faults: [RegExp, (root: Json, text: string, hasTwice: boolean) => boolean][] = [
  [/valid UTF-8|not valid JSON/, (_root, text) => text === ''],
  [/one JSON object/, (root) => !isObject(root)],
  [/nested/, (root, _text, hasTwice) => depthOf(root) > 32 || hasTwice],
  [/same key/, (_root, _text, hasTwice) => hasTwice],
  [/key is written with an escape/, (root, text) => isObject(root) && text.includes('\\')],
]

/** Gives the pieces as Node's parser gives those of a body, without a socket. */
async function feed<Result>(
  pieces: readonly Buffer[],
  read: (message: IncomingMessage) => Promise<Result>,
): Promise<Result> {
  const message = Object.assign(new EventEmitter(), { headers: {}, destroyed: false, pause() {}, resume() {} })
  const result = read(message as unknown as IncomingMessage)
  for (const piece of pieces) message.emit('data', piece)
  message.emit('end')
  return result
}

function cut(choose: Choose, bytes: Buffer): Buffer[] {
  const places = Array.from({ length: choose(7) }, () => (choose(256) * 256 + choose(256)) % (bytes.length + 1))
  const ends = [...places, bytes.length].sort((a, b) => a - b)
  return ends.map((end, index) => Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end)))
}

function at(value: Json | undefined, path: string): Json | undefined {
  let inner: Json | undefined = value
  for (const name of path.split('.')) inner = isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined
  return inner
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function inside(value: Json): Json[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

function depthOf(value: Json): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...inside(value).map(depthOf)) : 0
}

function countKeys(value: Json): number {
  const own = isObject(value) ? Object.keys(value).length : 0
  return inside(value).reduce((sum: number, inner) => sum + countKeys(inner), own)
}

/** One for each key as it is written; more of them than keys means that one came twice. */
function countColons(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1
}

function collectTexts(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)]
  const keys = isObject(value) ? Object.keys(value) : []
  return [...keys, ...inside(value).flatMap(collectTexts)]
}
