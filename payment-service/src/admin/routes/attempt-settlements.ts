import { Type } from 'typebox'
import { checkSettlement } from '../../flows/check-settlement.ts'
import { type SettlementState, settlementStates } from '../../payments/settlement-states.ts'
import { isRefusal, type Refusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import {
  approveSettlement,
  endSettlement,
  findSettlement,
  listSettlements,
  lockSettlement,
  type Settlement,
} from '../../store/attempt-settlements.ts'
import { findAttempt } from '../../store/attempts.ts'
import { act, auditedRoute, type Done, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'
import { showSettlement } from '../show-attempt.ts'
import { waitForWorker } from '../wait-for-worker.ts'

const collection = '/admin/v1/attempt_settlements'
const strict = { additionalProperties: false }
const states = Object.keys(settlementStates) as SettlementState[]
const listSchema = {
  querystring: Type.Object({ ...pageQuery, state: Type.Optional(Type.Enum(states)) }, strict),
}
const changeSchema = {
  params: Type.Object({ settlement: Type.String() }),
  body: Type.Object({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) }, strict),
}

/** Settling by hand moves money in the books, so it takes two operators: one asks, and another one approves. */
export function addAttemptSettlementRoutes(app: App, deps: AdminDeps): void {
  app.get(collection, { schema: listSchema, config: readingRoute }, (request) => {
    const { state, ...query } = request.query
    return listPage(query, (page) => listSettlements(deps.pool, state ?? null, page), showSettlement)
  })

  app.post(
    `${collection}/:settlement/approve`,
    { schema: changeSchema, config: auditedRoute('attempt_settlement.approve', ':settlement') },
    (request, reply) =>
      act(
        deps,
        request,
        reply,
        async (tx, operator) => {
          const settlement = await lockSettlement(tx, request.params.settlement)
          const wrong = refuseState(settlement, ['requested'])
          if (wrong !== null || settlement === null) return wrong ?? refuse('resource_not_found')
          if (operator === settlement.requestedBy) return refuse('two_operators_required')
          const attempt = await findAttempt(tx, settlement.attemptId)
          if (attempt === null) throw new Error('A settlement has lost its attempt')
          const checked = await checkSettlement(deps, tx, attempt, settlement)
          if (isRefusal(checked)) return checked
          return done(await approveSettlement(tx, settlement, operator, deps.now()), settlement, request.body.reason)
        },
        () => answerWhenApplied(deps, request.params.settlement),
      ),
  )

  app.post(
    `${collection}/:settlement/withdraw`,
    { schema: changeSchema, config: auditedRoute('attempt_settlement.withdraw', ':settlement') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const settlement = await lockSettlement(tx, request.params.settlement)
        const wrong = refuseState(settlement, ['requested', 'approved'])
        if (wrong !== null || settlement === null) return wrong ?? refuse('resource_not_found')
        return done(await endSettlement(tx, settlement, 'withdrawn', null), settlement, request.body.reason)
      }),
  )
}

function refuseState(settlement: Settlement | null, from: readonly SettlementState[]): Refusal | null {
  if (settlement === null) return refuse('resource_not_found')
  if (from.includes(settlement.state)) return null
  return refuse('conflict', {
    detail: `The settlement is ${settlement.state}, and would have to be ${from.join(' or ')}.${settlement.note === null ? '' : ` ${settlement.note}`}`,
  })
}

function done(settlement: Settlement, before: Settlement, reason: string | undefined): Done {
  const details = { was: before.state, attempt: settlement.attemptId, ...(reason === undefined ? {} : { reason }) }
  return { body: showSettlement(settlement), merchantId: settlement.merchantId, details }
}

/** The PSP's own word comes first, and when there is one the operators hear it; 202 while no worker has come by. */
async function answerWhenApplied(deps: AdminDeps, id: string): Promise<Done | Refusal> {
  const read = () => findSettlement(deps.pool, id)
  const ended = await waitForWorker(read, (current) => current !== null && current.state !== 'approved')
  const current = ended ?? (await read())
  if (current === null) return refuse('resource_not_found')
  if (current.state === 'superseded') return refuse('psp_answered', noteOf(current))
  if (current.state === 'refused') return refuse('attempt_not_settleable', noteOf(current))
  return { status: ended === null ? 202 : 200, body: showSettlement(current) }
}

function noteOf({ note }: Settlement): { detail?: string } {
  return note === null ? {} : { detail: note }
}
