import { Type } from 'typebox'
import { newId } from '../../ids.ts'
import { type Refusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import {
  activateGrant,
  type Grant,
  insertGrant,
  listGrants,
  lockGrant,
  revokeGrantInForce,
  setGrantStatus,
} from '../../store/grants.ts'
import type { Transaction } from '../../store/pool.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { checkGrantRequest, grantRequestSchema } from '../grant-request.ts'
import { listPage, listSchema } from '../lists.ts'

const strict = { additionalProperties: false }
const merchantParams = Type.Object({ merchant: Type.String() })
const changeSchema = {
  params: Type.Object({ merchant: Type.String(), grant: Type.String() }),
  body: Type.Object({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) }, strict),
}

/** What a change came to: the grant as it is now, and the one that it took over from. */
type Made = { grant: Grant; replaced?: string }

/** What an operator may do with a grant, and from which states. */
const changes = {
  approve: { from: ['requested'], make: approve },
  suspend: { from: ['active'], make: setStatus('suspended') },
  resume: { from: ['suspended'], make: setStatus('active') },
  revoke: { from: ['requested', 'active', 'suspended'], make: setStatus('revoked') },
} as const satisfies Record<
  string,
  { from: Grant['status'][]; make: (tx: Transaction, grant: Grant, operator: string) => Promise<Made | Refusal> }
>

export function addGrantRoutes(app: App, deps: AdminDeps): void {
  const collection = '/admin/v1/merchants/:merchant/raw_card_grants'
  const createSchema = { params: merchantParams, body: grantRequestSchema }
  app.post(collection, { schema: createSchema, config: auditedRoute('raw_card_grant.request') }, (request, reply) =>
    act(deps, request, reply, async (tx, operator) => {
      const unfit = checkGrantRequest(request.body, deps.now())
      if (unfit !== null) return unfit
      const {
        evidence_kind,
        evidence_reference,
        evidence_sha256,
        evidence_date,
        valid_until,
        address_ranges,
        certificate_fingerprints,
      } = request.body
      const grant = await insertGrant(tx, request.params.merchant, newId('grant'), operator, {
        evidenceKind: evidence_kind,
        evidenceReference: evidence_reference,
        evidenceSha256: evidence_sha256,
        evidenceDate: evidence_date,
        validUntil: valid_until,
        addressRanges: address_ranges,
        certificateFingerprints: certificate_fingerprints,
      })
      return { status: 201, body: showGrant(grant), resource: grant.id, details: { evidence_sha256, valid_until } }
    }),
  )

  for (const action of Object.keys(changes) as (keyof typeof changes)[]) {
    const { from, make } = changes[action]
    app.post(
      `${collection}/:grant/${action}`,
      { schema: changeSchema, config: auditedRoute(`raw_card_grant.${action}`, ':grant') },
      (request, reply) =>
        act(deps, request, reply, async (tx, operator) => {
          const grant = await lockGrant(tx, request.params.merchant, request.params.grant)
          if (grant === null) return refuse('resource_not_found')
          if (!from.some((status) => status === grant.status)) {
            return refuse('conflict', {
              detail: `The grant is ${grant.status}. To ${action} it, it must be ${from.join(' or ')}.`,
            })
          }
          const hasLapsed = deps.now().toISOString().slice(0, 10) > grant.validUntil
          if (hasLapsed && action !== 'revoke')
            return refuse('conflict', { detail: `The grant lapsed after ${grant.validUntil}. Ask for a new one.` })
          const made = await make(tx, grant, operator)
          if ('refused' in made) return made
          const { reason } = request.body
          const details = {
            was: grant.status,
            ...(reason === undefined ? {} : { reason }),
            ...(made.replaced === undefined ? {} : { replaced: made.replaced }),
          }
          const replaced = made.replaced === undefined ? [] : [replacement(made.replaced, grant.id)]
          return { body: showGrant(made.grant), details, also: replaced }
        }),
    )
  }

  app.get(collection, { schema: { ...listSchema, params: merchantParams }, config: readingRoute }, (request) =>
    listPage(request.query, (page) => listGrants(deps.pool, request.params.merchant, page), showGrant),
  )
}

/**
 * A grant is approved by another operator than the one who asked for it; the table's CHECK says so too. It takes over
 * from the grant in force, which is revoked in the same moment, so that a renewal leaves no gap.
 */
async function approve(tx: Transaction, grant: Grant, operator: string): Promise<Made | Refusal> {
  if (operator === grant.requestedBy) return refuse('two_operators_required')
  const replaced = await revokeGrantInForce(tx, grant.merchantId)
  return { grant: await activateGrant(tx, grant, operator), ...(replaced === null ? {} : { replaced }) }
}

/** The end of the grant that another took over from is a step of its own. */
function replacement(grant: string, by: string) {
  return { type: 'raw_card_grant.replace', resource: grant, details: { replaced_by: by } } as const
}

function setStatus(status: Grant['status']) {
  return async (tx: Transaction, grant: Grant): Promise<Made> => ({ grant: await setGrantStatus(tx, grant, status) })
}

function showGrant(grant: Grant) {
  return {
    object: 'raw_card_grant',
    id: grant.id,
    merchant: grant.merchantId,
    status: grant.status,
    evidence_kind: grant.evidenceKind,
    evidence_reference: grant.evidenceReference,
    evidence_sha256: grant.evidenceSha256,
    evidence_date: grant.evidenceDate,
    valid_until: grant.validUntil,
    address_ranges: grant.addressRanges,
    certificate_fingerprints: grant.certificateFingerprints,
    requested_by: grant.requestedBy,
    requested_at: grant.requestedAt.toISOString(),
    approved_by: grant.approvedBy,
    approved_at: grant.approvedAt?.toISOString() ?? null,
    updated_at: grant.updatedAt.toISOString(),
  }
}
