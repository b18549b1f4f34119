import { hash } from 'node:crypto'
import { ReconciliationStoppedError } from './run.ts'

/** What a settlement file may have once only; of the whole file, since a repeat may stand anywhere in it. */
export type OnceNames = {
  /** Notes a name. @returns whether it was there already. */
  isRepeat(name: string): boolean
}

/** A file of more lines is none that one account has in a day; so many names take some 300 MB. */
const mostNames = 5_000_000

/**
 * Nothing is forgotten, so eight bytes stand for each name. Two names of 5,000,000 share theirs in one of a million
 * files: then a line is raised that is right, and an operator looks at it.
 */
export function createOnceNames(most: number = mostNames): OnceNames {
  const known = new Set<bigint>()
  return {
    isRepeat(name) {
      const short = hash('sha256', name, 'buffer').readBigUInt64LE()
      if (known.has(short)) return true
      if (known.size >= most)
        throw new ReconciliationStoppedError(
          `The settlement file has more than ${most} captures and refunds, too many to tell which of them stand in it twice. Is it the file of one account and one day? Ask the PSP for smaller files.`,
        )
      known.add(short)
      return false
    },
  }
}
