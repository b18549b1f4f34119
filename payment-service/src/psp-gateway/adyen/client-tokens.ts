import type { ClientTokens } from '../port.ts'
import { readAccount } from './account.ts'
import { describeAdyenFields, describeStandInFields } from './adyen-web.ts'

/** Adyen's card fields, or those of a stand-in; none for an account that names no release of Adyen Web. */
export const clientTokens: ClientTokens = {
  fields(account) {
    const { clientKey, adyenWeb } = readAccount(account)
    if (adyenWeb === null) return null
    return 'pagesUrl' in adyenWeb
      ? describeStandInFields({ clientKey, pagesUrl: adyenWeb.pagesUrl })
      : describeAdyenFields({ clientKey, ...adyenWeb })
  },
}
