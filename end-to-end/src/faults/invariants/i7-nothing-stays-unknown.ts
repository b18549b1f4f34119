import type { Evidence, Violation } from './evidence.ts'

/** I7: nothing stays unknown once the PSP can answer; nothing unknown is ever called failed. */
export function checkCertainty(evidence: Evidence): Violation[] {
  return [...checkResolved(evidence), ...checkNotGuessed(evidence)]
}

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
