import type { Deps } from '../deps.ts'
import { claimDueAttempts, resolveOfAccount } from '../flows/resolve-attempts.ts'
import { type Job, runEvery, waitAtMost } from './run-every.ts'

const pollMs = 500
/** How many PSP accounts are asked side by side. */
const mostAccounts = 128

/**
 * Looks up what became of attempts without a known outcome. Each PSP account is a queue of its own: one whose PSP is
 * silent or slow takes its time, and no other waits for it.
 */
export function startResolver(deps: Deps): Job {
  const busy = new Map<string, Promise<void>>()
  let isStopping = false
  const job = runEvery(
    pollMs,
    'resolver',
    async () => {
      if (busy.size >= mostAccounts) return
      const { byAccount, mayHaveMore } = await claimDueAttempts(deps, [...busy.keys()])
      for (const [account, attempts] of byAccount) {
        const running = resolveOfAccount(deps, attempts, () => isStopping).then(() => {
          busy.delete(account)
          if (mayHaveMore) job.wake()
        })
        busy.set(account, running)
      }
      if (mayHaveMore) job.wake()
    },
    deps,
  )
  return {
    wake: job.wake,
    async stop(withinMs) {
      isStopping = true
      const begunAt = performance.now()
      await job.stop(withinMs)
      const leftMs = (withinMs ?? deps.config.pspTimeoutMs) - (performance.now() - begunAt)
      await waitAtMost(leftMs, Promise.all(busy.values()), 'resolver', deps.log)
    },
  }
}
