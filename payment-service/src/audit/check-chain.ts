import { hashSeal, noHash, type Seal, type SealedRecord } from './canonical.ts'

export type AuditReport = {
  /** Sealed records whose bytes were read. */
  records: number
  seals: number
  /** Records that wait for their seals. */
  waiting: number
  /** Empty when the log is whole. Each is a sentence. */
  problems: string[]
  /** The last seal, to be kept elsewhere: with it, the next check also sees when the log's end was cut off. */
  lastSeal: { number: string; hash: string } | null
}
/** A seal as an earlier check printed it. */
export type KnownSeal = { number: bigint; hash: string }

export type ChainCheck = {
  report: AuditReport
  /** The next seal with its records in the order of their ids; `missing` are ids that it names and nobody has. */
  addSeal(seal: Seal, records: readonly SealedRecord[], missing?: readonly string[]): void
}

/**
 * Checks seals one after the other: that none is missing, that each follows from the one before it, and that each fits
 * its records.
 *
 * @param from the seal before the first; without it the chain begins with seal 1.
 * @param known a seal that was printed earlier and kept where the database's owner cannot reach it. Without one, a chain
 *   that somebody with the owner's rights has shortened or computed anew cannot be told from a true one.
 */
export function createChainCheck(known?: KnownSeal, from?: Pick<Seal, 'number' | 'hash'>): ChainCheck {
  const report: AuditReport = { records: 0, seals: 0, waiting: 0, problems: [], lastSeal: null }
  let previous: Pick<Seal, 'number' | 'hash'> = from ?? { number: 0n, hash: noHash }
  return {
    report,
    addSeal(seal, records, missing = []) {
      const wanted = previous.number + 1n
      if (seal.number !== wanted) report.problems.push(`Seal ${wanted} is missing: the next is ${seal.number}.`)
      else if (!seal.previousHash.equals(previous.hash))
        report.problems.push(`Seal ${seal.number} does not follow from seal ${previous.number}.`)
      if (missing.length > 0)
        report.problems.push(`Of seal ${seal.number} these records are missing: ${missing.join(', ')}.`)
      else if (!hashSeal(seal, records).equals(seal.hash)) {
        const [first, last] = [records[0]?.id ?? 'none', records.at(-1)?.id ?? 'none']
        report.problems.push(
          `Seal ${seal.number} does not fit its records (${first} to ${last}): they, or the seal, were changed.`,
        )
      }
      if (seal.number === known?.number && seal.hash.toString('hex') !== known.hash)
        report.problems.push(`Seal ${seal.number} is not the one that is known: the chain was computed anew.`)
      report.records += records.length
      report.seals++
      report.lastSeal = { number: String(seal.number), hash: seal.hash.toString('hex') }
      previous = seal
    },
  }
}
