import { Type } from 'typebox'
import { refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { listAuditRecords, type StoredAuditRecord } from '../../store/audit.ts'
import { act, auditedRoute } from '../act.ts'
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

export function addAuditLogRoutes(app: App, deps: AdminDeps): void {
  // Reading the log is recorded in it (PCI DSS 10.2.1.3); the record stands after what was read.
  app.get('/admin/v1/audit_log', { schema: listSchema, config: auditedRoute('audit_log.read') }, (request, reply) =>
    act(deps, request, reply, async (tx) => {
      const { limit, starting_after, ...filter } = request.query
      if (starting_after !== undefined && !/^\d{1,18}$/.test(starting_after))
        return refuse('cursor_invalid', { param: 'starting_after' })
      const body = await listPage(
        { ...(limit === undefined ? {} : { limit }), ...(starting_after === undefined ? {} : { starting_after }) },
        (page) => listAuditRecords(tx, filter, page),
        showRecord,
      )
      return { body, resource: 'audit_log', details: { ...filter, returned: body.data.length } }
    }),
  )
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
