import { Event, EventList } from '@fincore/api-contract/answers'
import { eventTypes } from '@fincore/api-contract/events'
import type { Deps } from '../../deps.ts'
import { isId } from '../../ids.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { findEvent, listEvents } from '../../store/events-list.ts'
import { sendAnswer } from '../answers.ts'
import { idOf, listOf, oneOf, readListQuery } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const

const list = listOf('event', {
  type: oneOf(eventTypes, 'Events of this type.'),
  object_id: idOf(['charge', 'refund', 'dispute', 'session', 'webhookEndpoint'], 'All that happened to this object.'),
})

/** `/v1/events`: what happened, as it was sent; a way to catch up for a server that was away. */
export function registerEventRoutes(app: App, deps: Deps): void {
  app.get<{ Params: { id: string } }>(
    '/v1/events/:id',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'getEvent',
          summary: 'Read an event',
          tag: 'Events',
          answer: { status: 200, schema: Event },
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const event = isId('event', id) ? await findEvent(deps.pool, merchantOf(request), id) : null
      if (event === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      return sendAnswer(reply, { status: 200, body: event, replayed: false })
    },
  )

  app.get(
    '/v1/events',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listEvents',
          summary: 'List events, to catch up',
          tag: 'Events',
          answer: { status: 200, schema: EventList },
          list: list,
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, list)
      if (isRefusal(query)) throw new RefusalError(query)
      const { type, object_id } = query.filters
      const page = await listEvents(deps.pool, merchantOf(request), { type, objectId: object_id }, query)
      if (isRefusal(page)) throw new RefusalError(page)
      const body = { object: 'list', data: page.events, has_more: page.hasMore }
      return sendAnswer(reply, { status: 200, body, replayed: false })
    },
  )
}
