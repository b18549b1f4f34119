import type { Deps } from '../deps.ts'
import type { PspAccount, PspReply, PspRequest } from '../psp-gateway/port.ts'

/**
 * Sends a request that makes or moves something, and notes how the account's PSP does. Look-ups do not count: a PSP that
 * answers questions may still take no payments.
 */
export async function sendToAccount(
  deps: Pick<Deps, 'send' | 'pspHealth'>,
  account: Pick<PspAccount, 'id'>,
  request: PspRequest,
  timeoutMs: number,
): Promise<PspReply> {
  const reply = await deps.send(request, timeoutMs)
  deps.pspHealth.ours.report(account.id, reply)
  return reply
}
