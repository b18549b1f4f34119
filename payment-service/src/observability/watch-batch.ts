import type { OnBatch } from '../store/batcher.ts'
import type { ValueOf } from './labels.ts'
import type { Metrics } from './metrics.ts'

/** Measures the statements that requests share. */
export function watchBatch(metrics: Metrics, batch: ValueOf<'batch'>): OnBatch {
  return (items, tookMs) => {
    metrics.observe('fincore_database_batch_items', { batch }, items)
    metrics.observe('fincore_database_batch_duration_seconds', { batch }, tookMs / 1_000)
  }
}
