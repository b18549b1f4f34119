import type { ClientTokens } from '../port.ts'
import { readAccount } from './account.ts'

/** The sandbox's card fields: a page of its own origin in an iframe. The browser SDK adds language and origin. */
export const clientTokens: ClientTokens = {
  fields(account) {
    const { pagesUrl, publicKey } = readAccount(account)
    const url = `${pagesUrl}/fields?public_key=${encodeURIComponent(publicKey)}`
    return { kind: 'iframe', url, origin: pagesUrl }
  },
}
