import type { Canary } from './canaries.ts'
import type { Client } from './exits.ts'

/** What became of all canaries that were meant for one exit. */
export type ExitCount = {
  planned: number
  /** Those that ended otherwise than meant, by how: how many, and after how many milliseconds at the longest. */
  astray: Map<string, { count: number; longestMs: number }>
}
/** By the exits' names. */
export type ExitCounts = Map<string, ExitCount>

/** What is done with one canary: its name, how it ends when all goes as meant, and the deed, which tells how it ended. */
export type Deed = { what: string; ends: string; send(client: Client): Promise<string> }

/**
 * Sends all canaries, each once, with every client busy with one at a time.
 * @param atHalf called once, when half of them are sent, while the others go on.
 */
export async function sendAll(
  canaries: readonly Canary[],
  clients: readonly Client[],
  deedOf: (canary: Canary) => Deed,
  options: { progress(sent: number): void; atHalf(): Promise<void> },
): Promise<ExitCounts> {
  const counts: ExitCounts = new Map()
  let next = 0
  let sent = 0
  let half: Promise<void> | undefined
  await Promise.all(
    clients.map(async (client) => {
      for (let canary = canaries[next++]; canary !== undefined; canary = canaries[next++]) {
        const { what, ends, send } = deedOf(canary)
        const startedAt = performance.now()
        const ended = await send(client)
        countExit(counts, what, ended === ends ? null : ended, performance.now() - startedAt)
        sent += 1
        options.progress(sent)
        if (half === undefined && sent * 2 >= canaries.length) half = options.atHalf()
      }
    }),
  )
  await half
  return counts
}

function countExit(counts: ExitCounts, what: string, astray: string | null, ms: number): void {
  const exit = counts.get(what) ?? { planned: 0, astray: new Map() }
  counts.set(what, exit)
  exit.planned += 1
  if (astray === null) return
  const known = exit.astray.get(astray) ?? { count: 0, longestMs: 0 }
  exit.astray.set(astray, { count: known.count + 1, longestMs: Math.max(known.longestMs, ms) })
}
