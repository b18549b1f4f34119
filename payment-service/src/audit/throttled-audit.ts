import { LRUCache } from 'lru-cache'
import type { Log } from '../log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { AuditRecord } from '../store/audit.ts'
import type { Pool } from '../store/pool.ts'
import type { AuditType } from './audit-types.ts'
import { createAuditWriter } from './audit-writer.ts'

/** One record per key in this time; those that come meanwhile are counted into the next one. */
const windowMs = 10_000
const maxKeys = 1_000

type Pending = { record: AuditRecord; count: number; timer: NodeJS.Timeout }

export type ThrottledAudit = {
  /**
   * Records what outsiders can repeat at will, such as refusals, without letting them fill the log: the first of a key
   * at once, further ones within ten seconds as one record with their `count`. Never throws and never delays the answer.
   *
   * @param key who and what, without any text that the caller made up: of whom nobody knows, the address.
   */
  record<T extends AuditType>(key: string, record: AuditRecord<T>): void
  /** Writes what is still counted, and waits for what is being written. Call it before the pool closes. */
  flush(): Promise<void>
}

/** @param onFailure told each time that the log takes no record. */
export function createThrottledAudit(
  deps: { pool: Pool; log: Log; metrics: Metrics },
  onFailure?: () => void,
): ThrottledAudit {
  const writer = createAuditWriter(deps, onFailure)
  const write = (record: AuditRecord, count: number) =>
    void writer.write({ ...record, details: { ...record.details, count } })
  const pending = new LRUCache<string, Pending>({
    max: maxKeys,
    // Whatever makes an entry leave, what it counted is written.
    dispose: ({ record, count, timer }) => {
      clearTimeout(timer)
      if (count > 0) write(record, count)
    },
  })
  return {
    record(key, record) {
      deps.metrics.count('fincore_audit_incidents_total', { incident: record.type })
      const earlier = pending.get(key)
      if (earlier !== undefined) {
        earlier.count++
        earlier.record = record
        return
      }
      write(record, 1)
      pending.set(key, { record, count: 0, timer: setTimeout(() => pending.delete(key), windowMs).unref() })
    },
    async flush() {
      pending.clear()
      await writer.flush()
    },
  }
}
