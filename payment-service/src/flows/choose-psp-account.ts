import type { Deps } from '../deps.ts'
import type { Psp, PspAccount } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** The account that shall take a payment, and its PSP's adapter. */
export type Chosen = { account: PspAccount; psp: Psp }

/**
 * The account that was asked for, or the merchant's first active one that can do it.
 *
 * @param can what the PSP must offer; having the group in the port is the capability.
 */
export async function choosePspAccount(
  deps: Deps,
  merchantId: string,
  asked: string | undefined,
  can: (psp: Psp) => boolean,
): Promise<Chosen | Refusal> {
  const accounts = await deps.directory.listPspAccounts(merchantId)
  const candidates = asked === undefined ? accounts : accounts.filter((account) => account.id === asked)
  const account = candidates.find((candidate) => can(deps.psps[candidate.psp])) ?? null
  if (account !== null) return { account, psp: deps.psps[account.psp] }
  const param = asked === undefined ? {} : { param: 'psp_account' }
  return candidates.length === 0 ? refuse('psp_account_missing', param) : refuse('capability_not_supported', param)
}
