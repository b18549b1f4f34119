import type { Deps } from '../deps.ts'
import type { PspAccount } from '../psp-gateway/port.ts'
import { findPaymentAtPsp } from '../store/psp-account-standing.ts'

/**
 * Whether changed credentials are still of the account at the PSP with whose old ones FinCore's payments were made. With
 * another account's, every payment in doubt would be looked for where it never was, and “not found” would be taken as
 * proof. Changes nothing at the PSP, and is never asked inside a transaction.
 *
 * @param after passed preflight.
 * @returns `same` also where there is nothing to lose yet, or the change is of what no request is sent with; `unknown`
 * when the PSP gave no answer that says it.
 */
export async function askForOwnPayment(
  deps: Pick<Deps, 'pool' | 'psps' | 'send' | 'config'>,
  before: PspAccount,
  after: PspAccount,
): Promise<'same' | 'another' | 'unknown'> {
  const { checks, preflight } = deps.psps[after.psp]
  const ownPayment = checks?.ownPayment
  if (ownPayment === undefined) return 'same'
  const payment = await findPaymentAtPsp(deps.pool, after)
  if (payment === null) return 'same'
  const request = ownPayment.request(after, payment)
  if (request === null) return 'unknown'
  // Of settings that are set right only now there is no request to build.
  const wasRight = preflight(before).every(({ severity }) => severity !== 'error')
  if (wasRight && JSON.stringify(request) === JSON.stringify(ownPayment.request(before, payment))) return 'same'
  const found = ownPayment.read(payment, await deps.send(request, deps.config.pspTimeoutMs))
  return ({ seen: 'same', not_seen: 'another', unknown: 'unknown' } as const)[found]
}
