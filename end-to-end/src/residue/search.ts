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

const pageBytes = 4096
const emptyPage = Buffer.alloc(pageBytes)
/** The shortest form is the packed decimal of 14 digits. */
const anchorBytes = 7
/** The bitmap has this many bits for each beginning of a form, so that chance says perhaps once in 32 bytes. */
const bitsPerAnchor = 32

/**
 * One pass over the bytes: a hash of each seven of them is looked up in a bitmap, which says no to nearly all; where
 * it says perhaps, the texts of every length that may begin so are looked up whole. So the time hardly depends on how
 * many canaries there are.
 */
export function makeSearch(canaries: readonly Canary[]): Search {
  const { groups, groupsByAnchor } = groupForms(canaries)
  const bits = Math.ceil(Math.log2(groupsByAnchor.size * bitsPerAnchor))
  const bitmap = new Uint8Array(2 ** (bits - 3))
  for (const anchor of groupsByAnchor.keys()) {
    const bit = anchor >>> (32 - bits)
    bitmap[bit >>> 3] = (bitmap[bit >>> 3] ?? 0) | (1 << (bit & 7))
  }

  function lookCloser(bytes: Buffer, at: number, found: Found): void {
    for (const group of groupsByAnchor.get(anchorAt(bytes, at)) ?? []) {
      if (at + group.length > bytes.length) continue
      const canary = group.canaryOf.get(bytes.toString('latin1', at, at + group.length))
      if (canary !== undefined) found(group.encoding, canary)
    }
  }

  function scan(bytes: Buffer, found: Found): void {
    const end = bytes.length - anchorBytes + 1
    for (let at = 0; at < end; ) {
      // Most of a process's memory was never written to. No form lies in zeros, but one may begin after them.
      if (isEmptyPage(bytes, at)) {
        at += pageBytes - anchorBytes
        continue
      }
      const pageEnd = Math.min(at + pageBytes, end)
      at = findCandidate(bytes, at, pageEnd, bitmap, 32 - bits)
      while (at < pageEnd) {
        lookCloser(bytes, at, found)
        at = findCandidate(bytes, at + 1, pageEnd, bitmap, 32 - bits)
      }
    }
  }

  return { scan, longest: Math.max(...groups.map(({ length }) => length)) }
}

function groupForms(canaries: readonly Canary[]): { groups: Group[]; groupsByAnchor: Map<number, Group[]> } {
  const groups: Group[] = []
  const groupsByAnchor = new Map<number, Group[]>()
  for (const encoding of encodings) {
    const byLength = new Map<number, Group>()
    for (const canary of canaries) {
      for (const form of formsByEncoding[encoding](canary)) {
        if (form.length < anchorBytes) throw new Error(`A form of ${encoding} is too short to be searched for`)
        let group = byLength.get(form.length)
        if (group === undefined) {
          group = { encoding, length: form.length, canaryOf: new Map() }
          byLength.set(form.length, group)
          groups.push(group)
        }
        group.canaryOf.set(form.toString('latin1'), canary.index)
        const anchor = anchorAt(form, 0)
        const known = groupsByAnchor.get(anchor)
        if (known === undefined) groupsByAnchor.set(anchor, [group])
        else if (!known.includes(group)) known.push(group)
      }
    }
  }
  return { groups, groupsByAnchor }
}

function anchorAt(bytes: Buffer, at: number): number {
  return hashOf(bytes.readInt32LE(at), bytes.readUIntLE(at + 4, 3))
}

/** A 32-bit hash of seven bytes, as a signed number, which V8 keeps without a heap object. */
function hashOf(low: number, high: number): number {
  const mixed = low ^ Math.imul(high, 0x9e3779b1)
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77)
}

/** The first place from `at` on where a form may begin; `end` when there is none. The one loop that time is spent in. */
function findCandidate(bytes: Buffer, at: number, end: number, bitmap: Uint8Array, shift: number): number {
  if (at >= end) return end
  let low = bytes.readInt32LE(at)
  let high = bytes.readUIntLE(at + 4, 3)
  for (let place = at; place < end; place++) {
    const bit = hashOf(low, high) >>> shift
    if (((bitmap[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0) return place
    low = (low >>> 8) | (high << 24)
    high = (high >>> 8) | ((bytes[place + anchorBytes] ?? 0) << 16)
  }
  return end
}

function isEmptyPage(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== 0 || at + pageBytes > bytes.length) return false
  return bytes.compare(emptyPage, 0, pageBytes, at, at + pageBytes) === 0
}
