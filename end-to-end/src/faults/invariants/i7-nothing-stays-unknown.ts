import type { Evidence, Violation } from './evidence.ts'

/** I7: nothing stays unknown once the PSP can answer; nothing unknown is ever called failed. */
export function checkCertainty(evidence: Evidence): Violation[] {
  return [
    ...checkResolved(evidence),
    ...checkHeard(evidence),
    ...checkLateMoney(evidence),
    ...checkNotGuessed(evidence),
  ]
}

/** The job that closes sessions looks every second; so long it may take. */
const closedWithinSeconds = 10

function checkResolved(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const unknown = (about: string, what: string) => void found.push({ invariant: 'I7', harm: 'other', about, what })
  for (const { id, kind, state, charge_id, refund_id, payment_session_id, lookups } of evidence.attempts) {
    if (state === 'sent' || state === 'unknown')
      unknown(
        refund_id ?? charge_id ?? payment_session_id ?? id,
        `the ${kind} ${id} is still “${state}” after ${lookups} look-ups, although the PSP can answer`,
      )
  }
  for (const { id, status, pending_operation } of evidence.charges) {
    if (status === 'processing') unknown(id, 'the charge is still processing')
    if (pending_operation !== null) unknown(id, `its ${pending_operation} is still pending`)
  }
  for (const { id, status } of evidence.refunds) if (status === 'pending') unknown(id, 'the refund is still pending')
  for (const { id, status, overdue_seconds } of evidence.sessions)
    if (status === 'open' && overdue_seconds > closedWithinSeconds)
      unknown(id, `the session is still open, ${Math.round(overdue_seconds)} s after its end`)
  return found
}

/** What the PSP said was understood, and believed. In the drill it never lies, so it never contradicts the truth. */
function checkHeard(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const attempts = new Map(evidence.attempts.map((attempt) => [attempt.id, attempt]))
  for (const { event_id, type, reference, state, tries } of evidence.pspEvents) {
    if (state !== 'held') continue
    const attempt = attempts.get(reference ?? '')
    const about = attempt?.refund_id ?? attempt?.charge_id ?? attempt?.payment_session_id ?? reference ?? event_id
    const what = `the PSP’s event ${event_id} (${type}) is still held after ${tries} tries`
    found.push({ invariant: 'I7', harm: 'other', about, what })
  }
  for (const { id, status, flags } of evidence.charges) {
    if (!flags.includes('psp_contradicts')) continue
    const what = `the charge is ${status}, and the PSP, which tells the truth, says otherwise`
    found.push({ invariant: 'I7', harm: 'guessed', about: id, what })
  }
  return found
}

/**
 * Money that came after its session's end goes back, unless the session was made to keep it, the merchant captured the
 * hold, or the PSP refused to take it back, which is flagged.
 */
function checkLateMoney(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const sessions = new Map(evidence.sessions.map((session) => [session.id, session]))
  const capturedByMerchant = new Set(
    evidence.attempts
      .filter(({ kind, state }) => kind === 'capture' && state === 'approved')
      .map(({ charge_id }) => charge_id),
  )
  for (const { id, status, flags, captured, refunded, payment_session_id } of evidence.charges) {
    if (!flags.includes('paid_after_session_end') || flags.includes('give_back_failed')) continue
    if (sessions.get(payment_session_id ?? '')?.late_payments !== 'refund' || capturedByMerchant.has(id)) continue
    if (status !== 'authorized' && captured === refunded) continue
    const what = `it was paid after its session’s end, and is ${status} with ${refunded} of ${captured} given back`
    found.push({ invariant: 'I7', harm: 'lost', about: id, what })
  }
  return found
}

function checkNotGuessed(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const guessed = (about: string, what: string) => void found.push({ invariant: 'I7', harm: 'guessed', about, what })
  const moved = Map.groupBy(evidence.truth, ({ own_reference }) => own_reference)
  const failed = new Set<string>()
  const refundsOfAttempts = new Map(evidence.attempts.map(({ id, refund_id }) => [id, refund_id]))
  for (const { id, status } of [...evidence.charges, ...evidence.refunds]) if (status === 'failed') failed.add(id)
  // Also what was only ever said, and mended since.
  for (const { object } of evidence.events) if (object.status === 'failed') failed.add(String(object.id))
  for (const { status, body } of evidence.asked)
    if (status !== null && status < 300 && body?.status === 'failed') failed.add(String(body.id))

  for (const { id, kind, state, charge_id, refund_id, payment_session_id } of evidence.attempts) {
    const effects = (moved.get(id) ?? []).filter((movement) => effectOf[kind] === movement.kind)
    if (effects.length === 0 || payment_session_id !== null) continue
    const about = refund_id ?? charge_id ?? id
    const what = `the PSP did the ${kind} ${id}`
    if (state === 'rejected' || state === 'declined') guessed(about, `${what}, and FinCore wrote it down as ${state}`)
    if (kind === 'authorize' && charge_id !== null && failed.has(charge_id))
      guessed(charge_id, `${what}, and FinCore called the charge failed`)
    const refund = refundsOfAttempts.get(id) ?? null
    if (kind === 'refund' && refund !== null && failed.has(refund))
      guessed(refund, `${what}, and FinCore called the refund failed`)
  }
  return found
}

const effectOf: Readonly<Record<string, string>> = {
  authorize: 'authorization',
  capture: 'capture',
  cancel: 'cancellation',
  refund: 'refund',
}
