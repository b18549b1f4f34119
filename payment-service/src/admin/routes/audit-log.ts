import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { type AuditStatus, readAuditStatus } from '../../audit/audit-watch.ts'
import { exportAudit } from '../../audit/export.ts'
import { refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { listAuditRecords, type StoredAuditRecord } from '../../store/audit.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'

const text = Type.Optional(Type.String({ minLength: 1, maxLength: 300 }))
const time = Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339.' }))
const listSchema = {
  querystring: Type.Object(
    {
      ...pageQuery,
      merchant: text,
      actor: text,
      type: text,
      outcome: Type.Optional(Type.Enum(['success', 'refused'])),
      resource: text,
      since: time,
      until: time,
    },
    { additionalProperties: false },
  ),
}

const moment = Type.String({ format: 'date-time', description: 'RFC 3339.' })
const exportSchema = { querystring: Type.Object({ from: moment, to: moment }, { additionalProperties: false }) }

export function addAuditLogRoutes(app: App, deps: AdminDeps): void {
  // Reading the log is recorded in it (PCI DSS 10.2.1.3); the record stands after what was read.
  app.get(
    '/admin/v1/audit_log',
    { schema: listSchema, config: auditedRoute('audit_log.read', 'audit_log') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const { limit, starting_after, ...filter } = request.query
        if (starting_after !== undefined && !/^\d{1,18}$/.test(starting_after))
          return refuse('cursor_invalid', { param: 'starting_after' })
        const body = await listPage(
          { ...(limit === undefined ? {} : { limit }), ...(starting_after === undefined ? {} : { starting_after }) },
          (page) => listAuditRecords(tx, filter, page),
          showRecord,
        )
        return { body, details: { ...filter, returned: body.data.length } }
      }),
  )

  // The export is recorded, and its record committed, before its first line; then it is read as fast as it is taken.
  app.get(
    '/admin/v1/audit_log/export',
    { schema: exportSchema, config: auditedRoute('audit_log.export', 'audit_log') },
    (request, reply) =>
      act(deps, request, reply, async () => {
        const { from, to } = request.query
        const body = Readable.from(exportAudit(deps.pool, { from, to }))
        return { body, contentType: 'application/jsonl', details: { from, to } }
      }),
  )

  app.get('/admin/v1/audit_log/status', { config: readingRoute }, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return showStatus(await readAuditStatus(deps.pool))
  })
}

/** What an operator watches (PCI DSS 10.7.2): asked of the log itself at this moment. */
function showStatus({ why, sealLagSeconds, waiting, lastSeal }: AuditStatus) {
  return {
    object: 'audit_log_status',
    writable: why === null,
    why,
    raw_card_route: why === null ? 'open' : 'closed',
    waiting_for_seal: waiting,
    oldest_waiting_seconds: sealLagSeconds,
    last_seal: lastSeal,
  }
}

function showRecord(record: StoredAuditRecord) {
  return {
    object: 'audit_record',
    id: String(record.id),
    at: record.at.toISOString(),
    actor_type: record.actorType,
    actor: record.actor,
    type: record.type,
    outcome: record.outcome,
    origin: record.origin,
    merchant: record.merchantId,
    resource: record.resource,
    details: record.details,
  }
}
