/**
 * Gathers what arrives while a statement runs, and sends it as the next one: under load many requests share a commit,
 * and a lone request waits for nobody. No timer before sending: waiting on purpose would only add to the latency of a
 * charge.
 */
export type Batcher<Item, Result> = {
  /**
   * @throws OverloadedError when the item was not sent in time, so nothing was written; otherwise what its statement
   *   failed with. Unless that is a fault of the item's own, whether it was written is not known.
   */
  submit(item: Item): Promise<Result>
}

/** An item waited too long for its turn. It never went to the database, so it may simply come again. */
export class OverloadedError extends Error {
  constructor(waitMs: number) {
    super(`The database had no turn for this within ${waitMs} ms; nothing was written, try again in a moment`)
    this.name = 'OverloadedError'
  }
}

export type OnBatch = (items: number, tookMs: number) => void

type Waiting<Item, Result> = {
  item: Item
  /** By the process's own monotonic clock. */
  until: number
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * @param run handles a batch in one transaction, and returns a result for each item, in order.
 * @param limits `items` in one statement; `statements` at a time: two, so that one is planned while one commits;
 *   `waitMs` that an item waits for its turn, so that behind a database that hangs callers are told instead of piling up.
 * @param onBatch told how many items a statement had, and how long it took, in ms; also of one that failed.
 */
export function createBatcher<Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  limits: { items?: number; statements?: number; waitMs?: number } = {},
  onBatch: OnBatch = () => {},
): Batcher<Item, Result> {
  const { items: maxItems = 256, statements: maxStatements = 2, waitMs = 5_000 } = limits
  /** The longest waiting first. */
  const waiting: Waiting<Item, Result>[] = []
  let running = 0
  let deadline: NodeJS.Timeout | undefined

  /** Null when the batch was done; otherwise what it failed with. */
  const tryBatch = async (batch: Waiting<Item, Result>[]): Promise<{ error: unknown } | null> => {
    const begunAt = performance.now()
    try {
      const results = await run(batch.map((entry) => entry.item)).finally(() =>
        onBatch(batch.length, performance.now() - begunAt),
      )
      if (results.length !== batch.length)
        throw new Error('A batch answered another number of results than it had items')
      for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result)
      return null
    } catch (error) {
      return { error }
    }
  }
  const settle = async (batch: Waiting<Item, Result>[]): Promise<void> => {
    const failed = await tryBatch(batch)
    if (failed === null) return
    if (batch.length === 1 || !isFaultOfAnItem(failed.error)) return rejectAll(batch, failed.error)
    // One item that the database refuses must not fail its neighbours: all were rolled back, so each goes alone.
    for (const [index, entry] of batch.entries()) {
      const failedAlone = await tryBatch([entry])
      if (failedAlone === null) continue
      if (!isFaultOfAnItem(failedAlone.error)) return rejectAll(batch.slice(index), failedAlone.error)
      entry.reject(failedAlone.error)
    }
  }
  const pump = (): void => {
    while (running < maxStatements && waiting.length > 0) {
      const batch = waiting.splice(0, maxItems)
      running++
      void settle(batch).finally(() => {
        running--
        pump()
      })
    }
  }
  const rejectLate = (): void => {
    deadline = undefined
    const now = performance.now()
    for (let oldest = waiting[0]; oldest !== undefined && oldest.until <= now; oldest = waiting[0]) {
      waiting.shift()
      oldest.reject(new OverloadedError(waitMs))
    }
    watchOldest()
  }
  const watchOldest = (): void => {
    const oldest = waiting[0]
    if (deadline === undefined && oldest !== undefined)
      deadline = setTimeout(rejectLate, Math.max(1, oldest.until - performance.now()))
    // Whoever waits is kept alive by the statement that is waited for.
    deadline?.unref()
  }
  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, until: performance.now() + waitMs, resolve, reject })
        watchOldest()
        // Let the requests that are already in the event loop join.
        setImmediate(pump)
      }),
  }
}

function rejectAll<Item, Result>(batch: Waiting<Item, Result>[], error: unknown): void {
  for (const entry of batch) entry.reject(error)
}

/**
 * Whether a batch failed, and was certainly rolled back, because of what is in it: SQLSTATE classes 22 (data) and 23
 * (constraints), a deadlock, a serialization failure. After anything else (a lost connection, a time limit, no
 * resources) the commit may have happened, and asking once more for each item would make one outage last for hundreds.
 */
function isFaultOfAnItem(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(2[23][0-9A-Z]{3}|40P01|40001)$/.test(String(error.code))
}
