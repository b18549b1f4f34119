import type { Found } from './search.ts'
import { type Encoding, encodings } from './written-forms.ts'

/** Where card data could have been left: the rows of the drill's table. */
export const sinks = [
  'memory of the card relay',
  'memory of the payment service',
  'memory of the shop',
  'memory of PostgreSQL',
  'database files',
  'write-ahead log',
  'rows of every table',
  'logs, stdout and stderr',
  'other files',
  'API answers',
  'webhooks as received',
  'relay ↔ payment service',
  'payment service ↔ PostgreSQL',
] as const
export type Sink = (typeof sinks)[number]

/** Which canaries were found, by sink and encoding; and how much was searched and how much could not be, so that an empty search shows. */
export type Findings = {
  in(sink: Sink): Found
  /** Says that this many bytes of the sink were searched. */
  searched(sink: Sink, bytes: number): void
  /** Says that this many bytes of the sink could not be read, so that nobody knows what they hold. */
  missed(sink: Sink, bytes: number): void
  bytesOf(sink: Sink): number
  missedOf(sink: Sink): number
  /** Canaries found in the sink in this encoding, or in any when none is named. */
  of(sink: Sink, encoding?: Encoding): ReadonlySet<number>
  /** Canaries found anywhere in this encoding, or in any when none is named. */
  anywhere(encoding?: Encoding): ReadonlySet<number>
}

export function makeFindings(): Findings {
  const cells = new Map<string, Set<number>>()
  const bytes = new Map<Sink, number>()
  const missed = new Map<Sink, number>()
  const cell = (sink: Sink, encoding: Encoding): Set<number> => {
    const key = `${sink} ${encoding}`
    const known = cells.get(key) ?? new Set()
    cells.set(key, known)
    return known
  }
  const join = (rows: readonly Sink[], columns: readonly Encoding[]) =>
    new Set(rows.flatMap((sink) => columns.flatMap((encoding) => [...cell(sink, encoding)])))
  return {
    in: (sink) => (encoding, canary) => cell(sink, encoding).add(canary),
    searched: (sink, count) => bytes.set(sink, (bytes.get(sink) ?? 0) + count),
    missed: (sink, count) => missed.set(sink, (missed.get(sink) ?? 0) + count),
    bytesOf: (sink) => bytes.get(sink) ?? 0,
    missedOf: (sink) => missed.get(sink) ?? 0,
    of: (sink, encoding) => join([sink], encoding === undefined ? encodings : [encoding]),
    anywhere: (encoding) => join(sinks, encoding === undefined ? encodings : [encoding]),
  }
}
