import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeError, type Log } from '../log.ts'
import { AuditMisfitError, type AuditRecord, recordAudits } from '../store/audit.ts'
import { inTransaction, type Pool } from '../store/pool.ts'

/** Writes records that belong to no transaction, and tries again until the log takes them. */
export type AuditWriter = {
  /**
   * Never throws. Resolves when the record is written, or after two seconds when it must be tried again: an answer may
   * wait for it. What waits is lost when the process is killed.
   */
  write(record: AuditRecord): Promise<void>
  /** Tries once more to write what waits, and ends. Call it before the pool closes. */
  flush(): Promise<void>
}

export const writerBounds = {
  /** Records that may wait. Further ones are counted, and the count is written as `audit_log.gap`. */
  waiting: 10_000,
  perStatement: 256,
  /** The pause before the first repeat; it doubles with each that fails, up to the longest. */
  firstPauseMs: 250,
  longestPauseMs: 5_000,
  answerWaitsMs: 2_000,
}

/** `lost`: how many lost records it tells of, when it is a gap. */
type Waiting = { record: AuditRecord; lost?: number; written: () => void }

/** @param onFailure told each time that the log takes no record. */
export function createAuditWriter(
  deps: { pool: Pool; log: Log },
  onFailure: () => void = () => {},
  bounds: typeof writerBounds = writerBounds,
): AuditWriter {
  const waiting: Waiting[] = []
  const ending = new AbortController()
  let lost = 0
  let running: Promise<void> | null = null
  /** How many records go one by one, because one of them was refused and must not take its neighbours along. */
  let alone = 0

  // It writes on for whoever comes, long after the request that began it; its log lines are not of that one.
  const inOwnContext = AsyncLocalStorage.snapshot()
  const add = (record: AuditRecord): Promise<void> => {
    if (waiting.length >= bounds.waiting) {
      lost++
      return Promise.resolve()
    }
    const written = new Promise<void>((resolve) => waiting.push({ record, written: resolve }))
    running ??= inOwnContext(writeAll).finally(() => {
      running = null
    })
    return written
  }

  const writeAll = async (): Promise<void> => {
    let pauseMs = bounds.firstPauseMs
    while (waiting.length > 0) {
      // A try that was under way when the end came may have failed for what is mended by now.
      const isLast = ending.signal.aborted
      const batch = waiting.slice(0, alone > 0 ? 1 : bounds.perStatement)
      try {
        await writeBatch(
          deps.pool,
          batch.map(({ record }) => record),
        )
        settle(batch)
        pauseMs = bounds.firstPauseMs
        noteLost()
      } catch (error) {
        // A gap that is refused says that the log takes nothing at all: to count it as lost would only make the next one.
        if (isFaultOfARecord(error) && !(batch.length === 1 && batch[0]?.lost !== undefined)) {
          setApart(batch, error)
          continue
        }
        onFailure()
        deps.log.error('audit records could not be written yet', { count: waiting.length, error: describeError(error) })
        if (isLast) return
        // Cut short by the end, and then there is one try left.
        await sleep(pauseMs, undefined, { signal: ending.signal, ref: false }).catch(() => {})
        pauseMs = Math.min(2 * pauseMs, bounds.longestPauseMs)
      }
    }
  }
  const settle = (batch: Waiting[]): void => {
    waiting.splice(0, batch.length)
    alone = Math.max(0, alone - batch.length)
    for (const { written } of batch) written()
  }
  const setApart = (batch: Waiting[], error: unknown): void => {
    if (batch.length > 1) {
      alone = batch.length
      return
    }
    // It can never be written, so it must not keep the others waiting.
    deps.log.error('an audit record was refused by the database', { error: describeError(error) })
    lost++
    settle(batch)
    noteLost()
  }
  const noteLost = (): void => {
    if (lost === 0) return
    deps.log.error('audit records were lost', { count: lost })
    waiting.unshift({ record: gapOf(lost), lost, written: () => {} })
    lost = 0
  }

  return {
    async write(record) {
      let limit: NodeJS.Timeout | undefined
      const longEnough = new Promise<void>((resolve) => {
        limit = setTimeout(resolve, bounds.answerWaitsMs).unref()
      })
      await Promise.race([add(record), longEnough])
      clearTimeout(limit)
    },
    async flush() {
      ending.abort()
      await running
      const count = waiting.reduce((sum, one) => sum + (one.lost ?? 1), lost)
      if (count > 0) deps.log.error('the process ends with audit records that could not be written', { count })
    },
  }
}

/** A log that somebody holds locked must not take the connections that charges need, so it is not waited for long. */
function writeBatch(pool: Pool, records: readonly AuditRecord[]): Promise<void> {
  return inTransaction(pool, async (tx) => {
    await tx.query(`set local lock_timeout = ${lockTimeoutMs}`)
    await recordAudits(tx, records)
  })
}
const lockTimeoutMs = 1_000

function gapOf(lost: number): AuditRecord<'audit_log.gap'> {
  return {
    actorType: 'system',
    actor: 'payment-service',
    type: 'audit_log.gap',
    outcome: 'success',
    origin: 'audit writer',
    resource: 'audit_log',
    details: { lost },
  }
}

/** SQLSTATE classes 22 (data) and 23 (constraints), and a record that is none: it would fail for ever. */
function isFaultOfARecord(error: unknown): boolean {
  if (error instanceof AuditMisfitError) return true
  return error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code))
}
