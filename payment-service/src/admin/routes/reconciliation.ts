import { Type } from 'typebox'
import { type DifferenceClass, differenceClasses } from '../../payments/difference-classes.ts'
import { refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { acceptFinding, type Finding, listFindings, lockFinding } from '../../store/reconciliation-findings.ts'
import { listRuns, type ReconciliationRun } from '../../store/reconciliation-runs.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'

const accountQuery = {
  ...pageQuery,
  merchant: Type.Optional(Type.String({ maxLength: 64 })),
  psp_account: Type.Optional(Type.String({ maxLength: 64 })),
}
const runsSchema = {
  querystring: Type.Object(
    { ...accountQuery, state: Type.Optional(Type.Enum(['running', 'finished', 'failed'])) },
    { additionalProperties: false },
  ),
}
const findingsSchema = {
  querystring: Type.Object(
    {
      ...accountQuery,
      state: Type.Optional(Type.Enum(['open', 'repaired', 'accepted'])),
      class: Type.Optional(Type.Enum(Object.keys(differenceClasses) as DifferenceClass[])),
    },
    { additionalProperties: false },
  ),
}
const acceptSchema = {
  params: Type.Object({ finding: Type.String() }),
  body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500 }) }, { additionalProperties: false }),
}

/** When each PSP account was compared with its PSP, with which result, and what operators are left with. */
export function addReconciliationRoutes(app: App, deps: AdminDeps): void {
  app.get('/admin/v1/reconciliation_runs', { schema: runsSchema, config: readingRoute }, (request) => {
    const { merchant, psp_account, state, ...query } = request.query
    const filter = { merchantId: merchant ?? null, pspAccountId: psp_account ?? null, state: state ?? null }
    return listPage(query, (page) => listRuns(deps.pool, filter, page), showRun)
  })

  app.get('/admin/v1/reconciliation_findings', { schema: findingsSchema, config: readingRoute }, (request) => {
    const { merchant, psp_account, state, class: difference, ...query } = request.query
    const filter = {
      merchantId: merchant ?? null,
      pspAccountId: psp_account ?? null,
      state: state ?? null,
      class: difference ?? null,
    }
    return listPage(query, (page) => listFindings(deps.pool, filter, page), showFinding)
  })

  app.post(
    '/admin/v1/reconciliation_findings/:finding/accept',
    { schema: acceptSchema, config: auditedRoute('reconciliation_finding.accept', ':finding') },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const { reason } = request.body
        const finding = await lockFinding(tx, request.params.finding)
        if (finding === null) return refuse('resource_not_found')
        if (finding.state !== 'open')
          return refuse('conflict', { detail: `The finding is ${finding.state}. Only an open one can be accepted.` })
        const accepted = await acceptFinding(tx, finding, operator, reason)
        return {
          body: showFinding(accepted),
          merchantId: finding.merchantId,
          details: { class: finding.class, reason },
        }
      }),
  )
}

function showRun(run: ReconciliationRun) {
  return {
    object: 'reconciliation_run',
    id: run.id,
    merchant: run.merchantId,
    psp_account: run.pspAccountId,
    kind: run.kind,
    from: run.from?.toISOString() ?? null,
    to: run.to?.toISOString() ?? null,
    state: run.state,
    error: run.error,
    movements: run.movements,
    records: run.records,
    repaired: run.repaired,
    open: run.leftOpen,
    started_at: run.startedAt.toISOString(),
    finished_at: run.finishedAt?.toISOString() ?? null,
  }
}

function showFinding(finding: Finding) {
  const { meaning, operator } = differenceClasses[finding.class]
  return {
    object: 'reconciliation_finding',
    id: finding.id,
    merchant: finding.merchantId,
    psp_account: finding.pspAccountId,
    class: finding.class,
    meaning,
    do: operator,
    kind: finding.kind,
    state: finding.state,
    reference: finding.reference,
    psp_payment: finding.pspPayment,
    charge: finding.chargeId,
    psp: showMoney(finding.pspAmount, finding.pspCurrency),
    own: showMoney(finding.ownAmount, finding.ownCurrency),
    detail: finding.detail,
    books: finding.books,
    moved_at: finding.movedAt.toISOString(),
    run: finding.runId,
    first_seen_at: finding.firstSeenAt.toISOString(),
    last_seen_at: finding.lastSeenAt.toISOString(),
    closed_at: finding.closedAt?.toISOString() ?? null,
    accepted_by: finding.acceptedBy,
    accepted_because: finding.acceptedBecause,
  }
}

function showMoney(amount: bigint | null, currency: string | null) {
  return amount === null || currency === null ? null : { amount: Number(amount), currency }
}
