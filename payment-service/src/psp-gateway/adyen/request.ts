import type { PspAccount, PspRequest } from '../port.ts'
import { readAccount } from './account.ts'

/**
 * A type of Adyen's SDK as JSON has it: its enumerations are texts, its dates ISO 8601. The SDK is types alone here; it
 * is never loaded.
 */
export type InJson<T> = T extends Date
  ? string
  : T extends string
    ? `${T}`
    : T extends readonly (infer Item)[]
      ? InJson<Item>[]
      : T extends object
        ? { [Key in keyof T]: InJson<T[Key]> }
        : T

/** A card holder's name is cut to this; the networks take less of it. */
export const maxHolderName = 80

/**
 * A POST that acts at most once: a repeat under the same key, of 64 characters at most, gets the first answer (Adyen,
 * “API idempotency”). A body that is text already is the card template.
 */
export function post(account: PspAccount, path: string, idempotencyKey: string, body: object | string): PspRequest {
  const request = makeRequest(account, 'POST', path, body)
  return { ...request, headers: { ...request.headers, 'idempotency-key': idempotencyKey } }
}

export function patch(account: PspAccount, path: string, body: object): PspRequest {
  return makeRequest(account, 'PATCH', path, body)
}

/** A POST that changes nothing, and so needs no key. */
export function ask(account: PspAccount, path: string, body: object): PspRequest {
  return makeRequest(account, 'POST', path, body)
}

export function get(account: PspAccount, path: string): PspRequest {
  return makeRequest(account, 'GET', path, null)
}

function makeRequest(
  account: PspAccount,
  method: PspRequest['method'],
  path: string,
  body: object | string | null,
): PspRequest {
  const { checkoutUrl, apiKey } = readAccount(account)
  return {
    method,
    url: `${checkoutUrl}${path}`,
    headers: {
      'x-api-key': apiKey,
      accept: 'application/json',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    },
    body: typeof body === 'string' || body === null ? body : JSON.stringify(body),
  }
}
