import type { Findings, Sink } from './findings.ts'
import type { Search } from './search.ts'

/** Searches what goes by, in one direction of one connection, without keeping more of it than a form may span. */
export type StreamSearch = {
  take(chunk: Buffer): void
  /** Searches what has come since the last look. */
  finish(): void
}

/** Small chunks are gathered, because each look has to begin again where a form may have begun. */
const gatherBytes = 64 * 1024

export function makeStreamSearch(search: Search, findings: Findings, sink: Sink): StreamSearch {
  let gathered: Buffer[] = []
  let size = 0
  let tail = Buffer.alloc(0)
  const finish = () => {
    if (size === 0) return
    const bytes = Buffer.concat([tail, ...gathered])
    search.scan(bytes, findings.in(sink))
    findings.searched(sink, size)
    tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - search.longest + 1)))
    gathered = []
    size = 0
  }
  return {
    take(chunk) {
      gathered.push(chunk)
      size += chunk.length
      if (size >= gatherBytes) finish()
    },
    finish,
  }
}
