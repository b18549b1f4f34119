import { describeError, type Log } from '../log.ts'

/**
 * Gives back, one by one, the rows that a process which ends has taken and not finished: others take them at once. Never
 * throws: a row that cannot be given back is due when its lease ends, as after a crash.
 *
 * @param name the job's, for the log.
 */
export async function handOver<Row>(
  rows: readonly Row[],
  giveBack: (row: Row) => Promise<void>,
  name: string,
  log: Log,
): Promise<void> {
  const results = await Promise.allSettled(rows.map(giveBack))
  const failed = results.filter((result) => result.status === 'rejected')
  if (failed.length > 0)
    log.warn('what a job had taken could not be handed over; it comes again when its lease ends', {
      reason: name,
      count: failed.length,
      error: describeError(failed[0]?.reason),
    })
  const count = rows.length - failed.length
  if (count > 0) log.info('what a job had taken was handed over', { reason: name, count })
}
