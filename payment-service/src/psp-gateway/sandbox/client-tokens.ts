import type { ClientTokens } from '../port.ts'
import { readAccount } from './account.ts'

/** The sandbox's card fields: a page of its own origin in an iframe. The browser SDK adds language and origin. */
export const clientTokens: ClientTokens = {
  fields(account) {
    const { pagesUrl, publicKey } = readAccount(account)
    return {
      kind: 'iframe',
      url: `${pagesUrl}/fields?public_key=${encodeURIComponent(publicKey)}`,
      origin: pagesUrl,
      content_security_policy: { script_src: [], frame_src: [pagesUrl], connect_src: [], img_src: [] },
    }
  },
}
