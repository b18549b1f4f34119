import { DisputeList } from '@fincore/api-contract/answers'
import { Dispute } from '@fincore/api-contract/resources'
import type { Deps } from '../../deps.ts'
import { isId } from '../../ids.ts'
import { disputeStates } from '../../payments/dispute-states.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { type DisputeRow, disputeColumns, findDispute, renderDispute } from '../../store/disputes.ts'
import { fetchPage } from '../../store/page.ts'
import { sendAnswer } from '../answers.ts'
import { idOf, listOf, oneOf, readListQuery } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const

const list = listOf('dispute', {
  charge: idOf(['charge'], 'The disputes of this charge.'),
  status: oneOf(disputeStates, 'Disputes that stand here.'),
})

export function registerDisputeRoutes(app: App, deps: Deps): void {
  app.get<{ Params: { id: string } }>(
    '/v1/disputes/:id',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'getDispute',
          summary: 'Read a dispute',
          tag: 'Disputes',
          answer: { status: 200, schema: Dispute },
        },
      },
    },
    async (request, reply) => {
      const dispute = isId('dispute', request.params.id)
        ? await findDispute(deps.pool, merchantOf(request), request.params.id)
        : null
      if (dispute === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      return sendAnswer(reply, { status: 200, body: renderDispute(dispute), replayed: false })
    },
  )

  app.get(
    '/v1/disputes',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listDisputes',
          summary: 'List disputes',
          tag: 'Disputes',
          answer: { status: 200, schema: DisputeList },
          list: list,
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, list)
      if (isRefusal(query)) throw new RefusalError(query)
      const page = await fetchPage<DisputeRow>(deps.pool, {
        columns: disputeColumns,
        table: 'disputes',
        merchantId: merchantOf(request),
        equal: { charge_id: query.filters.charge, status: query.filters.status },
        query,
      })
      if (isRefusal(page)) throw new RefusalError(page)
      return sendAnswer(reply, {
        status: 200,
        body: { object: 'list', data: page.rows.map(renderDispute), has_more: page.hasMore },
        replayed: false,
      })
    },
  )
}
