import { RefundList } from '@fincore/api-contract/answers'
import { CreateRefund } from '@fincore/api-contract/requests'
import { Refund } from '@fincore/api-contract/resources'
import type { Deps } from '../../deps.ts'
import { createRefund } from '../../flows/create-refund.ts'
import { isId } from '../../ids.ts'
import { refundStates } from '../../payments/refund-states.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { keyOf, merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { fetchPage } from '../../store/page.ts'
import { findRefund, type RefundRow, refundColumns, renderRefund } from '../../store/refunds.ts'
import { sendAnswer } from '../answers.ts'
import { idOf, listOf, oneOf, readListQuery } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const

const list = listOf('refund', {
  charge: idOf(['charge'], 'The refunds of this charge.'),
  status: oneOf(refundStates, 'Refunds that stand here.'),
})

export function registerRefundRoutes(app: App, deps: Deps): void {
  const write = { access: { by: 'secret_key', scope: 'refunds:write' }, idempotent: true } as const
  app.post(
    '/v1/refunds',
    {
      config: write,
      schema: {
        body: CreateRefund,
        docs: {
          operationId: 'createRefund',
          summary: 'Give a captured charge’s money back',
          tag: 'Refunds',
          answer: { status: 201, schema: Refund },
          refusals: [
            'resource_not_found',
            'charge_not_refundable',
            'amount_exceeds_refundable',
            'psp_account_missing',
            'capability_not_supported',
            'psp_overloaded',
          ],
          description: 'All that is left, or a part; several may follow.',
        },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await createRefund(deps, {
          merchantId: merchantOf(request),
          idempotencyKey: keyOf(request),
          request: request.body,
          requestId: request.id,
        }),
      ),
  )

  app.get<{ Params: { id: string } }>(
    '/v1/refunds/:id',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'getRefund',
          summary: 'Read a refund',
          tag: 'Refunds',
          answer: { status: 200, schema: Refund },
        },
      },
    },
    async (request, reply) => {
      const refund = isId('refund', request.params.id)
        ? await findRefund(deps.pool, merchantOf(request), request.params.id)
        : null
      if (refund === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      return sendAnswer(reply, { status: 200, body: renderRefund(refund), replayed: false })
    },
  )

  app.get(
    '/v1/refunds',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listRefunds',
          summary: 'List refunds',
          tag: 'Refunds',
          answer: { status: 200, schema: RefundList },
          list: list,
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, list)
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
    },
  )
}
