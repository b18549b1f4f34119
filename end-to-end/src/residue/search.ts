import type { Canary } from './canaries.ts'
import { type Encoding, encodings, formsByEncoding } from './written-forms.ts'

export type Found = (encoding: Encoding, canary: number) => void

/** Looks for hundreds of thousands of byte strings at once. */
export type Search = {
  scan(bytes: Buffer, found: Found): void
  /** The longest string that is searched for; whoever cuts what it scans lets the pieces overlap by one byte less. */
  longest: number
}

/** All forms of one encoding and one length, as latin1 texts. */
type Group = { encoding: Encoding; length: number; canaryOf: Map<string, number> }
/** Where in the forms of a group an anchor stands. */
type Place = { group: Group; offset: number }
/** Says no to nearly all hashes that are not among its own. */
type Bitmap = { bits: Uint8Array; shift: number }
/** What may be meant by an anchor: a bitmap of all anchors' hashes says no to nearly all words, the map has the rest. */
type Anchors = { placesOf: Map<number, Place[]>; bitmap: Bitmap }

const wordBytes = 4
/** The shortest form is the packed decimal of 14 digits. Whatever word boundary it lies across, it holds a whole word. */
const leastBytes = 7
/** A form of this many bytes holds two whole words, which say much more: any four digits are in some card. */
const leastForTwoWords = 11
const pageWords = 1024
const emptyPage = new Uint8Array(pageWords * wordBytes)
/** The bitmap has this many bits for each anchor, and sets two: chance says perhaps about once in 256 words. */
const bitsPerAnchor = 32

/**
 * One pass over the bytes, a word of four at a time. Somewhere in the middle of each form, at one of four places next
 * to each other, such a word must begin, and it and the next, or it alone in a short form, are the form's anchors. Where
 * the bitmap knows a word, the texts that may stand around it are looked up whole. So the time hardly depends on how
 * many canaries there are.
 */
export function makeSearch(canaries: readonly Canary[]): Search {
  const groups = groupForms(canaries)
  const firsts = new Set<number>()
  const short = makeAnchors(
    groups.filter(({ length }) => length < leastForTwoWords),
    firsts,
  )
  const long = makeAnchors(
    groups.filter(({ length }) => length >= leastForTwoWords),
    firsts,
  )
  const first = makeBitmap(firsts)

  function lookCloser(bytes: Buffer, at: number, places: readonly Place[] | undefined, found: Found): void {
    for (const { group, offset } of places ?? []) {
      const from = at - offset
      if (from < 0 || from + group.length > bytes.length) continue
      const canary = group.canaryOf.get(bytes.toString('latin1', from, from + group.length))
      if (canary !== undefined) found(group.encoding, canary)
    }
  }

  function scan(bytes: Buffer, found: Found): void {
    // The first whole word begins where memory is aligned for it; no form has ended before.
    const start = -bytes.byteOffset & (wordBytes - 1)
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, Math.max(0, bytes.length - start) >> 2)
    for (let word = 0; word < words.length; ) {
      // Most of a process's memory was never written to, and no anchor begins with a word of zeros.
      if (words[word] === 0 && isEmptyPage(bytes, start + word * wordBytes)) {
        word += pageWords
        continue
      }
      const end = Math.min(word + pageWords, words.length)
      for (word = findCandidate(words, word, end, first, short.bitmap, long.bitmap); word < end; ) {
        const at = start + word * wordBytes
        const hash = hashWord(words[word] ?? 0)
        lookCloser(bytes, at, short.placesOf.get(hash), found)
        lookCloser(bytes, at, long.placesOf.get(hashWords(hash, words[word + 1] ?? 0)), found)
        word = findCandidate(words, word + 1, end, first, short.bitmap, long.bitmap)
      }
    }
  }

  return { scan, longest: Math.max(...groups.map(({ length }) => length)) }
}

function groupForms(canaries: readonly Canary[]): Group[] {
  const groups = new Map<string, Group>()
  for (const encoding of encodings) {
    for (const canary of canaries) {
      for (const form of formsByEncoding[encoding](canary)) {
        const { length } = form
        if (length < leastBytes) throw new Error(`A form of ${encoding} is too short to be searched for`)
        const key = `${encoding} ${length}`
        const group = groups.get(key) ?? { encoding, length, canaryOf: new Map() }
        groups.set(key, group)
        group.canaryOf.set(form.toString('latin1'), canary.index)
      }
    }
  }
  return [...groups.values()]
}

/** @param firsts is given the hash of the first word of each anchor. */
function makeAnchors(groups: readonly Group[], firsts: Set<number>): Anchors {
  const placesOf = new Map<number, Place[]>()
  const addPlace = (text: string, place: Place, least: number) => {
    const first = hashWord(wordOf(text, place.offset))
    if (first === 0) throw new Error('A form has four zero bytes in a row, which are not looked at; take another seed')
    firsts.add(first)
    const hash = least === leastBytes ? first : hashWords(first, wordOf(text, place.offset + wordBytes))
    const known = placesOf.get(hash)
    if (known === undefined) placesOf.set(hash, [place])
    else if (!known.includes(place)) known.push(place)
  }
  for (const group of groups) {
    const least = group.length < leastForTwoWords ? leastBytes : leastForTwoWords
    // In the middle, forms of one canary or of all have most in common, so there are fewer anchors.
    const first = (group.length - least) >> 1
    for (const offset of [first, first + 1, first + 2, first + 3]) {
      const place = { group, offset }
      for (const text of group.canaryOf.keys()) addPlace(text, place, least)
    }
  }
  return { placesOf, bitmap: makeBitmap(placesOf) }
}

function makeBitmap(hashes: ReadonlySet<number> | ReadonlyMap<number, unknown>): Bitmap {
  const width = Math.max(5, Math.ceil(Math.log2(hashes.size * bitsPerAnchor)))
  const bits = new Uint8Array(2 ** (width - 3))
  const shift = 32 - width
  for (const hash of hashes.keys()) {
    for (const bit of [hash >>> shift, secondBit(hash, shift)]) {
      bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
    }
  }
  return { bits, shift }
}

/** As an Int32Array reads it. */
function wordOf(text: string, at: number): number {
  const [first, second, third] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)]
  return first | (second << 8) | (third << 16) | (text.charCodeAt(at + 3) << 24)
}

/** A 32-bit hash of four bytes, as a signed number, which V8 keeps without a heap object. */
function hashWord(word: number): number {
  return Math.imul(word ^ (word >>> 15), 0x85ebca77)
}

/** The same of eight bytes, from the hash of the first four. */
function hashWords(first: number, second: number): number {
  return Math.imul(first ^ (first >>> 16) ^ second, 0x9e3779b1)
}

/**
 * The first word from `at` on at which an anchor may be; `end` when there is none. The one loop that time is spent in: for
 * nearly every word it asks only whether any anchor begins with it.
 */
function findCandidate(words: Int32Array, at: number, end: number, first: Bitmap, short: Bitmap, long: Bitmap): number {
  const { bits, shift } = first
  for (let place = at; place < end; place++) {
    const word = words[place] ?? 0
    if (word === 0) continue
    const one = hashWord(word)
    if (!hasBit(bits, one >>> shift) || !hasBit(bits, secondBit(one, shift))) continue
    if (mayHave(short, one) || mayHave(long, hashWords(one, words[place + 1] ?? 0))) return place
  }
  return end
}

function mayHave({ bits, shift }: Bitmap, hash: number): boolean {
  return hasBit(bits, hash >>> shift) && hasBit(bits, secondBit(hash, shift))
}

function secondBit(hash: number, shift: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> shift
}

function hasBit(bitmap: Uint8Array, bit: number): boolean {
  return ((bitmap[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0
}

function isEmptyPage(bytes: Buffer, at: number): boolean {
  if (at + emptyPage.length > bytes.length) return false
  return bytes.compare(emptyPage, 0, emptyPage.length, at, at + emptyPage.length) === 0
}
