import { parseArgs } from 'node:util'
import type { Replication } from './postgres-pair.ts'

export type FailoverSettings = {
  seed: number
  rounds: number
  perSecond: number
  replication: Replication
  how: 'kill -9' | 'vanish'
  markdown: boolean
}

/** @returns the settings, or what is wrong with the arguments. */
export function readFailoverSettings(args: readonly string[]): FailoverSettings | { wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        rounds: { type: 'string', default: '3' },
        'per-second': { type: 'string', default: '12' },
        asynchronous: { type: 'boolean', default: false },
        vanish: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
      },
    })
    const [seed, rounds, perSecond] = [values.seed, values.rounds, values['per-second']].map(Number) as [
      number,
      number,
      number,
    ]
    if (values.seed === '' || !Number.isSafeInteger(seed)) return { wrong: '--seed must be a whole number' }
    if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 20)) return { wrong: '--rounds must be from 1 to 20' }
    if (!(perSecond >= 1 && perSecond <= 100)) return { wrong: '--per-second must be from 1 to 100' }
    return {
      seed,
      rounds,
      perSecond,
      replication: values.asynchronous ? 'asynchronous' : 'synchronous',
      how: values.vanish ? 'vanish' : 'kill -9',
      markdown: values.markdown,
    }
  } catch (error) {
    if (error instanceof TypeError) return { wrong: error.message }
    throw error
  }
}
