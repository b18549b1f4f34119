import type { FastifyRequest } from 'fastify'
import { isId } from '../../ids.ts'
import { refuse } from '../../refusal.ts'
import { keyOf, merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'

/** The endpoint that the path names; a text of another form names none, so the database is not asked. */
export function endpointOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string }
  if (!isId('webhookEndpoint', id)) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
  return id
}

/** What every POST about one endpoint says. */
export function endpointRequest(request: FastifyRequest) {
  return { merchantId: merchantOf(request), endpointId: endpointOf(request), idempotencyKey: keyOf(request) }
}
