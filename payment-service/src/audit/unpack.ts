import { gunzipSync } from 'node:zlib'
import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'

/** What CloudWatch Logs sends to a subscriber: some events of one log stream, in the order in which they were logged. */
const envelopeSchema = Type.Object({
  messageType: Type.String(),
  logStream: Type.String(),
  logEvents: Type.Array(Type.Object({ message: Type.String() })),
})
const envelopes = Schema.Compile(envelopeSchema)

/** What of a line of an export says where it belongs; `export.ts` writes them. */
const lineSchema = Type.Union([
  Type.Object({ line: Type.Union([Type.Literal('export'), Type.Literal('end'), Type.Literal('digest')]) }),
  Type.Object({ line: Type.Literal('record'), seal: Type.String(), id: Type.String() }),
  Type.Object({ line: Type.Literal('seal'), number: Type.String() }),
])
const lines = Schema.Compile(lineSchema)
type Line = Static<typeof lineSchema>

/** The order of an export: its first line, all seals each after its records, its last two lines. */
const ranks = { export: 0, record: 1, seal: 1, end: 2, digest: 3 } as const

/**
 * The exports in files of a log archive, by the log stream that each was written to: one stream for each run. An archive that
 * Firehose fills holds the lines packed, in any order, and some of them twice. Nothing is checked here but the form: whether
 * an export is whole, `fincore audit verify --file` says.
 *
 * @param files each as it was fetched, packed or not.
 * @throws Error for a file that is no such thing.
 */
export function unpackExports(files: readonly Buffer[]): Map<string, string[]> {
  const runs = new Map<string, Map<string, Line>>()
  for (const file of files) {
    for (const text of splitValues(unpack(file))) {
      const envelope = readJson(text)
      if (!envelopes.Check(envelope)) throw new Error('a file holds something else than what CloudWatch sends')
      if (envelope.messageType !== 'DATA_MESSAGE') continue
      const run = runs.get(envelope.logStream) ?? new Map<string, Line>()
      for (const { message } of envelope.logEvents) {
        const line = readJson(message)
        // What a runtime says on the standard error stands in the same stream.
        if (lines.Check(line)) run.set(message, line)
      }
      if (run.size > 0) runs.set(envelope.logStream, run)
    }
  }
  return new Map(Array.from(runs, ([stream, run]) => [stream, inOrder(run)]))
}

function inOrder(run: Map<string, Line>): string[] {
  const placed = Array.from(run, ([text, line]) => ({ text, place: placeOf(line) }))
  return placed.sort((a, b) => compare(a.place, b.place)).map(({ text }) => text)
}

/** A seal's own line comes after its records, whose numbers are all less than this one. */
const afterRecords = 2n ** 64n

function placeOf(line: Line): bigint[] {
  const rank = BigInt(ranks[line.line])
  if (line.line === 'record') return [rank, numberOf(line.seal), numberOf(line.id)]
  return line.line === 'seal' ? [rank, numberOf(line.number), afterRecords] : [rank]
}

function compare(a: readonly bigint[], b: readonly bigint[]): number {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? 0n
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

function numberOf(text: string): bigint {
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n
}

/** Firehose puts packed pieces behind each other; zlib reads them as one. */
function unpack(file: Buffer): string {
  const isPacked = file[0] === 0x1f && file[1] === 0x8b
  try {
    return (isPacked ? gunzipSync(file) : file).toString()
  } catch {
    throw new Error('a file cannot be unpacked: it was cut off or changed')
  }
}

/** The objects of a text that has them behind each other with nothing, or white space, between. */
function* splitValues(text: string): Generator<string> {
  let depth = 0
  let start = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (isInString) {
      if (letter === '\\') at++
      else if (letter === '"') isInString = false
    } else if (letter === '"') isInString = true
    else if (letter === '{' && depth++ === 0) start = at
    else if (letter === '}' && --depth === 0) yield text.slice(start, at + 1)
  }
  if (depth !== 0) throw new Error('a file was cut off')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
