import type { PspAccount, PspRequest } from '@fincore/payment-service/psp-gateway/port'
import { readAccount } from './account.ts'

/** A POST that acts at most once: `idempotencyKey` is our reference, and a repeat gets the first answer. */
export function post(account: PspAccount, path: string, idempotencyKey: string, body: object): PspRequest {
  return postText(account, path, idempotencyKey, JSON.stringify(body))
}

/** The same with a body that is text already: the card template. */
function postText(account: PspAccount, path: string, idempotencyKey: string, body: string): PspRequest {
  const { apiUrl, apiKey } = readAccount(account)
  return {
    method: 'POST',
    url: `${apiUrl}${path}`,
    headers: {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    },
    body,
  }
}

/** A question, which changes nothing. */
export function get(account: PspAccount, path: string): PspRequest {
  const { apiUrl, apiKey } = readAccount(account)
  return {
    method: 'GET',
    url: `${apiUrl}${path}`,
    headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
    body: null,
  }
}

/** Minor units as a JSON number. Amounts are bounded far below 2^53 where they enter, so a larger one is a bug. */
export function toNumber(amount: bigint): number {
  const number = Number(amount)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error('An amount does not fit a JSON number')
  return number
}
