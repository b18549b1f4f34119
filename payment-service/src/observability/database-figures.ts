import { describeError, type Log } from '../log.ts'
import type { DifferenceClass } from '../payments/difference-classes.ts'
import type { Figures } from '../store/figures.ts'
import { within } from '../within.ts'
import type { ValueOf } from './labels.ts'
import type { Metrics, Reading } from './metrics.ts'

/** Readings in between are given the same: Prometheus may ask often, and more than one may. */
const freshMs = 15_000
/** What is older is not told as if it were so now. */
const tellsForMs = 60_000
/** A reading waits no longer for the database than this; Prometheus itself gives up after 10 s by default. */
const waitsMs = 3_000

/**
 * Tells what is read of the database, and asks it only when somebody reads.
 *
 * @param now a clock in milliseconds that never goes back.
 */
export function tellFigures(
  { metrics, log }: { metrics: Metrics; log: Log },
  read: () => Promise<Figures>,
  now: () => number = () => performance.now(),
): void {
  const begunAt = now()
  let known: { at: number; figures: Figures } | null = null
  let reading: Promise<void> | null = null
  const readOnce = async (): Promise<void> => {
    const at = now()
    try {
      known = { at, figures: await read() }
    } catch (error) {
      log.warn('the figures for the metrics could not be read of the database', { error: describeError(error) })
    }
  }
  metrics.beforeReading(async () => {
    if (known !== null && now() - known.at < freshMs) return
    reading ??= readOnce().finally(() => {
      reading = null
    })
    await within(waitsMs, reading, undefined)
  })
  metrics.read('fincore_database_figures_age_seconds', () => [
    { labels: {}, value: (now() - (known?.at ?? begunAt)) / 1_000 },
  ])
  const told = (): Figures | null => (known !== null && now() - known.at <= tellsForMs ? known.figures : null)
  /** A figure's readings, while it is told. */
  const from =
    <Name extends Parameters<Metrics['read']>[0]>(readings: (figures: Figures) => Reading<Name>[]) =>
    () => {
      const figures = told()
      return figures === null ? [] : readings(figures)
    }
  const one = (value: number) => [{ labels: {}, value }]

  const waitsFor = ['psp', 'shopper'] as const
  metrics.read(
    'fincore_attempts_in_doubt',
    from(({ inDoubt }) => waitsFor.map((who) => ({ labels: { waits_for: who }, value: inDoubt[who].count }))),
  )
  metrics.read(
    'fincore_attempts_in_doubt_oldest_seconds',
    from(({ inDoubt }) => waitsFor.map((who) => ({ labels: { waits_for: who }, value: inDoubt[who].oldest }))),
  )
  const states = ['due', 'held', 'flagged'] as const
  metrics.read(
    'fincore_psp_events_waiting',
    from(({ pspEvents }) => states.map((state) => ({ labels: { event_state: state }, value: pspEvents[state].count }))),
  )
  metrics.read(
    'fincore_psp_events_oldest_seconds',
    from(({ pspEvents }) =>
      states.map((state) => ({ labels: { event_state: state }, value: pspEvents[state].oldest })),
    ),
  )
  metrics.read(
    'fincore_webhook_deliveries_pending',
    from(({ deliveries }) => one(deliveries.pending)),
  )
  metrics.read(
    'fincore_webhook_deliveries_oldest_due_seconds',
    from(({ deliveries }) => one(deliveries.oldestDue)),
  )
  metrics.read(
    'fincore_webhook_endpoints_failing',
    from(({ endpointsFailing }) => one(endpointsFailing)),
  )
  metrics.read(
    'fincore_reconciliation_findings_open',
    from(({ findings }) =>
      findings.map(({ class: name, count }) => ({ labels: { class: name as DifferenceClass }, value: count })),
    ),
  )
  metrics.read(
    'fincore_reconciliation_behind_seconds',
    from(({ reconciliationBehind }) => one(reconciliationBehind)),
  )
  metrics.read(
    'fincore_notices_open',
    from(({ notices }) =>
      notices.map(({ kind, count }) => ({ labels: { notice: kind as ValueOf<'notice'> }, value: count })),
    ),
  )
  metrics.read(
    'fincore_raw_card_grants_in_force',
    from(({ grants }) => one(grants.inForce)),
  )
  metrics.read(
    'fincore_raw_card_grants_ending',
    from(({ grants }) => [
      { labels: { within_days: '7' }, value: grants.within7 },
      { labels: { within_days: '30' }, value: grants.within30 },
      { labels: { within_days: '60' }, value: grants.within60 },
    ]),
  )
  metrics.read(
    'fincore_raw_card_grant_next_end_days',
    from(({ grants }) => (grants.nextEndDays === null ? [] : one(grants.nextEndDays))),
  )
  metrics.read(
    'fincore_card_testing_blocks',
    from(({ cardTestingBlocks }) => one(cardTestingBlocks)),
  )
  metrics.read(
    'fincore_audit_seal_lag_seconds',
    from(({ auditSealLag }) => one(auditSealLag)),
  )
  metrics.read(
    'fincore_database_size_bytes',
    from(({ databaseBytes }) => one(databaseBytes)),
  )
}
