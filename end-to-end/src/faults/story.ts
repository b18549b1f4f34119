import type { Evidence } from './invariants/evidence.ts'
import type { Asked, Journal } from './journal.ts'

/** What happened to one object: what was asked when, what the PSP did, what FinCore said. As lines, in order. */
export function tellStory(about: string, evidence: Evidence, journal: Journal): string[] {
  const charge = findCharge(about, evidence)
  const refunds = evidence.refunds.filter(({ charge_id }) => charge_id === charge?.id)
  const session = evidence.sessions.find(({ id }) => id === about || id === charge?.payment_session_id)
  const ids = new Set([about, charge?.id, session?.id, ...refunds.map(({ id }) => id)].filter((id) => id !== undefined))
  const attempts = evidence.attempts.filter(({ charge_id, refund_id, payment_session_id }) =>
    [charge_id, refund_id, payment_session_id].some((id) => id !== null && ids.has(id)),
  )
  const lines: { at: number; text: string }[] = []
  const payments = new Set(
    evidence.asked
      .filter(({ body }) => ids.has(String(body?.id)) || ids.has(String(body?.charge)))
      .map(({ payment }) => payment),
  )
  for (const asked of evidence.asked) if (payments.has(asked.payment)) lines.push(describeAsked(asked))
  for (const { id, kind } of attempts) {
    for (const note of journal.notesAbout(id))
      lines.push({ at: Number.parseFloat(note) * 1_000, text: `${kind} ${id}: ${note.replace(/^\S+ s +/, '')}` })
  }
  const references = new Set(attempts.map(({ id }) => id))
  for (const movement of evidence.truth) {
    if (!references.has(movement.own_reference) && movement.payment !== charge?.psp_reference) continue
    lines.push({
      at: movement.at - journal.beganAt,
      text: `the PSP: ${movement.kind} of ${movement.amount} under ${movement.own_reference} (${movement.payment})`,
    })
  }
  for (const event of evidence.events) {
    if (!ids.has(event.object_id)) continue
    lines.push({
      at: event.created_at - journal.beganAt,
      text: `FinCore: ${event.type}, event ${event.sequence} of ${event.object_id}, “${event.object.status}”`,
    })
  }
  for (const note of journal.notesAbout('kills'))
    if (lines.some(({ at }) => Math.abs(at - Number.parseFloat(note) * 1_000) < 3_000))
      lines.push({ at: Number.parseFloat(note) * 1_000, text: note.replace(/^\S+ s +/, '') })
  lines.sort((a, b) => a.at - b.at)
  const end = [
    ...attempts.map(
      ({ id, kind, state, lookups }) => `at the end: ${kind} ${id} is ${state}, looked up ${lookups} times`,
    ),
    ...(charge === undefined
      ? []
      : [
          `at the end: ${charge.id} is ${charge.status}, captured ${charge.captured}, refunded ${charge.refunded}, pending ${charge.refunds_pending}${charge.flags.length > 0 ? `, flags ${charge.flags.join(', ')}` : ''}`,
        ]),
    ...refunds.map(({ id, status, amount }) => `at the end: ${id} of ${amount} is ${status}`),
  ]
  return [...lines.map(({ at, text }) => `${(at / 1000).toFixed(3).padStart(9)} s  ${text}`), ...end]
}

function findCharge(about: string, { charges, refunds, sessions }: Evidence) {
  const refund = refunds.find(({ id }) => id === about)
  const session = sessions.find(({ id }) => id === about)
  return charges.find(
    ({ id, psp_reference }) =>
      id === about || psp_reference === about || id === refund?.charge_id || id === session?.charge_id,
  )
}

function describeAsked({ method, path, key, request, startedAt, endedAt, status, body }: Asked) {
  const amount = request !== null && 'amount' in request ? ` of ${request.amount}` : ''
  const answer =
    status === null ? 'no answer' : `${status} ${body?.code ?? `“${body?.status ?? ''}” ${body?.id ?? ''}`}`
  return {
    at: startedAt,
    text: `the merchant: ${method} ${path}${amount}${key === null ? '' : ` (key ${key})`} → ${answer} after ${Math.round(endedAt - startedAt)} ms`,
  }
}
