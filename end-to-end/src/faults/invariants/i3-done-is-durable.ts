import type { Evidence, Violation } from './evidence.ts'
import { mayFollow } from './words.ts'

/** I3: an answer that said *done* is durable: what it named is still there, and has gone no other way since. */
export function checkDurable(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const broken = (about: string, what: string) => void found.push({ invariant: 'I3', harm: 'lost', about, what })
  for (const { status, body, method, path } of evidence.asked) {
    if (status === null || status < 200 || status > 299 || body === null || typeof body.id !== 'string') continue
    const said = String(body.status)
    const about = `${method} ${path} was answered ${status} “${said}”`
    const now = evidence.api.get(body.id)
    if (now === undefined || now.id !== body.id) {
      broken(body.id, `${about}, and it is not there any more`)
      continue
    }
    const object = String(body.object)
    if (!mayFollow(object, said, String(now.status))) broken(body.id, `${about}, and it is ${now.status} now`)
    if (now.amount !== body.amount) broken(body.id, `${about} of ${body.amount}, and it is of ${now.amount} now`)
    if (said === 'captured' && now.amount_captured !== body.amount_captured)
      broken(body.id, `${about} with ${body.amount_captured} captured, and it is ${now.amount_captured} now`)
    if (Number(now.amount_refunded ?? 0) < Number(body.amount_refunded ?? 0))
      broken(body.id, `${about} with ${body.amount_refunded} given back, and it is ${now.amount_refunded} now`)
  }
  // What the API says and what is in the rows is one thing.
  for (const row of [...evidence.charges, ...evidence.refunds, ...evidence.sessions]) {
    const said = evidence.api.get(row.id)
    if (said?.status !== row.status) broken(row.id, `the row is ${row.status}, and the API says ${said?.status}`)
  }
  return found
}
