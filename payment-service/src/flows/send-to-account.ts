import type { Deps } from '../deps.ts'
import { describeCall, describeReply } from '../observability/describe-call.ts'
import type { AttemptKind, PspAccount, PspReply, PspRequest } from '../psp-gateway/port.ts'

/** What is sent, what for, and for how long its reply is waited for. */
export type Call = { kind: AttemptKind; request: PspRequest; timeoutMs: number }

/**
 * Sends a request that makes or moves something, notes how the account's PSP does, and reads the reply. Look-ups do not
 * count: a PSP that answers questions may still take no payments.
 */
export function sendToAccount<Read extends string | { outcome: string }>(
  deps: Pick<Deps, 'send' | 'pspHealth' | 'tracing'>,
  account: Pick<PspAccount, 'id' | 'psp'>,
  { kind, request, timeoutMs }: Call,
  read: (reply: PspReply) => Read,
): Promise<Read> {
  return deps.tracing.part('call the PSP', describeCall(account.psp, account.id, kind), async (tell) => {
    const reply = await deps.send(request, timeoutMs)
    deps.pspHealth.ours.report(account.id, reply)
    const meaning = read(reply)
    tell({ ...describeReply(reply), 'fincore.outcome': typeof meaning === 'string' ? meaning : meaning.outcome })
    return meaning
  })
}
