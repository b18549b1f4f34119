import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, it } from 'node:test'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { createAdminServer } from '../admin/server.ts'
import { newId } from '../ids.ts'
import { digestOf, newSecret } from '../secrets.ts'
import { scopes } from '../server/caller.ts'
import type { App } from '../server/server.ts'
import { upsertOperators } from '../store/operators.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'

/**
 * Every route of the public and of the admin API, and what of a request to it is watched beside its address and its
 * headers: a JSON body, a form, a PSP's webhook (masked, not refused: see psp-webhooks.test.ts), or no body at all.
 */
const doors: Readonly<Record<string, 'json' | 'form' | 'webhook' | 'no body'>> = {
  'GET /v1/openapi.json': 'no body',
  'POST /v1/charges': 'json',
  'GET /v1/charges': 'no body',
  'GET /v1/charges/:id': 'no body',
  'POST /v1/charges/:id/capture': 'json',
  'POST /v1/charges/:id/cancel': 'json',
  'POST /v1/refunds': 'json',
  'GET /v1/refunds': 'no body',
  'GET /v1/refunds/:id': 'no body',
  'GET /v1/disputes': 'no body',
  'GET /v1/disputes/:id': 'no body',
  'POST /v1/payment_sessions': 'json',
  'GET /v1/payment_sessions': 'no body',
  'GET /v1/payment_sessions/:id': 'no body',
  'POST /v1/payment_sessions/:id/expire': 'json',
  'GET /v1/events': 'no body',
  'GET /v1/events/:id': 'no body',
  'POST /v1/webhook_endpoints': 'json',
  'GET /v1/webhook_endpoints': 'no body',
  'GET /v1/webhook_endpoints/:id': 'no body',
  'PATCH /v1/webhook_endpoints/:id': 'json',
  'DELETE /v1/webhook_endpoints/:id': 'json',
  'POST /v1/webhook_endpoints/:id/rotate_secret': 'json',
  'POST /v1/webhook_endpoints/:id/ping': 'json',
  'POST /v1/webhook_endpoints/:id/redeliver_failed': 'json',
  'GET /v1/webhook_endpoints/:id/deliveries': 'no body',
  'GET /v1/webhook_endpoints/:id/deliveries/:delivery': 'no body',
  'GET /v1/webhook_endpoints/:id/deliveries/:delivery/tries': 'no body',
  'POST /v1/webhook_endpoints/:id/deliveries/:delivery/redeliver': 'json',
  'OPTIONS /v1/client_config': 'json',
  'GET /v1/client_config': 'no body',
  'POST /v1/psp_webhooks/:pspAccount': 'webhook',
  'GET /sdk/versions.json': 'no body',
  'GET /sdk/:version/:file': 'no body',
  'GET /': 'no body',
  'GET /docs': 'no body',
  'GET /docs/errors': 'no body',
  'GET /docs/decline-codes': 'no body',
  'GET /docs/events': 'no body',
  'GET /docs/currencies': 'no body',
  'GET /docs/*': 'no body',
  'GET /docs-assets/docs-*.css': 'no body',
  'GET /docs-assets/try-*.js': 'no body',
  'GET /health/live': 'no body',
  'GET /health/ready': 'no body',
  'GET /link-assets/link-*.css': 'no body',
  'GET /link-assets/open-*.js': 'no body',
  'GET /s/:token': 'no body',
  'POST /s/:token': 'form',
  'GET /s/:token/return': 'no body',
  'GET /s/:token/cancel': 'no body',
  'GET /c/:token/return': 'no body',
  'GET /admin/v1/deployment': 'no body',
  'GET /admin/v1/operators': 'no body',
  'POST /admin/v1/operators': 'json',
  'POST /admin/v1/operators/:operator/approve': 'json',
  'POST /admin/v1/operators/:operator/token': 'json',
  'POST /admin/v1/operators/:operator/disable': 'json',
  'POST /admin/v1/merchants': 'json',
  'GET /admin/v1/merchants': 'no body',
  'GET /admin/v1/merchants/:merchant': 'no body',
  'POST /admin/v1/merchants/:merchant/api_keys': 'json',
  'POST /admin/v1/merchants/:merchant/api_keys/:key/roll': 'json',
  'DELETE /admin/v1/merchants/:merchant/api_keys/:key': 'json',
  'GET /admin/v1/merchants/:merchant/api_keys': 'no body',
  'POST /admin/v1/merchants/:merchant/psp_accounts': 'json',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account': 'json',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/confirm_raw_cards': 'json',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/withdraw_raw_cards': 'json',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/disable': 'json',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/enable': 'json',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/check': 'json',
  'POST /admin/v1/merchants/:merchant/psp_accounts/:account/credentials': 'json',
  'GET /admin/v1/merchants/:merchant/psp_accounts': 'no body',
  'GET /admin/v1/psp_accounts/health': 'no body',
  'POST /admin/v1/merchants/:merchant/raw_card_grants': 'json',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/approve': 'json',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/suspend': 'json',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/resume': 'json',
  'POST /admin/v1/merchants/:merchant/raw_card_grants/:grant/revoke': 'json',
  'GET /admin/v1/merchants/:merchant/raw_card_grants': 'no body',
  'PUT /admin/v1/merchants/:merchant/tripwire_exemptions/:metadata_key': 'json',
  'DELETE /admin/v1/merchants/:merchant/tripwire_exemptions/:metadata_key': 'json',
  'GET /admin/v1/merchants/:merchant/tripwire_exemptions': 'no body',
  'GET /admin/v1/merchants/:merchant/card_testing': 'no body',
  'PUT /admin/v1/merchants/:merchant/card_testing': 'json',
  'GET /admin/v1/merchants/:merchant/card_testing/blocks': 'no body',
  'POST /admin/v1/merchants/:merchant/card_testing/blocks/:block/lift': 'json',
  'GET /admin/v1/held_psp_events': 'no body',
  'POST /admin/v1/held_psp_events/:event/replay': 'json',
  'POST /admin/v1/merchants/:merchant/webhook_endpoints': 'json',
  'GET /admin/v1/notices': 'no body',
  'POST /admin/v1/notices/:notice/acknowledge': 'json',
  'GET /admin/v1/unresolved_attempts': 'no body',
  'GET /admin/v1/unresolved_attempts/:attempt': 'no body',
  'POST /admin/v1/unresolved_attempts/:attempt/look_up': 'json',
  'POST /admin/v1/unresolved_attempts/:attempt/settle': 'json',
  'GET /admin/v1/attempt_settlements': 'no body',
  'POST /admin/v1/attempt_settlements/:settlement/approve': 'json',
  'POST /admin/v1/attempt_settlements/:settlement/withdraw': 'json',
  'GET /admin/v1/reconciliation_runs': 'no body',
  'GET /admin/v1/reconciliation_findings': 'no body',
  'POST /admin/v1/reconciliation_findings/:finding/accept': 'json',
  'GET /admin/v1/audit_log': 'no body',
  'GET /admin/v1/audit_log/export': 'no body',
  'GET /admin/v1/audit_log/status': 'no body',
}

const number = '4111-1111-1111-1111'
/** What is left of it when it was not overwritten, grouped or not. */
const traces = /4\D{0,5}1\D{0,5}1\D{0,5}1\D{0,5}1\D{0,5}1\D{0,5}1/

type Route = { name: string; method: string; url: string; access: string; body: unknown }
type Sent = { path: string; headers?: Record<string, string>; payload?: string; param: string | null }

describe('the tripwire stands at every door', () => {
  let world: ApiWorld
  let admin: App
  const routes: Route[] = []
  const bearers: Record<string, string | null> = { anyone: null }
  before(async () => {
    const watchRoutes = (message: unknown) => {
      const { fastify } = message as { fastify: FastifyInstance }
      fastify.addHook(
        'onRoute',
        (route) => void routes.push(...[route.method].flat().map((one) => readRoute(route, one))),
      )
    }
    subscribe('fastify.initialization', watchRoutes)
    world = await createApiWorld()
    admin = createAdminServer(world.deps)
    unsubscribe('fastify.initialization', watchRoutes)
    const merchant = await world.addMerchant()
    bearers.secret_key = await world.addKey(merchant, [...scopes])
    bearers.publishable_key = newSecret('pk_test_')
    bearers.operator = newSecret('op_')
    await world.pool.query(
      `insert into api_keys (merchant_id, id, kind, digest, hint, publishable_key, scopes, created_by)
       values ($1, $2, 'publishable', $3, 'pk', $4, '{}', 'test')`,
      [merchant, newId('apiKey'), digestOf(bearers.publishable_key), bearers.publishable_key],
    )
    await upsertOperators(world.pool, [{ name: 'alice', token: bearers.operator }])
  })
  after(async () => {
    await admin.close()
    await world.close()
  })

  it('the table above has every route of the running servers, and no other', () => {
    // Fastify answers HEAD wherever it answers GET, by the same hooks.
    const running = routes.filter(({ method }) => method !== 'HEAD').map(({ name }) => name)
    assert.ok(running.length > 50)
    // Those of health are at both doors.
    assert.deepEqual([...new Set(running)].sort(), Object.keys(doors).sort())
  })

  for (const [name, body] of Object.entries(doors)) {
    it(`${name}: in the address, the headers, and ${body === 'no body' ? 'there is no body' : `the ${body}`}`, async () => {
      const route = routes.find((one) => one.name === name)
      assert.ok(route)
      const { method, access } = route
      const app = access === 'operator' ? admin : world.app
      const bearer = bearers[access] ?? null
      for (const { path, headers = {}, payload, param } of [...inAddress(route), ...inBody(route, body)]) {
        const response = await app.inject({
          method: method as 'POST',
          url: path,
          headers: {
            'idempotency-key': randomUUID(),
            ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
            ...headers,
          },
          ...(payload !== undefined && { payload }),
        })
        const said = `${method} ${path} ${payload}: ${response.statusCode} ${response.body}`
        assert.equal(response.statusCode, 403, said)
        assert.doesNotMatch(JSON.stringify(response.headers) + response.body, traces, said)
        if (String(response.headers['content-type']).startsWith('text/html')) continue
        const problem = response.json()
        assert.deepEqual([problem.code, problem.param], ['card_data_not_accepted_here', param], said)
        assert.match(problem.detail, /https:\/\/127\.0\.0\.1:4001\/v1\/charges/)
      }
    })
  }

  it('also where there is no route', async () => {
    for (const [app, prefix] of [
      [world.app, '/v1'],
      [admin, '/admin/v1'],
    ] as const) {
      const response = await app.inject({ url: `${prefix}/cards/${number}` })
      assert.deepEqual([response.statusCode, response.json().param], [403, null])
    }
  })

  it('a forwarded address that is none is not believed, so nothing of it is kept', async () => {
    const config = { ...world.deps.config, trustedProxies: ['127.0.0.0/8'] }
    const app = createAdminServer({ ...world.deps, config })
    const response = await app.inject({ url: '/admin/v1/merchants', headers: { 'x-forwarded-for': number } })
    assert.equal(response.json().code, 'operator_required')
    await app.close()
    const { rows } = await world.pool.query(`select distinct origin from audit_records where type = 'operator.sign_in'`)
    assert.deepEqual(rows, [{ origin: '127.0.0.1' }])
  })

  it('every hit is in the audit log with its door and its field, and the number is not', async () => {
    await admin.close()
    await world.app.close()
    const { rows } = await world.pool.query<{ text: string }>(`select t::text as text from audit_records t`)
    assert.doesNotMatch(rows.map(({ text }) => text).join('\n'), traces)
    const { rows: hits } = await world.pool.query<{ resource: string; actor_type: string }>(
      `select distinct resource, actor_type from audit_records where type = 'card_data.send'`,
    )
    // What an operator changes leaves the record of the refused action instead.
    const own = routes.filter((route) => route.access !== 'operator' || route.method === 'GET')
    const expected = own
      .filter(({ method, name }) => method !== 'HEAD' && !/^GET \/admin\/v1\/audit_log(\/export)?$/.test(name))
      .map(({ method, url, access }) => `${actors[access]} ${method} ${url}`)
    const found = hits.map(({ resource, actor_type }) => `${actor_type} ${resource}`)
    for (const door of expected) assert.ok(found.includes(door), `${door} is not in the audit log`)
    const { rows: refused } = await world.pool.query<{ type: string }>(
      `select distinct type from audit_records where details ->> 'code' = 'card_data_not_accepted_here' and actor = 'alice'`,
    )
    assert.ok(refused.length > 10 && refused.some(({ type }) => type === 'audit_log.read'))
  })
})

const actors: Readonly<Record<string, string>> = {
  anyone: 'anonymous',
  secret_key: 'merchant',
  publishable_key: 'merchant',
  operator: 'operator',
}

function readRoute({ url, config, schema }: RouteOptions, method: string): Route {
  // The digest in the name of an asset changes with the asset.
  const name = `${method} ${url.replace(/-[0-9a-f]{12}\./, '-*.')}`
  return { name, method, url, access: config?.access?.by ?? '', body: schema?.body }
}

/** The number in each part of the path, in the query as a value and as a name, and as the idempotency key. */
function inAddress({ url }: Route): Sent[] {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const fill = (text = '', at = '') => url.replaceAll(/:(\w+)/g, (_, name) => (name === at ? text : 'x'))
  const spaced = number.replaceAll('-', '%20')
  return [
    ...names.map((name) => ({ path: fill(spaced, name), param: name })),
    { path: `${fill()}?note=a&merchant_reference=${spaced}`, param: 'merchant_reference' },
    { path: `${fill()}?note=%EF%BC%94${'1'.repeat(15)}`, param: 'note' },
    { path: `${fill()}?limit=1&limit=${number}`, param: 'limit' },
    { path: `${fill()}?${number}=1`, param: null },
    { path: fill(), headers: { 'idempotency-key': number }, param: 'Idempotency-Key' },
  ]
}

/** The number in every field that the route's schema has, in one that it has not, and as a name. */
function inBody({ url, body: schema }: Route, body: string): Sent[] {
  const path = url.replaceAll(/:\w+/g, 'x')
  if (body === 'form') {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const forms = [`number=${number}`, '4111+1111+1111+1111', `a=${number.replaceAll('-', '%20')}`, `${number}=x`]
    const json = { path, headers: { 'content-type': 'application/json' }, payload: `{"a":"${number}"}`, param: 'a' }
    return [...forms.map((payload) => ({ path, headers, payload, param: null })), json]
  }
  if (body !== 'json') return []
  const headers = { 'content-type': 'application/json' }
  const places = [...listPlaces(schema), ['not_a_field'], ['deep', 'in', 'it']]
  return [
    ...places.map((place) => ({ path, headers, payload: JSON.stringify(nest(place)), param: place.join('.') })),
    { path, headers, payload: `{"a":{"${number}":1}}`, param: 'a' },
    { path, headers, payload: `{"a":"${number}`, param: 'a' },
  ]
}

type Schema = { properties?: object; patternProperties?: object; items?: unknown; anyOf?: unknown[]; allOf?: unknown[] }

/** The path of every field in a JSON Schema that holds no further ones. */
function listPlaces(schema: unknown, path: string[] = []): string[][] {
  const { properties, patternProperties, items, anyOf, allOf } = (schema ?? {}) as Schema
  const named = Object.entries(properties ?? {}).flatMap(([name, child]) => listPlaces(child, [...path, name]))
  const free = Object.values(patternProperties ?? {}).flatMap((child) => listPlaces(child, [...path, 'any_key']))
  const listed = items === undefined ? [] : listPlaces(items, [...path, '0'])
  const either = [...(anyOf ?? []), ...(allOf ?? [])].flatMap((child) => listPlaces(child, path))
  const inside = [...named, ...free, ...listed, ...either]
  return inside.length > 0 || path.length === 0 ? inside : [path]
}

function nest(path: readonly string[]): unknown {
  return path.reduceRight<unknown>((inner, name) => (name === '0' ? [inner] : { [name]: inner }), number)
}
