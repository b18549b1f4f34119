import type { FastifyRequest } from 'fastify'
import { refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import type { ApiKey, Directory } from '../store/directory.ts'
import { RefusalError } from './problems.ts'

/** Who may call a route. Every route says so, or the server does not start: deny, then allow. */
export type Access =
  | { by: 'anyone' }
  | { by: 'publishable_key' }
  | { by: 'secret_key'; scope: Scope }
  | { by: 'operator' }

/** What a secret key may be allowed to do. A new key gets all but `charges:raw_card`. */
export const scopes = [
  'read',
  'charges:write',
  'charges:raw_card',
  'payment_sessions:write',
  'refunds:write',
  'webhook_endpoints:write',
] as const
export type Scope = (typeof scopes)[number]

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Whether the route requires an Idempotency-Key. */
    idempotent?: boolean
  }
  interface FastifyRequest {
    /** The API key of the caller; set on routes for keys. */
    apiKey: ApiKey | null
    /** The operator's name; set on routes for operators. */
    operator: string | null
    idempotencyKey: string | null
  }
}

/** Reads the API key of a request and checks that it may use the route. */
export async function authenticateKey(request: FastifyRequest, access: Access, directory: Directory): Promise<void> {
  if (access.by !== 'secret_key' && access.by !== 'publishable_key') return
  const token = readBearer(request.headers.authorization)
  if (token === null) throw new RefusalError(refuse('authentication_required'))
  // Looked up by digest: a lookup by hash leaks nothing of the key through its time.
  const key = await directory.findApiKey(digestOf(token))
  if (key === null) throw new RefusalError(refuse('api_key_invalid'))
  const allowed = access.by === 'publishable_key' ? true : key.kind === 'secret' && key.scopes.has(access.scope)
  if (!allowed) {
    const detail =
      access.by === 'secret_key' && key.kind === 'secret'
        ? `This key lacks the scope ${access.scope}.`
        : 'A publishable key may only read /v1/client_config. Use the secret key, from your server.'
    throw new RefusalError(refuse('scope_missing', { detail }))
  }
  request.apiKey = key
}

/** The token of `Authorization: Bearer …`; null when the header is missing or of another form. */
export function readBearer(header: string | undefined): string | null {
  return header?.match(/^Bearer ([\w\-.~+/]{16,200}=*)$/i)?.[1] ?? null
}

/** The caller's merchant on a route for keys; to be called there only. */
export function merchantOf(request: FastifyRequest): string {
  if (request.apiKey === null) throw new Error('A route for keys was reached without one')
  return request.apiKey.merchantId
}

/** The idempotency key on a route that requires one; to be called there only. */
export function keyOf(request: FastifyRequest): string {
  if (request.idempotencyKey === null) throw new Error('A route without an idempotency key asked for one')
  return request.idempotencyKey
}
