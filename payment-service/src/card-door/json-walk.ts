/** Where a value stands in a JSON text: names of fields and indices of lists, outermost first. */
export type JsonPath = readonly string[]

export type JsonVisitor = {
  /** A string's bytes, without its quotes. For a field's name, the last element of `path` says nothing yet. */
  string(start: number, end: number, path: JsonPath, isName: boolean): void
  /** A number's bytes: digits, sign, point and exponent. */
  number(start: number, end: number, path: JsonPath): void
  /** A field was named; `path` ends with the name. */
  field(path: JsonPath): void
}

const maxNameBytes = 256
const byte = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  escape: 0x5c,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
}

/**
 * Walks the bytes of a JSON text once, without parsing it into values, so that what the bytes hold becomes a string only
 * when the visitor wants it. It never throws: of a text that is no JSON it visits what looks like strings and numbers.
 * A field's name is read after the visitor saw its bytes, so a visitor that blanks bytes blanks them in the path too.
 */
export function walkJson(body: Buffer, visitor: JsonVisitor): void {
  // The path, and beside it for every depth: the index of a list's item, or -1 in an object.
  const path: string[] = []
  const indices: number[] = []
  let nameComes = false
  let at = 0
  while (at < body.length) {
    const here = body[at] ?? 0
    const depth = indices.length - 1
    const index = indices[depth] ?? -1
    if (here === byte.quote) {
      const end = findStringEnd(body, at + 1)
      visitor.string(at + 1, end, path, nameComes)
      if (nameComes) {
        path[path.length - 1] = readName(body.subarray(at, end + 1))
        visitor.field(path)
      }
      at = end + 1
      continue
    }
    if (isNumberByte(here)) {
      const end = findNumberEnd(body, at)
      visitor.number(at, end, path)
      at = end
      continue
    }
    if (here === byte.openObject || here === byte.openList) {
      indices.push(here === byte.openList ? 0 : -1)
      path.push(here === byte.openList ? '0' : '')
      nameComes = here === byte.openObject
    } else if (here === byte.closeObject || here === byte.closeList) {
      indices.pop()
      path.pop()
      nameComes = false
    } else if (here === byte.comma && index >= 0) {
      indices[depth] = index + 1
      path[path.length - 1] = String(index + 1)
    } else if (here === byte.comma || here === byte.colon) {
      nameComes = here === byte.comma && indices.length > 0
    }
    at++
  }
}

function findStringEnd(body: Buffer, from: number): number {
  let at = from
  while (at < body.length && body[at] !== byte.quote) at += body[at] === byte.escape ? 2 : 1
  return Math.min(at, body.length)
}

function findNumberEnd(body: Buffer, from: number): number {
  let at = from + 1
  while (at < body.length && isNumberPart(body[at] ?? 0)) at++
  return at
}

/** `-` or a digit: how a number begins. */
function isNumberByte(value: number): boolean {
  return value === 0x2d || (value >= 0x30 && value <= 0x39)
}

/** Further `+`, `.`, `E`, `e`. */
function isNumberPart(value: number): boolean {
  return isNumberByte(value) || value === 0x2b || value === 0x2e || value === 0x45 || value === 0x65
}

/** Names are short; one that is long or broken matches no field of ours and is given as an empty name. */
function readName(quoted: Buffer): string {
  if (quoted.length > maxNameBytes) return ''
  try {
    const name: unknown = JSON.parse(quoted.toString('utf8'))
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}
