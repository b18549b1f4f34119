/** A process's log line that a developer should see at once, shortened; undefined for all others. */
export function findTrouble(line: string, stream: 'stdout' | 'stderr'): string | undefined {
  if (stream === 'stderr') return line.trim() === '' ? undefined : shorten(line)
  if (!line.startsWith('{')) return undefined
  try {
    const entry = JSON.parse(line) as { level?: unknown; event?: unknown }
    // pino counts errors from 50 on; the processes without pino name the event.
    const isError = (typeof entry.level === 'number' && entry.level >= 50) || entry.level === 'error'
    return isError || entry.event === 'error' || entry.event === 'crashed' ? shorten(line) : undefined
  } catch {
    return undefined
  }
}

const longestLine = 400
const mostPerMinute = 10

function shorten(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line
}

/** Passes on at most ten lines a minute: a process in trouble repeats itself, and the log file has everything. */
export function limitTrouble(report: (line: string) => void): (line: string) => void {
  let windowStart = 0
  let count = 0
  return (line) => {
    if (Date.now() - windowStart > 60_000) {
      windowStart = Date.now()
      count = 0
    }
    count += 1
    if (count <= mostPerMinute) report(line)
    if (count === mostPerMinute) report('(more in the log file)')
  }
}
