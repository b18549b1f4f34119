import type { FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import type { ApiKey } from '../store/directory.ts'

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
    /** Whether the route counts its callers itself, because they are not the API's ordinary ones. */
    limitsItself?: boolean
  }
  interface FastifyRequest {
    /** The API key of the caller; set on routes for keys. */
    apiKey: ApiKey | null
    /** The operator's name; set on routes for operators. */
    operator: string | null
    idempotencyKey: string | null
  }
}

/** What every key looks like: kind, environment, 256 bits in base64url. What is not of this form is not looked up. */
const keyForm = /^(sk|pk)_(test|live)_[\w-]{43}$/

/** An API key as a request brings it: its digest, for looking it up, and what its prefix says. */
export type GivenKey = { digest: Buffer; environment: Config['environment'] }

/** The API key that a request brings; a refusal says what is wrong with the header. */
export function readGivenKey(header: string | undefined): GivenKey | Refusal {
  if (header === undefined || header.trim() === '') return refuse('authentication_required')
  const [scheme, token = ''] = header.trim().split(/ +/, 2)
  if (scheme?.toLowerCase() !== 'bearer') {
    const detail = 'The key belongs in `Authorization: Bearer …`'
    return refuse('authentication_required', {
      detail: scheme?.toLowerCase() === 'basic' ? `${detail}: Bearer, not Basic.` : `${detail}.`,
    })
  }
  const [, , mode] = keyForm.exec(token) ?? []
  if (mode === undefined) {
    return refuse('api_key_invalid', {
      detail:
        'What follows `Bearer` is not a whole key; was it copied completely? A key is sk_test_, sk_live_, pk_test_ or pk_live_ and 43 characters.',
    })
  }
  return { digest: digestOf(token), environment: mode === 'live' ? 'production' : 'sandbox' }
}

const ofTheOtherEnvironment: Record<Config['environment'], string> = {
  sandbox:
    'This is a live key, and this is the sandbox. Send a key of the sandbox, sk_test_… or pk_test_…, or ask production’s address.',
  production:
    'This is a test key, and this is production. Send a key of production, sk_live_… or pk_live_…, or ask the sandbox’s address.',
}

/**
 * Why a key is not known here. Its prefix alone says that it is of the other environment, so the answer is the same
 * whether or not there is such a key.
 */
export function refuseUnknownKey({ environment }: GivenKey, here: Config['environment']): Refusal {
  return refuse('api_key_invalid', environment === here ? {} : { detail: ofTheOtherEnvironment[here] })
}

/** Why a key may not use a route; null when it may. */
export function findMissingRight(key: ApiKey, access: Access): Refusal | null {
  if (access.by !== 'secret_key' || (key.kind === 'secret' && key.scopes.has(access.scope))) return null
  const detail =
    key.kind === 'secret'
      ? `This key lacks the scope ${access.scope}.`
      : 'A publishable key may only read /v1/client_config. Use the secret key, from your server.'
  return refuse('scope_missing', { detail })
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
