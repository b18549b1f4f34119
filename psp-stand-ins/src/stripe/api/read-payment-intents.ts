import type Stripe from 'stripe'
import { invalid } from '../errors.ts'
import type { Act, Expanding } from './call.ts'
import { findIntent } from './follow-payment-intent.ts'
import { type ListParams, makePage } from './lists.ts'
import { readQuery } from './search.ts'

export const retrievePaymentIntent: Act<Expanding & { client_secret?: string }> = (call) => {
  const { intent } = findIntent(call)
  const { client_secret: secret } = call.params
  if (secret !== undefined && secret !== intent.client_secret)
    throw invalid('The client_secret provided does not match any associated PaymentIntent on this account.', {
      code: 'payment_intent_invalid_parameter',
      param: 'client_secret',
    })
  return { body: intent }
}

/** A list is read after write: what was made is in it at once. */
export const listPaymentIntents: Act<Expanding & ListParams & { customer?: string; customer_account?: string }> = (
  call,
) => {
  const ofSomebody = call.params.customer !== undefined || call.params.customer_account !== undefined
  // No payment here has a customer.
  const rows = ofSomebody ? [] : [...call.account.intents.values()].map(({ intent }) => intent)
  return { body: makePage(rows, call.params, '/v1/payment_intents', 'payment_intent') }
}

type SearchParams = Expanding & { query: string; limit?: number; page?: string }

/** Search lags behind by a setting; "don't use search in read-after-write flows", says Stripe. */
export const searchPaymentIntents: Act<SearchParams> = ({ world, account, params }) => {
  const { limit = 10, page } = params
  if (limit < 1 || limit > 100)
    throw invalid('This value must be from 1 to 100.', { code: 'parameter_invalid_integer', param: 'limit' })
  const fits = readQuery(params.query)
  const found: Stripe.PaymentIntent[] = [...account.intents.values()]
    .filter(({ searchableAt }) => searchableAt <= world.now())
    .map(({ intent }) => intent)
    .filter(fits)
    .reverse()
  const start = page === undefined ? 0 : found.findIndex(({ id }) => makePageToken(id) === page) + 1
  if (page !== undefined && start === 0) throw invalid('The page is not one that a search gave.', { param: 'page' })
  const data = found.slice(start, start + limit)
  const last = data.at(-1)
  const more = found.length > start + data.length && last !== undefined
  return {
    body: {
      object: 'search_result',
      data,
      has_more: more,
      next_page: more ? makePageToken(last.id) : null,
      url: '/v1/payment_intents/search',
    },
  }
}

function makePageToken(id: string): string {
  return Buffer.from(`after ${id}`).toString('base64url')
}
