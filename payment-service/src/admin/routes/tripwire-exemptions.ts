import { Type } from 'typebox'
import { refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import {
  deleteTripwireExemption,
  listTripwireExemptions,
  mostExemptions,
  setTripwireExemption,
  type TripwireExemption,
} from '../../store/tripwire-exemptions.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'

const collection = '/admin/v1/merchants/:merchant/tripwire_exemptions'
const merchantParams = Type.Object({ merchant: Type.String() })
const keyParams = Type.Object({ merchant: Type.String(), metadata_key: Type.String() })
const setSchema = {
  params: keyParams,
  body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500 }) }, { additionalProperties: false }),
}

/**
 * Which keys of a merchant's metadata the tripwire leaves alone. Only a text directly in `metadata`, of this merchant;
 * everything else of a request is watched as before.
 */
export function addTripwireExemptionRoutes(app: App, deps: AdminDeps): void {
  app.put(
    `${collection}/:metadata_key`,
    { schema: setSchema, config: auditedRoute('tripwire_exemption.set', 'metadata.:metadata_key') },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const { merchant: merchantId, metadata_key: metadataKey } = request.params
        const { reason } = request.body
        const obstacle = findObstacle(metadataKey)
        if (obstacle !== null) return refuse('parameter_invalid', { param: 'metadata_key', detail: obstacle })
        const set = await setTripwireExemption(tx, { merchantId, metadataKey, reason, setBy: operator })
        if (set === null)
          return refuse('conflict', {
            detail: `A merchant has at most ${mostExemptions} exempt keys. Remove one first.`,
          })
        return {
          status: set.isNew ? 201 : 200,
          body: showExemption(set.exemption),
          merchantId,
          details: { reason },
        }
      }),
  )

  app.delete(
    `${collection}/:metadata_key`,
    { schema: { params: keyParams }, config: auditedRoute('tripwire_exemption.delete', 'metadata.:metadata_key') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const { merchant: merchantId, metadata_key: metadataKey } = request.params
        const exemption = await deleteTripwireExemption(tx, merchantId, metadataKey)
        if (exemption === null) return refuse('resource_not_found')
        return { body: showExemption(exemption), merchantId }
      }),
  )

  // A handful at most, so there are no pages.
  app.get(collection, { schema: { params: merchantParams }, config: readingRoute }, async (request) => ({
    object: 'list',
    data: (await listTripwireExemptions(deps.pool, request.params.merchant)).map(showExemption),
    has_more: false,
  }))
}

/** Words of a key that promise card data: such a key is never left alone. */
const cardWords = new Set(['pan', 'pans', 'cc', 'ccn', 'csc', 'cid', 'track', 'pin', 'iin'])

/** Why a key cannot be exempt; null when it can. */
function findObstacle(key: string): string | null {
  if (!/^[A-Za-z0-9_.-]{1,40}$/.test(key))
    return 'metadata_key must be a key of metadata: 1 to 40 letters, digits, dots, dashes and underscores.'
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
  if (/card|credit|cvc|cvv/i.test(key.replaceAll(/[^A-Za-z]/g, '')) || words.some((word) => cardWords.has(word)))
    return 'metadata_key names card data, so it stays watched. Let the merchant call its own number by another name.'
  return null
}

function showExemption(exemption: TripwireExemption) {
  return {
    object: 'tripwire_exemption',
    merchant: exemption.merchantId,
    metadata_key: exemption.metadataKey,
    reason: exemption.reason,
    set_by: exemption.setBy,
    set_at: exemption.setAt.toISOString(),
  }
}
