import { Type } from 'typebox'
import { newId } from '../../ids.ts'
import { type Refusal, refuse } from '../../refusal.ts'
import { digestOf, newSecret } from '../../secrets.ts'
import { scopes } from '../../server/caller.ts'
import type { App } from '../../server/server.ts'
import {
  type ApiKeyRow,
  findApiKeyRow,
  insertApiKey,
  listApiKeys,
  revokeApiKey,
  setKeyEnd,
} from '../../store/api-keys.ts'
import type { Queryable } from '../../store/pool.ts'
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
const rollSchema = {
  params: Type.Object({ merchant: Type.String(), key: Type.String() }),
  body: Type.Object(
    {
      overlap_seconds: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 2_592_000, description: 'A day without it, 30 days at most.' }),
      ),
    },
    { additionalProperties: false },
  ),
}
const defaultOverlapSeconds = 86_400
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
        const { key, row } = await makeKey(deps, tx, {
          merchantId: request.params.merchant,
          kind,
          scopes: kind === 'secret' ? (asked ?? defaultScopes) : [],
          createdBy: operator,
        })
        return { status: 201, body: { ...showApiKey(row), key }, resource: row.id, details: describeKey(row) }
      }),
  )

  app.post(
    '/admin/v1/merchants/:merchant/api_keys/:key/roll',
    { schema: rollSchema, config: auditedRoute('api_key.roll', ':key') },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const { merchant, key: id } = request.params
        const { overlap_seconds = defaultOverlapSeconds } = request.body
        const old = await setKeyEnd(tx, merchant, id, overlap_seconds)
        if (old === null) return refuseRoll(await findApiKeyRow(tx, merchant, id))
        const { kind, scopes } = old
        const { key, row } = await makeKey(deps, tx, { merchantId: merchant, kind, scopes, createdBy: operator })
        const created = { type: 'api_key.create', resource: row.id, details: describeKey(row) } as const
        return {
          status: 201,
          body: { ...showApiKey(row), key, replaces: showApiKey(old) },
          details: { successor: row.id, ends_at: old.endsAt?.toISOString() ?? null },
          also: [created],
        }
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

async function makeKey(
  { config }: Pick<AdminDeps, 'config'>,
  tx: Queryable,
  wanted: Pick<ApiKeyRow, 'merchantId' | 'kind' | 'scopes' | 'createdBy'>,
): Promise<{ key: string; row: ApiKeyRow }> {
  const key = newSecret(
    `${wanted.kind === 'secret' ? 'sk' : 'pk'}_${config.environment === 'production' ? 'live' : 'test'}_`,
  )
  const row = await insertApiKey(tx, {
    ...wanted,
    id: newId('apiKey'),
    digest: digestOf(key),
    hint: `${key.slice(0, 8)}…${key.slice(-4)}`,
    publishableKey: wanted.kind === 'publishable' ? key : null,
  })
  return { key, row }
}

function describeKey({ kind, scopes }: ApiKeyRow) {
  return { kind, scopes: scopes.join(' ') }
}

/** Why a key cannot be rolled, by what is known of it. */
function refuseRoll(key: ApiKeyRow | null): Refusal {
  if (key === null) return refuse('resource_not_found')
  const why =
    key.revokedAt === null
      ? `was rolled before, and ends at ${key.endsAt?.toISOString()}. Roll its successor`
      : 'is revoked. Make a new one'
  return refuse('conflict', { detail: `The key ${why}.` })
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
    ends_at: row.endsAt?.toISOString() ?? null,
  }
}
