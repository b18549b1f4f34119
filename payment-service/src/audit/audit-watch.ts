import { describeError, type Log } from '../log.ts'
import { probeAuditLog } from '../store/audit.ts'
import { inTransaction, type Pool } from '../store/pool.ts'
import { within } from '../within.ts'
import { createAuditWriter } from './audit-writer.ts'
import { readSealState } from './seal-state.ts'

/**
 * Whether the audit log takes records: no card is taken that cannot be audited (PCI DSS 10.7.2, 10.7.3). It is tried
 * only when somebody asks, so a service without raw-card traffic does nothing here.
 */
export type AuditWatch = {
  /** Known from a try that began at most half a second before the question. */
  isWritable(): Promise<boolean>
  /** What the last try said, without a new one. */
  isKnownClosed(): boolean
  /** Something was not written: the next question is answered by a new try, with all that a record needs. */
  suspect(): void
  /** Writes what is known of an outage that is over. */
  close(): Promise<void>
}

/**
 * The card relay remembers an admit for 4 s from the moment at which it asked. With this, nobody is asked for a body
 * later than 4.5 s after the log was last known to take records.
 */
const freshMs = 500
/** Past this nobody has sealed for so long that the log could be changed unseen. A restart of the workers is shorter. */
const longestSealLagSeconds = 300
/** Longer than the probe's own limit; a database that does not even say no is not waited for. */
const answerWithinMs = 2_000
const refusalWaitsMs = 300

type Result = { startedAt: number; why: string | null }

export function createAuditWatch(deps: { pool: Pool; log: Log }): AuditWatch {
  const writer = createAuditWriter(deps)
  let last: Result = { startedAt: Number.NEGATIVE_INFINITY, why: null }
  let trying: Promise<void> | null = null
  /** Until a whole try has succeeded. */
  let isInDoubt = false
  /** A try that began earlier says nothing about what was met then. */
  let suspectedAt = Number.NEGATIVE_INFINITY
  let outage: { since: Date; why: string } | null = null

  const learn = (result: Result): void => {
    last = result
    if (result.why !== null) {
      isInDoubt = true
      if (outage === null)
        deps.log.error('the audit log takes no records: the raw-card route is closed', { code: result.why })
      outage ??= { since: new Date(), why: result.why }
    } else if (outage !== null) {
      const { since, why } = outage
      outage = null
      deps.log.warn('the audit log takes records again: the raw-card route is open', {
        duration_ms: Date.now() - since.getTime(),
      })
      void writer.write({
        actorType: 'system',
        actor: 'payment-service',
        type: 'audit_log.outage',
        outcome: 'success',
        origin: 'audit watch',
        resource: 'audit_log',
        details: { from: since.toISOString(), until: new Date().toISOString(), why },
      })
    }
  }
  /** One try at a time, which all wait for who ask meanwhile. */
  const tryOnce = (): Promise<void> => {
    trying ??= startTry().finally(() => {
      trying = null
    })
    return trying
  }
  const startTry = async (): Promise<void> => {
    const startedAt = performance.now()
    const takesNumber = isInDoubt
    // What is told during the try puts the log in doubt anew.
    isInDoubt = false
    const { why } = await tryLog(deps.pool, takesNumber)
    learn({ startedAt, why })
  }
  return {
    async isWritable() {
      const oldest = Math.max(performance.now() - freshMs, suspectedAt)
      // A try that was under way may have begun too long ago to say yes to this question.
      while (last.why === null) {
        if (last.startedAt >= oldest) return true
        await tryOnce()
      }
      // To say no needs no fresh knowledge. Who asks waits a moment for better, and is not held up by a log that hangs.
      if (last.startedAt < oldest) await within(refusalWaitsMs, tryOnce(), undefined)
      return last.why === null
    },
    isKnownClosed: () => last.why !== null,
    suspect() {
      isInDoubt = true
      suspectedAt = performance.now()
    },
    close: () => writer.flush(),
  }
}

/** `why` the log takes no record: a code of the database's, `unsealed`, or `timeout`; null when it takes one. */
async function tryLog(
  pool: Pool,
  takesNumber: boolean,
): Promise<{ why: string | null; sealLagSeconds: number | null }> {
  const probe = inTransaction(pool, (tx) => probeAuditLog(tx, takesNumber)).then(
    (sealLagSeconds) => ({ why: sealLagSeconds > longestSealLagSeconds ? 'unsealed' : null, sealLagSeconds }),
    (error: unknown) => ({ why: describeError(error).code || 'unreachable', sealLagSeconds: null }),
  )
  return within(answerWithinMs, probe, { why: 'timeout', sealLagSeconds: null })
}

export type AuditStatus = {
  why: string | null
  sealLagSeconds: number | null
  waiting: number
  lastSeal: { number: string; hash: string; sealed_at: string } | null
}

/** How the log stands now, for an operator. */
export async function readAuditStatus(pool: Pool): Promise<AuditStatus> {
  const [tried, seals] = [await tryLog(pool, true), await readSealState(pool)]
  return { ...tried, ...seals }
}
