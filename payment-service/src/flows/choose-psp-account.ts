import type { ErrorCode } from '@fincore/api-contract/errors'
import type { Deps } from '../deps.ts'
import type { Psp, PspAccount } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** The account that shall take a payment, and its PSP's adapter. */
export type Chosen = { account: PspAccount; psp: Psp }

/**
 * The account that was asked for, or the merchant's first active one that can do it.
 *
 * @param findLack what a PSP lacks to take it, null when nothing; having a group of the port is a capability. Where no
 *   account will do, what is told is what the best of them lacks.
 */
export async function choosePspAccount(
  deps: Deps,
  merchantId: string,
  asked: string | undefined,
  findLack: (psp: Psp) => ErrorCode | null,
): Promise<Chosen | Refusal> {
  const accounts = await deps.directory.listPspAccounts(merchantId)
  const candidates = asked === undefined ? accounts : accounts.filter((account) => account.id === asked)
  const account = candidates.find((candidate) => findLack(deps.psps[candidate.psp]) === null) ?? null
  if (account !== null) return { account, psp: deps.psps[account.psp] }
  const param = asked === undefined ? {} : { param: 'psp_account' }
  if (candidates.length === 0) return refuse('psp_account_missing', param)
  const lacks = candidates.map((candidate) => findLack(deps.psps[candidate.psp]) ?? 'capability_not_supported')
  return refuse(lacks.find((code) => code !== 'capability_not_supported') ?? 'capability_not_supported', param)
}
