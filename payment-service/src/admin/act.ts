import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuditType } from '../audit/audit-types.ts'
import { holdsCardNumber } from '../card-door/tripwire.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import { readBearer } from '../server/caller.ts'
import { sendRefusal } from '../server/problems.ts'
import { type AuditRecord, recordAudits } from '../store/audit.ts'
import { holdOperator } from '../store/operators.ts'
import { inTransaction, type Transaction } from '../store/pool.ts'
import type { AdminDeps } from './deps.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The type of the audit record that every call of the route leaves. */
    audited?: AuditType
    /** What the path names, as the record says it in both outcomes: a text with parts of the path, `metadata.:key`. */
    auditedResource?: string
  }
  interface FastifyRequest {
    /** Whether the call's audit record is written. */
    isAudited: boolean
  }
}

/** What an action came to: what is answered, and what the audit record names. */
export type Done = {
  status?: number
  /** An object, or a stream of `contentType`. */
  body: object
  contentType?: string
  /** What the action made; of a route whose path names what it is about, the route says it. */
  resource?: string
  merchantId?: string
  details?: AuditRecord['details']
  /** What else the action did, each with a record of its own. */
  also?: Pick<AuditRecord, 'type' | 'resource' | 'details'>[]
}

/** How long an action waits for another's lock, or for an audit log that is locked, before it is refused. */
const lockTimeoutMs = 2_000

/**
 * The configuration of a route that changes something, or that PCI DSS 10.2.1.3 wants recorded.
 *
 * @param resource what the path names; a route that makes something names that in its `Done`.
 */
export const auditedRoute = (type: AuditType, resource?: string) => ({
  access: { by: 'operator' as const },
  audited: type,
  ...(resource === undefined ? {} : { auditedResource: resource }),
})
/** The configuration of a route that only reads. */
export const readingRoute = { access: { by: 'operator' as const } }

/**
 * Runs an operator's action and leaves exactly one audit record, in the action's own transaction: neither exists
 * without the other, and an action that cannot be audited does not happen. A refused action is undone and recorded as
 * refused; so is that of an operator who is none any more when it begins. `afterwards` runs when all is committed; what it returns, if anything, is answered in place
 * of what the work returned.
 */
export async function act(
  deps: AdminDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Transaction, operator: string) => Promise<Done | Refusal>,
  afterwards: () => Promise<Done | Refusal | null> = async () => null,
): Promise<FastifyReply> {
  const operator = operatorOf(request)
  const token = digestOf(readBearer(request.headers.authorization) ?? '')
  const result = await inTransaction(deps.pool, async (tx) => {
    await tx.query(`set local lock_timeout = ${lockTimeoutMs}; savepoint action`)
    const result = (await holdOperator(tx, operator, token))
      ? await work(tx, operator).catch(refuseBrokenConstraint)
      : refuse('operator_required')
    if (isRefusal(result)) await tx.query('rollback to savepoint action')
    await recordAudits(tx, recordsOfCall(request, result))
    return result
  })
  request.isAudited = true
  if (isRefusal(result)) return sendRefusal(request, reply, result, `${deps.config.publicUrl}/docs`)
  const answer = (await afterwards()) ?? result
  if (isRefusal(answer)) return sendRefusal(request, reply, answer, `${deps.config.publicUrl}/docs`)
  if (answer.contentType !== undefined) reply.type(answer.contentType)
  return reply
    .code(answer.status ?? 200)
    .header('cache-control', 'no-store')
    .send(answer.body)
}

/** The record of a call of an audited route, and those of what else it did. */
export function recordsOfCall(request: FastifyRequest, result: Done | Refusal): AuditRecord[] {
  const { audited: type, auditedResource } = request.routeOptions.config
  if (type === undefined) throw new Error('A route without an audit record was recorded')
  const params = request.params as Record<string, string>
  const by = { actorType: 'operator', actor: operatorOf(request), origin: request.ip } as const
  const isRefused = isRefusal(result)
  const partOf = (name: string) => (isRefused ? idPart : cleanPart)(params[name] ?? '')
  const ofPath = params.merchant === undefined ? null : partOf('merchant')
  const named = auditedResource?.replace(/:(\w+)/g, (_, name: string) => partOf(name))
  const route = `${request.method} ${request.routeOptions.url ?? ''}`
  if (isRefusal(result)) {
    const details = { code: result.refused, param: result.param ?? null }
    return [{ ...by, type, outcome: 'refused', merchantId: ofPath, resource: named ?? route, details }]
  }
  const merchantId = result.merchantId ?? ofPath
  const { resource = named ?? route, details = {}, also = [] } = result
  return [{ type, resource, details }, ...also].map((one) => ({ ...by, ...one, outcome: 'success', merchantId }))
}

/** A part of the path as the log may hold it: nobody's card number belongs there. */
function cleanPart(part: string): string {
  return holdsCardNumber(part) ? '…' : part
}

/** The same of what was refused, and may be anything: only what has the form of an id, or of a metadata key, is kept. */
function idPart(part: string): string {
  return /^[\w.:-]+$/.test(part) ? cleanPart(part) : '…'
}

export function operatorOf(request: FastifyRequest): string {
  if (request.operator === null) throw new Error('An operator route was reached without an operator')
  return request.operator
}

/** PostgreSQL's class 23: the constraints have the last word on what two callers do at once. */
function refuseBrokenConstraint(error: unknown): Refusal {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === '23505')
    return refuse('conflict', { detail: 'There is one already. Look at the list, and end or change that one first.' })
  if (code === '23503') return refuse('resource_not_found')
  throw error
}
