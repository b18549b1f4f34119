import type { Log } from '../log.ts'
import type { Metrics } from './metrics.ts'

/** The same log, with the lines counted that somebody should look at. */
export function countLines(log: Log, metrics: Metrics): Log {
  return {
    ...log,
    warn(message, fields) {
      metrics.count('fincore_log_lines_total', { level: 'warn' })
      log.warn(message, fields)
    },
    error(message, fields) {
      metrics.count('fincore_log_lines_total', { level: 'error' })
      log.error(message, fields)
    },
  }
}
