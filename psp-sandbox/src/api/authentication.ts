import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { type Account, findAccountBySecretKey } from '../ledger/accounts.ts'
import type { Psp } from '../psp.ts'
import { Rejection } from '../rejection.ts'
import type { Api } from './api.ts'

type WithAuthorization = { headers: { authorization?: string | undefined } }

/** The account that the request's hook found. */
export function accountOf(request: FastifyRequest): Account {
  return request.getDecorator<Account>('account')
}

/** The account of the secret key in `Authorization`. Throws a `Rejection` of 401. */
export function requireAccount(psp: Psp, request: WithAuthorization): Account {
  const account = findAccountBySecretKey(psp.ledger, bearerOf(request))
  if (!account)
    throw new Rejection(401, 'unauthorized', 'Send a secret key that starts with `sk_sandbox_` as Bearer token.')
  return account
}

/** True when the request carries the admin token. Compared in constant time. */
export function isAdmin(api: Api, request: WithAuthorization): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(bearerOf(request)), digest(api.adminToken))
}

function bearerOf(request: WithAuthorization): string {
  return /^Bearer (\S{1,512})$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}
