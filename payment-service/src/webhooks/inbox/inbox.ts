import type { Deps } from '../../deps.ts'
import type { applyPspEvent } from '../../flows/apply-psp-event.ts'
import { handOver } from '../../jobs/hand-over.ts'
import { type Job, runEvery, waitAtMost } from '../../jobs/run-every.ts'
import { describeError } from '../../log.ts'
import type { Tell } from '../../observability/tracing.ts'
import { readPspEvent } from '../../store/psp-event-json.ts'
import {
  type ClaimedPspEvent,
  claimDuePspEvents,
  handBackPspEvent,
  holdPspEvent,
  settlePspEvent,
} from '../../store/psp-events.ts'
import { heldDelaySeconds } from './retry-schedule.ts'

type ApplyPspEvent = typeof applyPspEvent

const pollMs = 250
/**
 * Beyond the PSP's own limit, which applying waits for when it gives money back. What a dead process had taken is taken
 * again after it; so is what takes still longer, and applying twice changes nothing.
 */
const leaseMarginMs = 10_000
/** Few, because each works on one database connection at a time, and charges need those too. */
const maxUnderWay = 6

/**
 * Applies what PSPs told us. Events are applied in no particular order, and some of them twice: the flows end in the
 * same state whatever the order. What matches nothing yet is held and tried again for ever. An event that takes long
 * takes one place, and holds up no other.
 */
export function startInbox(deps: Deps, apply: ApplyPspEvent): Job {
  const leaseMs = deps.config.pspTimeoutMs + leaseMarginMs
  const underWay = new Map<Promise<void>, ClaimedPspEvent>()
  let isStopping = false
  /** Whether the last round took as many as there were places. */
  let mayHaveMore = false

  const start = (claimed: ClaimedPspEvent): void => {
    const { pspAccountId, tries } = claimed
    const ids = { 'fincore.psp_account': pspAccountId, 'fincore.try': tries + 1 }
    const running = deps.tracing
      .work('apply the PSP’s event', null, ids, (tell) => handle(deps, apply, claimed, tell))
      .catch((error) => {
        // Its lease brings it back.
        deps.log.error('what became of a PSP’s event could not be written', {
          psp_account: claimed.pspAccountId,
          merchant: claimed.merchantId,
          error: describeError(error),
        })
      })
      .then(() => {
        underWay.delete(running)
        if (mayHaveMore) job.wake()
      })
    underWay.set(running, claimed)
  }
  const handBack = (claimed: readonly ClaimedPspEvent[]): Promise<void> =>
    handOver(claimed, (one) => handBackPspEvent(deps.pool, one), 'inbox', deps.log)
  const job = runEvery(
    pollMs,
    'inbox',
    async () => {
      const free = maxUnderWay - underWay.size
      if (free === 0) return
      const due = await claimDuePspEvents(deps.pool, free, leaseMs)
      if (isStopping) return handBack(due)
      mayHaveMore = due.length === free
      for (const claimed of due) start(claimed)
    },
    deps,
  )
  return {
    wake: job.wake,
    async stop(withinMs = leaseMs) {
      isStopping = true
      const begunAt = performance.now()
      await job.stop(withinMs)
      await waitAtMost(withinMs - (performance.now() - begunAt), Promise.all(underWay.keys()), 'inbox', deps.log)
      // Left in the middle: applied again by another, which changes nothing that was done.
      await handBack([...underWay.values()])
    },
  }
}

async function handle(deps: Deps, apply: ApplyPspEvent, claimed: ClaimedPspEvent, tell: Tell): Promise<void> {
  const { merchantId, pspAccountId, tries } = claimed
  let note: string | null = null
  try {
    const fate = await apply(deps, merchantId, pspAccountId, readPspEvent(claimed.event))
    tell({ 'fincore.outcome': fate })
    deps.metrics.count('fincore_psp_events_total', { fate })
    if (fate !== 'held') return await settlePspEvent(deps.pool, claimed, fate)
  } catch (error) {
    const described = describeError(error)
    deps.log.error('an event of a PSP could not be applied', {
      psp_account: pspAccountId,
      merchant: merchantId,
      error: described,
    })
    tell({ 'error.type': described.code || described.name })
    note = [described.name, described.code].filter((word) => word !== '').join(' ')
  }
  await holdPspEvent(deps.pool, claimed, heldDelaySeconds(tries), note)
}
