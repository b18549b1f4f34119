import { call, type Door } from '../http-client.ts'
import { readList } from '../lists.ts'
import { type Finding, type FindingCode, find } from './findings.ts'

type AuditStatus = { writable: boolean; why: string | null; oldest_waiting_seconds: number | null }
type HeldEvent = { id: string; received_at?: string; created_at?: string }

const most = 1_000
const longestSealSeconds = 60

/** What waits for an operator, by the lists of the admin API. */
export async function checkWaitingWork(door: Door): Promise<Finding[]> {
  const findings = await Promise.all([
    checkAttempts(door),
    checkPspEvents(door),
    countOf(door, '/reconciliation_findings', { state: 'open' }).then(judge('books_differ', 'books_agree')),
    checkAuditLog(door),
    countOf(door, '/notices', { state: 'open' }).then(judge('notices_unread', 'notices_read')),
  ])
  return findings.flat()
}

async function checkAttempts(door: Door): Promise<Finding[]> {
  const { rows } = await list<{ id: string; state: string }>(door, '/unresolved_attempts', {
    older_than_seconds: '900',
  })
  // A shopper in front of 3-D Secure is no fault.
  const inDoubt = rows.filter(({ state }) => state !== 'action_required')
  return judge('payments_unresolved', 'payments_resolved')(inDoubt.length)
}

async function checkPspEvents(door: Door): Promise<Finding[]> {
  const hourAgo = Date.now() - 3_600_000
  const [flagged, held] = await Promise.all([
    countOf(door, '/held_psp_events', { state: 'flagged' }),
    list<HeldEvent>(door, '/held_psp_events', { state: 'held' }),
  ])
  const old = held.rows.filter(({ received_at }) => Date.parse(received_at ?? '') < hourAgo)
  const found = [
    ...(flagged === 0 ? [] : [find('psp_events_flagged', String(flagged))]),
    ...(old.length === 0 ? [] : [find('psp_events_held', String(old.length))]),
  ]
  return found.length === 0 ? [find('psp_events_applied')] : found
}

async function checkAuditLog(door: Door): Promise<Finding[]> {
  const status = await call<AuditStatus>(door, 'GET', '/admin/v1/audit_log/status')
  if (!status.writable) return [find('audit_log_closed', status.why)]
  const waited = status.oldest_waiting_seconds ?? 0
  if (waited > longestSealSeconds) return [find('audit_log_unsealed', `For ${Math.round(waited)} s.`)]
  return [find('audit_log_sealed')]
}

function judge(some: FindingCode, none: FindingCode) {
  return (count: number): Finding[] => [
    count === 0 ? find(none) : find(some, `${count >= most ? 'At least ' : ''}${count}`),
  ]
}

async function countOf(door: Door, path: string, query: Record<string, string>): Promise<number> {
  return (await list(door, path, query)).rows.length
}

function list<Row extends { id: string }>(door: Door, path: string, query: Record<string, string>) {
  return readList<Row>(door, `/admin/v1${path}`, { limit: most }, query)
}
