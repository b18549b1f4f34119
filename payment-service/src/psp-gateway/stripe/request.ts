import { randomUUID } from 'node:crypto'
import type Stripe from 'stripe'
import type { PspAccount, PspRequest } from '../port.ts'
import { readAccount } from './account.ts'
import { encodeForm } from './form.ts'

/**
 * The version in which Stripe reads our requests and writes its replies, whatever the account's own is. It is that of
 * the SDK whose types the requests are checked against, so a newer SDK does not compile until this is raised with it.
 */
export const stripeVersion = '2026-10-28.endive' satisfies Stripe.LatestApiVersion

/** A POST that acts at most once: a repeat under the same key gets the first answer ("Idempotent requests"). */
export function post(account: PspAccount, path: string, idempotencyKey: string, parameters: object): PspRequest {
  return postForm(account, path, idempotencyKey, encodeForm(parameters))
}

/** The same with a body that is a form already: the card template. */
export function postForm(account: PspAccount, path: string, idempotencyKey: string, form: string): PspRequest {
  const { apiUrl, secretKey } = readAccount(account)
  return {
    method: 'POST',
    url: `${apiUrl}${path}`,
    headers: {
      ...headersOf(secretKey),
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': idempotencyKey,
    },
    body: form,
  }
}

export function get(account: PspAccount, path: string, parameters: object): PspRequest {
  const { apiUrl, secretKey } = readAccount(account)
  const query = encodeForm(parameters)
  return {
    method: 'GET',
    url: `${apiUrl}${path}${query === '' ? '' : `?${query}`}`,
    headers: headersOf(secretKey),
    body: null,
  }
}

/**
 * A key for a request that closes something, and that does no harm when it is made again. Stripe answers a repeated key
 * with its first answer for a day, errors included: under one key, what failed to close once could not be closed.
 */
export function freshKey(reference: string): string {
  return `${reference}:${randomUUID()}`
}

function headersOf(secretKey: string): Record<string, string> {
  return { authorization: `Bearer ${secretKey}`, accept: 'application/json', 'stripe-version': stripeVersion }
}
