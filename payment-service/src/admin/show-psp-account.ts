import { webhookUrlOf } from '../flows/check-psp-account.ts'
import { type HealthStatus, type PspWay, pspWays } from '../psp-gateway/psp-health.ts'
import type { PspAccountRow } from '../store/psp-accounts.ts'
import type { AdminDeps } from './deps.ts'

/** Who calls a PSP, as operators know the programs. */
const wayNames: Readonly<Record<PspWay, string>> = { ours: 'payment_service', relayed: 'card_relay' }

/** A PSP account as the admin API shows it. Never with its credentials. */
export function showPspAccount(deps: AdminDeps, row: PspAccountRow) {
  return {
    object: 'psp_account',
    id: row.id,
    merchant: row.merchantId,
    psp: row.psp,
    name: row.name,
    config: row.config,
    status: row.status,
    priority: row.priority,
    share: row.share,
    currencies: row.currencies,
    card_brands: row.cardBrands,
    raw_cards: showRawCards(deps, row),
    health: listHealth(deps, row.id),
    webhook_url: webhookUrlOf(deps.config, row.id),
    created_at: row.createdAt.toISOString(),
  }
}

/** Null where the PSP takes none at all. */
function showRawCards(deps: AdminDeps, row: PspAccountRow) {
  const rawCards = Object.entries(deps.psps).find(([name]) => name === row.psp)?.[1].rawCards
  if (rawCards === undefined) return null
  return {
    needs_confirmation: rawCards.needsConfirmation ?? false,
    confirmed_at: row.rawCardsConfirmedAt?.toISOString() ?? null,
    confirmed_by: row.rawCardsConfirmedBy,
    reference: row.rawCardsConfirmation,
  }
}

/** How an account does, as this process sees it: an entry for each program by which it was called. */
export function listHealth(deps: Pick<AdminDeps, 'pspHealth' | 'now'>, accountId: string) {
  return pspWays.flatMap((way) => {
    const status = deps.pspHealth[way].statusOf(accountId)
    return status === null ? [] : [{ called_by: wayNames[way], ...showHealth(status, deps.now()) }]
  })
}

function showHealth({ state, forMs, lastFailure, calls, failures }: HealthStatus, now: Date) {
  const ago = (ms: number) => new Date(now.getTime() - ms).toISOString()
  return {
    state,
    since: ago(forMs),
    last_failure: lastFailure === null ? null : { kind: lastFailure.kind, at: ago(lastFailure.agoMs) },
    calls,
    failures,
  }
}
