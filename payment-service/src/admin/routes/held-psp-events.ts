import { Type } from 'typebox'
import { isId } from '../../ids.ts'
import { refuse } from '../../refusal.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import {
  type HeldPspEvent,
  listHeldPspEvents,
  lockPspEvent,
  type PspEventName,
  replayPspEvent,
} from '../../store/held-psp-events.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'

const listSchema = {
  querystring: Type.Object(
    {
      ...pageQuery,
      state: Type.Optional(Type.Enum(['held', 'flagged'])),
      merchant: Type.Optional(Type.String({ maxLength: 64 })),
    },
    { additionalProperties: false },
  ),
}
const replaySchema = {
  params: Type.Object({ event: Type.String() }),
  body: Type.Object({}, { additionalProperties: false }),
}

export function addHeldPspEventRoutes(app: App, deps: AdminDeps): void {
  app.get('/admin/v1/held_psp_events', { schema: listSchema, config: readingRoute }, (request) => {
    const { state, merchant, ...query } = request.query
    const filter = { state: state ?? null, merchantId: merchant ?? null }
    const before = query.starting_after === undefined ? null : parseName(query.starting_after)
    if (query.starting_after !== undefined && before === null)
      throw new RefusalError(refuse('cursor_invalid', { param: 'starting_after' }))
    return listPage(query, ({ limit }) => listHeldPspEvents(deps.pool, filter, { before, limit }), showEvent)
  })

  app.post(
    '/admin/v1/held_psp_events/:event/replay',
    { schema: replaySchema, config: auditedRoute('psp_event.replay', ':event') },
    (request, reply) =>
      act(
        deps,
        request,
        reply,
        async (tx) => {
          const name = parseName(request.params.event)
          const event = name === null ? null : await lockPspEvent(tx, name)
          if (event === null) return refuse('resource_not_found')
          if (event.state !== 'held' && event.state !== 'flagged') {
            return refuse('conflict', {
              detail: `The event is ${event.state}. Only a held or flagged one can be replayed.`,
            })
          }
          const replayed = await replayPspEvent(tx, event)
          return {
            body: showEvent(replayed),
            merchantId: event.merchantId,
            details: { was: event.state },
          }
        },
        async () => {
          deps.wakeInbox()
          return null
        },
      ),
  )
}

/** `pspa_…:` and the PSP's own id of the event, which is unique within the account only. */
function parseName(id: string): PspEventName | null {
  const colon = id.indexOf(':')
  const pspAccountId = id.slice(0, Math.max(0, colon))
  return isId('pspAccount', pspAccountId) ? { pspAccountId, eventId: id.slice(colon + 1) } : null
}

function showEvent(event: HeldPspEvent) {
  return {
    object: 'held_psp_event',
    id: `${event.pspAccountId}:${event.eventId}`,
    merchant: event.merchantId,
    psp_account: event.pspAccountId,
    psp_event: event.eventId,
    type: event.type,
    reference: event.reference,
    state: event.state,
    note: event.note,
    tries: event.tries,
    next_try_at: event.nextTryAt?.toISOString() ?? null,
    received_at: event.receivedAt.toISOString(),
  }
}
