import { Type } from 'typebox'
import { isId } from '../../ids.ts'
import { refuse } from '../../refusal.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { acknowledgeNotice, listNotices, type Notice } from '../../store/notices.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'

const listSchema = {
  querystring: Type.Object(
    {
      ...pageQuery,
      state: Type.Optional(Type.Enum(['open', 'acknowledged'])),
      merchant: Type.Optional(Type.String({ maxLength: 64 })),
    },
    { additionalProperties: false },
  ),
}
const acknowledgeSchema = {
  params: Type.Object({ notice: Type.String() }),
  body: Type.Object({}, { additionalProperties: false }),
}

/** What operators should know of their merchants, each an e-mail that is ready to be sent. */
export function addNoticeRoutes(app: App, deps: AdminDeps): void {
  app.get('/admin/v1/notices', { schema: listSchema, config: readingRoute }, (request) => {
    const { state, merchant, ...query } = request.query
    if (query.starting_after !== undefined && !isId('notice', query.starting_after))
      throw new RefusalError(refuse('cursor_invalid', { param: 'starting_after' }))
    const filter = { state: state ?? null, merchantId: merchant ?? null }
    return listPage(query, (page) => listNotices(deps.pool, filter, page), showNotice)
  })

  app.post(
    '/admin/v1/notices/:notice/acknowledge',
    { schema: acknowledgeSchema, config: auditedRoute('notice.acknowledge', ':notice') },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const notice = await acknowledgeNotice(tx, request.params.notice, operator)
        if (notice === null) return refuse('resource_not_found')
        const { merchantId, kind, objectId: object } = notice
        return { body: showNotice(notice), merchantId, details: { kind, object } }
      }),
  )
}

function showNotice(notice: Notice) {
  return {
    object: 'notice',
    id: notice.id,
    merchant: notice.merchantId,
    kind: notice.kind,
    about: notice.objectId,
    subject: notice.subject,
    body: notice.body,
    created_at: notice.createdAt.toISOString(),
    acknowledged_by: notice.acknowledgedBy,
    acknowledged_at: notice.acknowledgedAt?.toISOString() ?? null,
  }
}
