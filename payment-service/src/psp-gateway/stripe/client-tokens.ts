import type { ClientTokens } from '../port.ts'
import { readAccount } from './account.ts'
import { stripeVersion } from './request.ts'
import { describeStripeFields } from './stripe-js.ts'

export const clientTokens: ClientTokens = {
  fields(account) {
    const { pagesUrl, publishableKey } = readAccount(account)
    return describeStripeFields({ publishableKey, apiVersion: stripeVersion, pagesUrl })
  },
}
