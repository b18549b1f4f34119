import type { Canary } from './canaries.ts'
import type { Client } from './exits.ts'

export type LoadResult = {
  /** Canaries whose exit did not end as it was meant to, by what they were meant for. */
  astray: Map<string, number>
}

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
): Promise<LoadResult> {
  const astray = new Map<string, number>()
  let next = 0
  let sent = 0
  let half: Promise<void> | undefined
  await Promise.all(
    clients.map(async (client) => {
      for (let canary = canaries[next++]; canary !== undefined; canary = canaries[next++]) {
        const { what, ends, send } = deedOf(canary)
        const ended = await send(client)
        if (ended !== ends) {
          const key = `${what}: ${ended}`
          astray.set(key, (astray.get(key) ?? 0) + 1)
        }
        sent += 1
        options.progress(sent)
        if (half === undefined && sent * 2 >= canaries.length) half = options.atHalf()
      }
    }),
  )
  await half
  return { astray }
}
