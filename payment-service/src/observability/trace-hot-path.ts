import type { Batcher } from '../store/batcher.ts'
import { createHotPath, type HotPath } from '../store/hot-path.ts'
import type { Pool } from '../store/pool.ts'
import type { Attributes, SpanName } from './trace-table.ts'
import type { Tracing } from './tracing.ts'

/** The hot path; where tracing is on, its writes are spans of the charges that wait for them. */
export function createTracedHotPath(
  pool: Pool,
  { isOn, part }: Tracing,
  watch: Parameters<typeof createHotPath>[1],
): HotPath {
  if (!isOn) return createHotPath(pool, watch)
  const sizes = new WeakMap<object, number>()
  const hotPath = createHotPath(pool, watch, (items) => {
    for (const item of items) sizes.set(item, items.length)
  })
  const trace = <Item extends { attemptId: string }, Result>(
    { submit }: Batcher<Item, Result>,
    name: SpanName,
    describe: (item: Item) => Attributes = () => ({}),
  ): Batcher<Item, Result> => ({
    submit: (item) =>
      part(name, { ...describe(item), 'fincore.attempt': item.attemptId }, async (tell) => {
        const result = await submit(item)
        tell({ 'fincore.batch_size': sizes.get(item) })
        return result
      }),
  })
  return {
    intents: trace(hotPath.intents, 'write the intent'),
    auditedIntents: trace(hotPath.auditedIntents, 'write the intent'),
    outcomes: trace(hotPath.outcomes, 'write the outcome', ({ attemptState }) => ({ 'fincore.outcome': attemptState })),
  }
}
