import type { PspAccount, PspRequest } from '../port.ts'
import { readAccount } from './account.ts'

/** A POST that acts at most once: `idempotencyKey` is our reference, and a repeat gets the first answer. */
export function post(account: PspAccount, path: string, idempotencyKey: string, body: object | null): PspRequest {
  return postText(account, path, idempotencyKey, body === null ? null : JSON.stringify(body))
}

/** The same with a body that is text already: the card template. */
export function postText(account: PspAccount, path: string, idempotencyKey: string, body: string | null): PspRequest {
  const { apiUrl, secretKey } = readAccount(account)
  return {
    method: 'POST',
    url: `${apiUrl}${path}`,
    headers: {
      authorization: `Bearer ${secretKey}`,
      accept: 'application/json',
      'idempotency-key': idempotencyKey,
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    },
    body,
  }
}

/** Asks for everything of a reference: payments, operations and checkout sessions. */
export function lookUp(account: PspAccount, { reference }: { reference: string }): PspRequest {
  return get(account, `/v2/lookup?reference=${encodeURIComponent(reference)}`)
}

export function get(account: PspAccount, path: string): PspRequest {
  const { apiUrl, secretKey } = readAccount(account)
  return {
    method: 'GET',
    url: `${apiUrl}${path}`,
    headers: { authorization: `Bearer ${secretKey}`, accept: 'application/json' },
    body: null,
  }
}
