import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createAdminServer } from '../admin/server.ts'
import { createInternalServer } from '../card-door/internal-server.ts'
import { newId } from '../ids.ts'
import { createManagementServer } from '../observability/management-server.ts'
import { digestOf, newSecret } from '../secrets.ts'
import { upsertOperators } from '../store/operators.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { type Scope, scopes } from './caller.ts'
import type { App } from './server.ts'

/** Who may call a route: anyone, any key of a merchant, a secret key with the scope, an operator, the card relay. */
type Rule = 'anyone' | 'any_key' | Scope | 'operator' | 'relay'

/** Least privilege, written down a second time (PCI DSS 7.2, 7.3): a route that is not here fails the test. */
const rules: Record<string, Rule> = {
  'POST /v1/charges': 'charges:write',
  'GET /v1/charges': 'read',
  'GET /v1/charges/:id': 'read',
  'POST /v1/charges/:id/capture': 'charges:write',
  'POST /v1/charges/:id/cancel': 'charges:write',
  'POST /v1/refunds': 'refunds:write',
  'GET /v1/refunds': 'read',
  'GET /v1/refunds/:id': 'read',
  'GET /v1/disputes': 'read',
  'GET /v1/disputes/:id': 'read',
  'POST /v1/payment_sessions': 'payment_sessions:write',
  'GET /v1/payment_sessions': 'read',
  'GET /v1/payment_sessions/:id': 'read',
  'POST /v1/payment_sessions/:id/expire': 'payment_sessions:write',
  'GET /v1/events': 'read',
  'GET /v1/events/:id': 'read',
  'POST /v1/webhook_endpoints': 'webhook_endpoints:write',
  'GET /v1/webhook_endpoints': 'read',
  'GET /v1/webhook_endpoints/:id': 'read',
  'PATCH /v1/webhook_endpoints/:id': 'webhook_endpoints:write',
  'DELETE /v1/webhook_endpoints/:id': 'webhook_endpoints:write',
  'POST /v1/webhook_endpoints/:id/rotate_secret': 'webhook_endpoints:write',
  'POST /v1/webhook_endpoints/:id/ping': 'webhook_endpoints:write',
  'POST /v1/webhook_endpoints/:id/redeliver_failed': 'webhook_endpoints:write',
  'GET /v1/webhook_endpoints/:id/deliveries': 'read',
  'GET /v1/webhook_endpoints/:id/deliveries/:delivery': 'read',
  'GET /v1/webhook_endpoints/:id/deliveries/:delivery/tries': 'read',
  'POST /v1/webhook_endpoints/:id/deliveries/:delivery/redeliver': 'webhook_endpoints:write',
  'GET /v1/client_config': 'any_key',
  'OPTIONS /v1/client_config': 'anyone',
  'GET /v1/openapi.json': 'anyone',
  'GET /sdk/versions.json': 'anyone',
  'GET /sdk/:version/:file': 'anyone',
  'GET /': 'anyone',
  'GET /docs': 'anyone',
  'GET /docs/errors': 'anyone',
  'GET /docs/decline-codes': 'anyone',
  'GET /docs/events': 'anyone',
  'GET /docs/currencies': 'anyone',
  'GET /docs/*': 'anyone',
  'GET /docs-assets/docs.css': 'anyone',
  'GET /docs-assets/try.js': 'anyone',
  'GET /health/live': 'anyone',
  'GET /health/ready': 'anyone',
  'GET /metrics': 'anyone',
  'GET /link-assets/link.css': 'anyone',
  'GET /link-assets/open.js': 'anyone',
  'GET /s/:token': 'anyone',
  'POST /s/:token': 'anyone',
  'GET /s/:token/return': 'anyone',
  'GET /s/:token/cancel': 'anyone',
  'GET /c/:token/return': 'anyone',
  // Known by its signature over the raw bytes, which the inbox's own tests are about.
  'POST /v1/psp_webhooks/:pspAccount': 'anyone',
  'GET /admin/v1/deployment': 'operator',
  'GET /admin/v1/operators': 'operator',
  'POST /admin/v1/operators': 'operator',
  'POST /admin/v1/operators/:operator/approve': 'operator',
  'POST /admin/v1/operators/:operator/token': 'operator',
  'POST /admin/v1/operators/:operator/disable': 'operator',
  'POST /admin/v1/merchants': 'operator',
  'GET /admin/v1/merchants': 'operator',
  'GET /admin/v1/merchants/:merchant': 'operator',
  'POST /admin/v1/merchants/:merchant/api_keys': 'operator',
  'GET /admin/v1/merchants/:merchant/api_keys': 'operator',
  'POST /admin/v1/merchants/:merchant/api_keys/:key/roll': 'operator',
  'DELETE /admin/v1/merchants/:merchant/api_keys/:key': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts': 'operator',
  'GET /admin/v1/merchants/:merchant/psp_accounts': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/confirm_raw_cards': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/withdraw_raw_cards': 'operator',
  'GET /admin/v1/psp_accounts/health': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/disable': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/enable': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/check': 'operator',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/credentials': 'operator',
  'POST /admin/v1/merchants/:merchant/raw_card_grants': 'operator',
  'GET /admin/v1/merchants/:merchant/raw_card_grants': 'operator',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/approve': 'operator',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/suspend': 'operator',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/resume': 'operator',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/revoke': 'operator',
  'POST /admin/v1/merchants/:merchant/webhook_endpoints': 'operator',
  'GET /admin/v1/merchants/:merchant/card_testing': 'operator',
  'PUT /admin/v1/merchants/:merchant/card_testing': 'operator',
  'GET /admin/v1/merchants/:merchant/card_testing/blocks': 'operator',
  'POST /admin/v1/merchants/:merchant/card_testing/blocks/:block/lift': 'operator',
  'GET /admin/v1/notices': 'operator',
  'POST /admin/v1/notices/:notice/acknowledge': 'operator',
  'GET /admin/v1/held_psp_events': 'operator',
  'POST /admin/v1/held_psp_events/:event/replay': 'operator',
  'GET /admin/v1/unresolved_attempts': 'operator',
  'GET /admin/v1/unresolved_attempts/:attempt': 'operator',
  'POST /admin/v1/unresolved_attempts/:attempt/look_up': 'operator',
  'POST /admin/v1/unresolved_attempts/:attempt/settle': 'operator',
  'GET /admin/v1/attempt_settlements': 'operator',
  'POST /admin/v1/attempt_settlements/:settlement/approve': 'operator',
  'POST /admin/v1/attempt_settlements/:settlement/withdraw': 'operator',
  'GET /admin/v1/reconciliation_runs': 'operator',
  'GET /admin/v1/reconciliation_findings': 'operator',
  'POST /admin/v1/reconciliation_findings/:finding/accept': 'operator',
  'GET /admin/v1/audit_log/export': 'operator',
  'GET /admin/v1/audit_log/status': 'operator',
  'GET /admin/v1/merchants/:merchant/tripwire_exemptions': 'operator',
  'PUT /admin/v1/merchants/:merchant/tripwire_exemptions/:metadata_key': 'operator',
  'DELETE /admin/v1/merchants/:merchant/tripwire_exemptions/:metadata_key': 'operator',
  'GET /admin/v1/audit_log': 'operator',
  'POST /internal/admission': 'relay',
  'POST /internal/card_charges': 'relay',
  'POST /internal/stray_numbers': 'relay',
  'POST /internal/card_charges/:attempt/report': 'relay',
}

const callers = [
  'no_key',
  'publishable',
  'revoked',
  'without_the_scope',
  'with_the_scope',
  'operator',
  'relay',
] as const
type CallerKind = (typeof callers)[number]

/** Who gets past the door of a route. What happens then (a missing field, an unknown id) is no matter of access. */
const admitted: Record<Rule, readonly CallerKind[]> = {
  anyone: callers,
  any_key: ['publishable', 'without_the_scope', 'with_the_scope'],
  operator: ['operator'],
  relay: ['relay'],
  ...(Object.fromEntries(scopes.map((scope) => [scope, ['with_the_scope']])) as Record<Scope, CallerKind[]>),
}

const doorCodes = ['authentication_required', 'api_key_invalid', 'scope_missing', 'operator_required']

describe('access', () => {
  let world: ApiWorld
  let doors: App[]
  let tokenOf: (caller: CallerKind, rule: Rule) => Promise<string | null>
  before(async () => {
    world = await createApiWorld()
    const operator = newSecret('')
    await upsertOperators(world.pool, [{ name: 'ada', token: operator }])
    const merchant = await world.addMerchant()
    const publishable = newSecret('pk_test_')
    await world.pool.query(
      `insert into api_keys (merchant_id, id, kind, digest, hint, publishable_key, scopes, created_by)
       values ($1, $2, 'publishable', $3, 'pk', $4, '{}', 'test')`,
      [merchant, newId('apiKey'), digestOf(publishable), publishable],
    )
    const revoked = await world.addKey(merchant, [...scopes])
    await world.pool.query('update api_keys set revoked_at = now() where digest = $1', [digestOf(revoked)])
    const keys = new Map<string, Promise<string>>()
    const keyWith = (wanted: string[]) => {
      const found = keys.get(wanted.join()) ?? world.addKey(merchant, wanted)
      keys.set(wanted.join(), found)
      return found
    }
    tokenOf = async (caller, rule) => {
      if (caller === 'publishable') return publishable
      if (caller === 'revoked') return revoked
      if (caller === 'operator') return operator
      if (caller === 'relay') return world.config.internalTokens.join()
      if (caller === 'without_the_scope') return keyWith(scopes.filter((scope) => scope !== rule))
      if (caller === 'with_the_scope') return keyWith(scopes.filter((scope) => scope === rule))
      return null
    }
    // Each cell calls once, and most with a token that no operator has.
    const admin = createAdminServer(world.deps, { address: 100_000, unseenTokens: 100_000 })
    doors = [world.app, admin, createInternalServer(world.deps), createManagementServer(world.deps)]
    await Promise.all(doors.map((door) => door.ready()))
  })
  after(async () => {
    await Promise.all(doors.slice(1).map((door) => door.close()))
    await world.close()
  })

  const nameOf = ({ method, url }: { method: string; url: string }) =>
    `${method} ${url.replace(/^(\/(?:link|docs)-assets\/[a-z]+)-[0-9a-f]{12}\./, '$1.')}`

  it('has a rule for every route, and a route for every rule', () => {
    const routes = doors.flatMap((door) => door.routeTable.filter(({ method }) => method !== 'HEAD').map(nameOf))
    // Those of health are at three of the doors.
    assert.deepEqual([...new Set(routes)].sort(), Object.keys(rules).sort())
  })

  it('is had by those whom the rule names, on every route, and by nobody else', async (t) => {
    const differing: string[] = []
    let cells = 0
    for (const door of doors) {
      for (const [place, route] of door.routeTable.entries()) {
        const rule = rules[nameOf(route).replace('HEAD', 'GET')] ?? 'operator'
        for (const caller of callers) {
          cells += 1
          const token = await tokenOf(caller, rule)
          const response = await door.inject({
            method: route.method as 'GET',
            // An address for each route: unknown tokens are few in a minute, and here most are unknown to the door.
            remoteAddress: `10.0.0.${place % 256}`,
            url: route.url.replaceAll(/:\w+/g, 'unknown'),
            headers: token === null ? {} : { authorization: `Bearer ${token}` },
          })
          const isJson = String(response.headers['content-type']).includes('json') && response.body !== ''
          // HEAD has no body; its refusals have these statuses alone.
          const isRefused = isJson
            ? doorCodes.includes(response.json().code)
            : route.method === 'HEAD' && [401, 403].includes(response.statusCode)
          if (isRefused === admitted[rule].includes(caller))
            differing.push(`${nameOf(route)} by ${caller}: ${response.statusCode}`)
        }
      }
    }
    assert.deepEqual(differing, [])
    t.diagnostic(`${cells} cells, ${Object.keys(rules).length} routes`)
  })
})
