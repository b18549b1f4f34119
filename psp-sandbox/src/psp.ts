import type { Ledger } from './ledger/database.ts'
import type { WebhookType } from './ledger/webhook-queue.ts'
import type { Timings } from './timings.ts'
import type { TokenVault } from './token-vault.ts'

/** What needs doing later; kept in the ledger, so that a restart forgets none. */
export type JobKind = 'expire_session' | 'abandon_challenge' | 'finish_refund' | 'approve_late'

/** What the routes and the flows share. */
export type Psp = {
  ledger: Ledger
  tokens: TokenVault
  timings: Timings
  pagesUrl: string
  challengeTimeoutMs: number
  lookupDelayMs: number
  now(): number
  /** Queues a webhook in the current transaction; returns its id, or null when the account has no address. */
  announce(
    account: string,
    type: WebhookType,
    data: Record<string, unknown>,
    how?: { delayMs?: number; twice?: boolean },
  ): string | null
  /** Queues a job in the current transaction. */
  schedule(kind: JobKind, subject: string, dueAt: number): void
  /** Looks at both queues anew; called after a transaction that filled them. */
  wake(): void
  /** Resolves when the event was delivered or given up, or after `timings.webhookBeforeReplyMs`. */
  waitForDelivery(event: string): Promise<void>
}
