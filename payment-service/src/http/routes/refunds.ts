import { CreateRefund } from '@fincore/api-contract/requests'
import type { Deps } from '../../deps.ts'
import { createRefund } from '../../flows/create-refund.ts'
import { isId } from '../../ids.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { keyOf, merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { fetchPage } from '../../store/page.ts'
import { findRefund, type RefundRow, refundColumns, renderRefund } from '../../store/refunds.ts'
import { sendAnswer } from '../answers.ts'
import { readListQuery } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const

export function registerRefundRoutes(app: App, deps: Deps): void {
  const write = { access: { by: 'secret_key', scope: 'refunds:write' }, idempotent: true } as const
  app.post('/v1/refunds', { config: write, schema: { body: CreateRefund } }, async (request, reply) =>
    sendAnswer(
      reply,
      await createRefund(deps, {
        merchantId: merchantOf(request),
        idempotencyKey: keyOf(request),
        request: request.body,
      }),
    ),
  )

  app.get<{ Params: { id: string } }>('/v1/refunds/:id', { config: read }, async (request, reply) => {
    const refund = isId('refund', request.params.id)
      ? await findRefund(deps.pool, merchantOf(request), request.params.id)
      : null
    if (refund === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
    return sendAnswer(reply, { status: 200, body: renderRefund(refund), replayed: false })
  })

  app.get('/v1/refunds', { config: read }, async (request, reply) => {
    const query = readListQuery(request.query, 'refund', ['charge', 'status'])
    if (isRefusal(query)) throw new RefusalError(query)
    const page = await fetchPage<RefundRow>(deps.pool, {
      columns: refundColumns,
      table: 'refunds',
      merchantId: merchantOf(request),
      equal: { charge_id: query.filters.charge, status: query.filters.status },
      query,
    })
    if (isRefusal(page)) throw new RefusalError(page)
    return sendAnswer(reply, {
      status: 200,
      body: { object: 'list', data: page.rows.map(renderRefund), has_more: page.hasMore },
      replayed: false,
    })
  })
}
