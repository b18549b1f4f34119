import { createHmac, randomBytes } from 'node:crypto'
import { invalid, Refusal } from '../errors.ts'
import type { Fault } from '../test-cards.ts'
import type { Account } from '../world.ts'
import type { Answer } from './call.ts'

/** An answer that is ready to be sent. `finished` is called when it went out, or was lost on the way. */
export type Ready = {
  status: number
  body: string
  replayed: boolean
  fault: Fault | null
  delivered: Promise<void> | null
  finished(): void
}

/** What is kept of a key. `vanished`: its first call was lost before anything was done. */
type Kept = { path: string; fingerprint: string; state: 'running' | 'done' | 'vanished'; status: number; body: string }

export type KeptAnswers = Map<Account, Map<string, Kept>>

/** A request may hold a card, so that only a digest under a key of this process is kept. */
const fingerprintKey = randomBytes(32)

export function makeFingerprint(path: string, body: string): string {
  return createHmac('sha256', fingerprintKey).update(`${path}\n${body}`).digest('base64')
}

/**
 * Acts once per account and key, as Stripe documents ("Idempotent requests"): the status and body of the first call whose
 * parameters were in order are kept, a decline and a 500 included, and a repeat is answered with them. Without a key it acts.
 */
export function answerOnce(
  kept: KeptAnswers,
  account: Account,
  call: { key: string | null; path: string; fingerprint: string },
  act: (faultIsSpent: boolean) => Answer,
): Ready {
  if (call.key === null) return { ...perform(() => act(false)), replayed: false, finished: () => {} }
  const ofAccount = kept.get(account) ?? new Map<string, Kept>()
  kept.set(account, ofAccount)
  const known = ofAccount.get(call.key)
  if (known) {
    refuseOther(known, call)
    if (known.state === 'running')
      throw new Refusal(409, {
        type: 'invalid_request_error',
        code: 'idempotency_key_in_use',
        message:
          'There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through). Please try again later.',
      })
    if (known.state === 'done')
      return {
        status: known.status,
        body: known.body,
        replayed: true,
        fault: null,
        delivered: null,
        finished: () => {},
      }
  }
  const done = perform(() => act(known !== undefined))
  const vanished = done.fault === 'timeout_before' || done.fault === 'reset_before'
  const keep: Kept = {
    path: call.path,
    fingerprint: call.fingerprint,
    state: vanished ? 'vanished' : 'running',
    status: done.status,
    body: done.body,
  }
  ofAccount.set(call.key, keep)
  return {
    ...done,
    replayed: false,
    finished() {
      if (!vanished) keep.state = 'done'
    },
  }
}

function refuseOther(known: Kept, call: { path: string; fingerprint: string }): void {
  const only = 'Keys for idempotent requests can only be used'
  const message =
    known.path !== call.path
      ? `${only} for the same endpoint they were first used for. Try using another key if you meant to execute a different request.`
      : known.fingerprint !== call.fingerprint
        ? `${only} with the same parameters they were first used with. Try using another key if you meant to execute a different request.`
        : null
  if (message !== null) throw new Refusal(400, { type: 'idempotency_error', message })
}

/** `Idempotency-Key`, which Stripe lets be left out and FinCore never may. */
export function readIdempotencyKey(header: string | string[] | undefined): string {
  if (typeof header !== 'string' || header.trim() === '')
    throw invalid('This stand-in of Stripe asks for an `Idempotency-Key` with every POST that uses a secret key.')
  if (header.length > 255) throw invalid('Idempotency keys can be at most 255 characters long.')
  return header
}

function perform(act: () => Answer): Pick<Ready, 'status' | 'body' | 'fault' | 'delivered'> {
  try {
    const answer = act()
    if ('vanishes' in answer) return { status: 0, body: '', fault: answer.vanishes, delivered: null }
    const { body, fault = null, delivered = null } = answer
    if (fault === 'server_error_after') return { ...lost, fault, delivered }
    return { status: 200, body: JSON.stringify(body), fault, delivered }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { status: error.status, body: JSON.stringify({ error: error.body }), fault: null, delivered: null }
  }
}

const lost = {
  status: 500,
  body: JSON.stringify({
    error: { type: 'api_error', message: 'Sorry! There was an error while talking to one of our backends.' },
  }),
}
