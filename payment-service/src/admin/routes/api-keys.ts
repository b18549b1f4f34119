import { Type } from 'typebox'
import { newId } from '../../ids.ts'
import { refuse } from '../../refusal.ts'
import { digestOf, newSecret } from '../../secrets.ts'
import { scopes } from '../../server/caller.ts'
import type { App } from '../../server/server.ts'
import { type ApiKeyRow, insertApiKey, listApiKeys, revokeApiKey } from '../../store/api-keys.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, listSchema } from '../lists.ts'

const createSchema = {
  params: Type.Object({ merchant: Type.String() }),
  body: Type.Object(
    {
      kind: Type.Enum(['secret', 'publishable']),
      scopes: Type.Optional(
        Type.Array(Type.Enum([...scopes]), {
          minItems: 1,
          maxItems: 6,
          uniqueItems: true,
        }),
      ),
    },
    { additionalProperties: false },
  ),
}
const keySchema = { params: Type.Object({ merchant: Type.String(), key: Type.String() }) }
/** Sending cards must be asked for by name. */
const defaultScopes = scopes.filter((scope) => scope !== 'charges:raw_card')

export function addApiKeyRoutes(app: App, deps: AdminDeps): void {
  app.post(
    '/admin/v1/merchants/:merchant/api_keys',
    { schema: createSchema, config: auditedRoute('api_key.create') },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const { kind, scopes: asked } = request.body
        if (kind === 'publishable' && asked !== undefined) {
          return refuse('parameter_invalid', {
            param: 'scopes',
            detail: 'A publishable key has no scopes: it may read /v1/client_config only.',
          })
        }
        const key = newSecret(
          `${kind === 'secret' ? 'sk' : 'pk'}_${deps.config.environment === 'production' ? 'live' : 'test'}_`,
        )
        const row = await insertApiKey(tx, {
          merchantId: request.params.merchant,
          id: newId('apiKey'),
          kind,
          digest: digestOf(key),
          hint: `${key.slice(0, 8)}…${key.slice(-4)}`,
          publishableKey: kind === 'publishable' ? key : null,
          scopes: kind === 'secret' ? (asked ?? defaultScopes) : [],
          createdBy: operator,
        })
        const details = { kind, scopes: row.scopes.join(' ') }
        return { status: 201, body: { ...showApiKey(row), key }, resource: row.id, details }
      }),
  )

  app.delete(
    '/admin/v1/merchants/:merchant/api_keys/:key',
    { schema: keySchema, config: auditedRoute('api_key.revoke', ':key') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const row = await revokeApiKey(tx, request.params.merchant, request.params.key)
        return row === null ? refuse('resource_not_found') : { body: showApiKey(row) }
      }),
  )

  const listKeysSchema = { ...listSchema, params: createSchema.params }
  app.get('/admin/v1/merchants/:merchant/api_keys', { schema: listKeysSchema, config: readingRoute }, (request) =>
    listPage(request.query, (page) => listApiKeys(deps.pool, request.params.merchant, page), showApiKey),
  )
}

/** A secret key is shown once, when it is made; afterwards its hint tells it from others. */
function showApiKey(row: ApiKeyRow) {
  return {
    object: 'api_key',
    id: row.id,
    merchant: row.merchantId,
    kind: row.kind,
    hint: row.hint,
    ...(row.publishableKey === null ? {} : { key: row.publishableKey }),
    scopes: row.scopes,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    revoked_at: row.revokedAt?.toISOString() ?? null,
  }
}
