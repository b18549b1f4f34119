import { createHash } from 'node:crypto'
import type { Fault } from '../magic-cards.ts'
import type { Psp } from '../psp.ts'
import { errorBody, Rejection } from '../rejection.ts'

/** An answer ready to be sent; `fault` spoils the sending of it, `event` is the webhook that may have to go first. */
export type Answer = { status: number; body: string; fault?: Fault; event?: string | null }

/** What an action answers, or `lost`: the call is to vanish without a trace, and a repeat of it acts. */
export type Act = (
  faultIsSpent: boolean,
) => { status: number; body: unknown; fault?: Fault; event?: string | null } | 'lost'

/** The keys whose first answer is still on its way out (a slow reply): account and key. */
export type RunningKeys = Set<string>

/**
 * Acts once per account and key. The action, its movements, its webhooks and the recorded answer are one transaction.
 * The same key and request gets the recorded answer, whole, even when a fault spoiled the first; a documented
 * rejection is recorded too. Another request under the key is refused with 409. `count` is written in any case.
 */
export function answerOnce(
  psp: Psp,
  running: RunningKeys,
  call: { account: string; key: string; request: unknown; count?: () => void },
  act: Act,
): Answer {
  const fingerprint = createHash('sha256').update(JSON.stringify(call.request)).digest('hex')
  const answer = psp.ledger.transaction((): Answer => {
    call.count?.()
    if (running.has(`${call.account} ${call.key}`)) return refuse('idempotency_in_progress')
    const known = psp.ledger.get<{ fingerprint: string; status: number | null; body: string | null }>(
      'SELECT fingerprint, status, body FROM idempotency_keys WHERE account = ? AND key = ?',
      call.account,
      call.key,
    )
    if (known && known.fingerprint !== fingerprint) {
      return refuse('idempotency_key_reused')
    }
    if (known?.status && known.body) return { status: known.status, body: known.body }
    const result = actOrReject(act, known !== null)
    psp.ledger.run(
      `INSERT INTO idempotency_keys (account, key, fingerprint, status, body) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (account, key) DO UPDATE SET status = excluded.status, body = excluded.body`,
      call.account,
      call.key,
      fingerprint,
      result === 'lost' ? null : result.status,
      result === 'lost' ? null : JSON.stringify(result.body),
    )
    return result === 'lost'
      ? { status: 0, body: '', fault: 'timeout_before' }
      : { ...result, body: JSON.stringify(result.body) }
  })
  psp.wake()
  return answer
}

/** Reads `Idempotency-Key`, bare or in double quotes. Throws a `Rejection` when it is missing or malformed. */
export function readIdempotencyKey(header: string | string[] | undefined): string {
  const text = typeof header === 'string' ? header : ''
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Rejection(
    400,
    'idempotency_key_required',
    'Send `Idempotency-Key`, 1 to 255 printable ASCII characters, with every POST.',
  )
}

// Flows check everything before they write, so a rejection leaves nothing behind in the transaction.
function actOrReject(act: Act, faultIsSpent: boolean): ReturnType<Act> {
  try {
    return act(faultIsSpent)
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { status: error.status, body: errorBody(error.code, error.message, error.param) }
  }
}

const refusals = {
  idempotency_in_progress: 'The first request with this key is still running. Send it again in a moment.',
  idempotency_key_reused: 'This key came earlier with another request. Use a new key for a new request.',
} as const

function refuse(code: keyof typeof refusals): Answer {
  return { status: 409, body: JSON.stringify(errorBody(code, refusals[code])) }
}
