import { Type } from 'typebox'
import { detailsOf } from '../../flows/apply-settlements.ts'
import { checkSettlement, refuseReferenceInUse, refuseUnfitAttempt } from '../../flows/check-settlement.ts'
import { callEndedBy } from '../../flows/time-limits.ts'
import { newId } from '../../ids.ts'
import { isRefusal, type Refusal, refuse } from '../../refusal.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { insertSettlement, listSettlementsOf } from '../../store/attempt-settlements.ts'
import { type AttemptRow, askForLookUp, findAttempt } from '../../store/attempts.ts'
import { findShownAttempt, listUnresolvedAttempts, type ShownAttempt } from '../../store/unresolved-attempts.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'
import { readSettlementRequest, settlementRequestSchema } from '../settlement-request.ts'
import { showAttempt, showSettlement, showWholeAttempt } from '../show-attempt.ts'
import { waitForWorker } from '../wait-for-worker.ts'

const collection = '/admin/v1/unresolved_attempts'
const strict = { additionalProperties: false }
const attemptParams = Type.Object({ attempt: Type.String() })
const listSchema = {
  querystring: Type.Object(
    {
      ...pageQuery,
      older_than_seconds: Type.Optional(Type.String({ pattern: '^\\d{1,7}$', description: '60 without it.' })),
      merchant: Type.Optional(Type.String({ maxLength: 64 })),
    },
    strict,
  ),
}

/** What has no known outcome, why, and what was asked when; and what an operator can do about it. */
export function addUnresolvedAttemptRoutes(app: App, deps: AdminDeps): void {
  app.get(collection, { schema: listSchema, config: readingRoute }, (request) => {
    const { older_than_seconds, merchant, ...query } = request.query
    const now = deps.now()
    const sentBefore = new Date(now.getTime() - Number(older_than_seconds ?? 60) * 1_000)
    const read = (page: { before: string | null; limit: number }) =>
      listUnresolvedAttempts(deps.pool, { sentBefore, merchantId: merchant ?? null }, page)
    return listPage(query, read, (attempt) => showAttempt(attempt, now))
  })

  app.get(`${collection}/:attempt`, { schema: { params: attemptParams }, config: readingRoute }, async (request) => {
    const attempt = await findShownAttempt(deps.pool, request.params.attempt)
    if (attempt === null) throw new RefusalError(refuse('resource_not_found'))
    return showWhole(deps, attempt)
  })

  app.post(
    `${collection}/:attempt/look_up`,
    {
      schema: { params: attemptParams, body: Type.Object({}, strict) },
      config: auditedRoute('attempt.look_up', ':attempt'),
    },
    (request, reply) => {
      const { attempt: id } = request.params
      return act(
        deps,
        request,
        reply,
        async (tx, operator) => {
          const attempt = await findAttempt(tx, id)
          if (attempt === null) return refuse('resource_not_found')
          const obstacle = refuseUnfitAttempt(attempt) ?? refuseRunning(deps, attempt)
          if (obstacle !== null) return obstacle
          await askForLookUp(tx, attempt, operator, deps.now())
          return { body: {}, merchantId: attempt.merchant_id }
        },
        async () => {
          const read = () => findShownAttempt(deps.pool, id)
          const answered = await waitForWorker(
            read,
            (current) => current !== null && (current.lookUpAskedBy === null || current.nextLookupAt === null),
          )
          const current = answered ?? (await read())
          if (current === null) return refuse('resource_not_found')
          return { status: answered === null ? 202 : 200, body: await showWhole(deps, current) }
        },
      )
    },
  )

  app.post(
    `${collection}/:attempt/settle`,
    {
      schema: { params: attemptParams, body: settlementRequestSchema },
      config: auditedRoute('attempt_settlement.request', ':attempt'),
    },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const asked = readSettlementRequest(request.body)
        if (isRefusal(asked)) return asked
        const attempt = await findAttempt(tx, request.params.attempt)
        if (attempt === null) return refuse('resource_not_found')
        const checked = await checkSettlement(deps, tx, attempt, asked)
        if (isRefusal(checked)) return checked
        const inUse = await refuseReferenceInUse(tx, attempt, asked.pspReference)
        if (inUse !== null) return inUse
        const settlement = await insertSettlement(tx, {
          ...asked,
          merchantId: attempt.merchant_id,
          id: newId('settlement'),
          attemptId: attempt.id,
          requestedBy: operator,
        })
        return {
          status: 201,
          body: showSettlement(settlement),
          merchantId: attempt.merchant_id,
          details: { settlement: settlement.id, ...detailsOf(settlement) },
        }
      }),
  )
}

async function showWhole(deps: AdminDeps, attempt: ShownAttempt) {
  const settlements = await listSettlementsOf(deps.pool, attempt.merchantId, attempt.id)
  return showWholeAttempt(attempt, settlements, deps.now())
}

/** While its call may be running, nobody may take “not found” for an answer, so nobody asks. */
function refuseRunning(deps: AdminDeps, attempt: AttemptRow): Refusal | null {
  const leftMs = callEndedBy(deps, attempt) - deps.now().getTime()
  if (attempt.state !== 'sent' || leftMs <= 0) return null
  return refuse('attempt_running', { retryAfterSeconds: Math.ceil(leftMs / 1_000) })
}
