/**
 * Gathers what arrives while a statement runs, and sends it as the next one: under load many requests share a commit,
 * and a lone request waits for nobody. No timer: waiting on purpose would only add to the latency of a charge.
 */
export type Batcher<Item, Result> = { submit(item: Item): Promise<Result> }

type Waiting<Item, Result> = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }

/**
 * @param run handles a batch and returns a result for each item, in order.
 * @param limits `items` in one statement, and `statements` at a time: two, so that one is planned while one commits.
 */
export function createBatcher<Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  limits: { items: number; statements: number } = { items: 256, statements: 2 },
): Batcher<Item, Result> {
  const waiting: Waiting<Item, Result>[] = []
  let running = 0

  const settle = async (batch: Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map((entry) => entry.item))
      if (results.length !== batch.length)
        throw new Error('A batch answered another number of results than it had items')
      for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result)
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      // One item that the database refuses must not fail its neighbours: nothing was written, so each goes alone.
      else for (const entry of batch) await settle([entry])
    }
  }
  const pump = (): void => {
    while (running < limits.statements && waiting.length > 0) {
      const batch = waiting.splice(0, limits.items)
      running++
      void settle(batch).finally(() => {
        running--
        pump()
      })
    }
  }
  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        // Let the requests that are already in the event loop join.
        setImmediate(pump)
      }),
  }
}
