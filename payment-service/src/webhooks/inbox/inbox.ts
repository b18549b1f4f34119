import type { Deps } from '../../deps.ts'
import { type Job, runEvery } from '../../jobs/run-every.ts'
import { describeError } from '../../log.ts'
import type { PspEvent } from '../../psp-gateway/port.ts'
import { readPspEvent } from '../../store/psp-event-json.ts'
import { type ClaimedPspEvent, claimDuePspEvents, holdPspEvent, settlePspEvent } from '../../store/psp-events.ts'
import { heldDelaySeconds } from './retry-schedule.ts'

/** What became of an event: see flows/apply-psp-event.ts. */
export type ApplyPspEvent<D> = (
  deps: D,
  merchantId: string,
  pspAccountId: string,
  event: PspEvent,
) => Promise<'applied' | 'held' | 'flagged' | 'ignored'>

const pollMs = 250
/** Longer than an event can take to apply; what a dead process had taken is taken again after it. */
const leaseMs = 20_000
/** Few, because each holds a database connection that charges need too. */
const sideBySide = 6

/**
 * Applies what PSPs told us. Events are applied in no particular order, and some of them twice: the flows end in the
 * same state whatever the order. What matches nothing yet is held and tried again for ever.
 */
export function startInbox<D extends Pick<Deps, 'pool' | 'log'>>(deps: D, apply: ApplyPspEvent<D>): Job {
  const job = runEvery(
    pollMs,
    'inbox',
    async () => {
      const due = await claimDuePspEvents(deps.pool, sideBySide, leaseMs)
      await Promise.all(due.map((claimed) => handle(deps, apply, claimed)))
      if (due.length === sideBySide) job.wake()
    },
    deps.log,
  )
  return job
}

async function handle<D extends Pick<Deps, 'pool' | 'log'>>(
  deps: D,
  apply: ApplyPspEvent<D>,
  claimed: ClaimedPspEvent,
): Promise<void> {
  const { merchantId, pspAccountId, tries } = claimed
  let note: string | null = null
  try {
    const fate = await apply(deps, merchantId, pspAccountId, readPspEvent(claimed.event))
    if (fate !== 'held') return await settlePspEvent(deps.pool, claimed, fate)
  } catch (error) {
    const described = describeError(error)
    deps.log.error('an event of a PSP could not be applied', {
      psp_account: pspAccountId,
      merchant: merchantId,
      error: described,
    })
    note = [described.name, described.code].filter((word) => word !== '').join(' ')
  }
  await holdPspEvent(deps.pool, claimed, heldDelaySeconds(tries), note)
}
