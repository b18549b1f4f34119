import type { Deps } from '../deps.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { claimKey, completeKey, fingerprintOf } from '../store/idempotency.ts'
import { decideInTransaction, type Transaction } from '../store/pool.ts'
import type { Answer } from './replay.ts'

/** A request under an idempotency key. `operation` is its method and path, and `objectId` what it makes or changes. */
export type Once = { merchantId: string; idempotencyKey: string; operation: string; request: object; objectId: string }
export type StoredAnswer<Body extends object> = Answer & { body: Body }

/**
 * Answers a request that calls no PSP exactly once: claim, work and stored answer are one transaction, so a request
 * that fails or is refused leaves nothing, and a repeat gets the first answer. The body is stored as it is returned:
 * it must hold no secret.
 */
export function answerOnce<Body extends object>(
  deps: Pick<Deps, 'pool' | 'now'>,
  { merchantId, idempotencyKey, operation, request, objectId }: Once,
  work: (tx: Transaction) => Promise<{ status: number; body: Body } | Refusal>,
): Promise<StoredAnswer<Body> | Refusal> {
  return decideInTransaction<StoredAnswer<Body>>(deps.pool, async (tx) => {
    const fingerprint = fingerprintOf(operation, request)
    // No other transaction sees the claim before its answer, so nobody needs to wait for a lock of its own.
    const claim = await claimKey(tx, {
      merchantId,
      key: idempotencyKey,
      fingerprint,
      objectId,
      lockedUntil: deps.now(),
    })
    if (claim.kind === 'refused') return claim.refusal
    if (claim.kind === 'replay') return { status: claim.status ?? 200, body: claim.body as Body, replayed: true }
    const answer = await work(tx)
    if (isRefusal(answer)) return answer
    await completeKey(tx, merchantId, idempotencyKey, answer.status, answer.body)
    return { ...answer, replayed: false }
  })
}
