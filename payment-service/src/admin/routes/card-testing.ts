import { Type } from 'typebox'
import { holdGrowth, ruleNames, ruleOf } from '../../abuse/rules.ts'
import { applySettings, type CardTestingSettings, readNetwork } from '../../abuse/settings.ts'
import { type Refusal, refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import {
  readCardTestingSettings,
  type StoredSettings,
  setCardTestingSettings,
} from '../../store/card-testing-settings.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'

const path = '/admin/v1/merchants/:merchant/card_testing'
const params = Type.Object({ merchant: Type.String() })
const closed = { additionalProperties: false }

const ruleSchemas = Object.fromEntries(
  ruleNames.map((name) => {
    const { least, most, holdS } = ruleOf[name]
    const fields = {
      on: Type.Optional(Type.Boolean()),
      limit: Type.Optional(Type.Integer({ minimum: least, maximum: most })),
    }
    // A rule that holds only while it is so has no length to set.
    const hold =
      holdS === 0 ? {} : { hold_seconds: Type.Optional(Type.Integer({ minimum: 60, maximum: holdGrowth.longestS })) }
    return [name, Type.Optional(Type.Object({ ...fields, ...hold }, closed))]
  }),
)
const mostAddresses = 100
const setSchema = {
  params,
  body: Type.Object(
    {
      rules: Type.Optional(Type.Object(ruleSchemas, closed)),
      allowed_addresses: Type.Optional(
        Type.Array(Type.String({ minLength: 2, maxLength: 49 }), { maxItems: mostAddresses, uniqueItems: true }),
      ),
    },
    closed,
  ),
}

/**
 * How a merchant is protected from card testing. A PUT replaces all that was set: an empty one gives the table of rules
 * back. `rules` of the answer are those in force.
 */
export function addCardTestingRoutes(app: App, deps: AdminDeps): void {
  app.get(path, { schema: { params }, config: readingRoute }, async (request) =>
    show(request.params.merchant, await readCardTestingSettings(deps.pool, request.params.merchant)),
  )

  app.put(path, { schema: setSchema, config: auditedRoute('card_testing.set', 'card_testing') }, (request, reply) =>
    act(deps, request, reply, async (tx, operator) => {
      const { merchant: merchantId } = request.params
      const { rules = {}, allowed_addresses = [] } = request.body
      const obstacle = findObstacle(allowed_addresses)
      if (obstacle !== null) return obstacle
      const settings: CardTestingSettings = { rules, allowed_addresses }
      const stored = await setCardTestingSettings(tx, merchantId, settings, operator)
      const changed = ruleNames.filter((name) => Object.keys(settings.rules[name] ?? {}).length > 0)
      const off = changed.filter((name) => settings.rules[name]?.on === false)
      return {
        body: show(merchantId, stored),
        details: { changed: changed.join(' '), off: off.join(' '), allowed_addresses: allowed_addresses.length },
      }
    }),
  )
}

function findObstacle(addresses: readonly string[]): Refusal | null {
  const wrong = addresses.findIndex((address) => readNetwork(address) === null)
  if (wrong < 0) return null
  return refuse('parameter_invalid', {
    param: `allowed_addresses.${wrong}`,
    detail:
      'Each of allowed_addresses must be an IPv4 or IPv6 address, or a network such as 203.0.113.0/24, not wider than /8 (IPv4) or /16 (IPv6).',
  })
}

function show(merchant: string, { settings, setBy, setAt }: StoredSettings) {
  const { limits } = applySettings(settings)
  return {
    object: 'card_testing_settings',
    merchant,
    rules: Object.fromEntries(
      ruleNames.map((name) => {
        const { on, limit, holdS } = limits[name]
        return [name, { on, limit, ...(holdS === 0 ? {} : { hold_seconds: holdS }) }]
      }),
    ),
    allowed_addresses: settings.allowed_addresses,
    set_by: setBy,
    set_at: setAt?.toISOString() ?? null,
  }
}
