import { makePolicy, readHost, type ServedPage } from '@fincore/api-contract/served-pages'

export type Allowed = Partial<Record<'scripts' | 'frames' | 'connects' | 'images' | 'formTargets', string[]>>

/** The headers of a page. What it may load of others is the PSP's and the API's, on the checkout page alone. */
export function makeSecurityHeaders(page: ServedPage, host: string | undefined, allow: Allowed = {}) {
  return {
    'content-security-policy': makePolicy(page, readHost(host), {
      'script-src': allow.scripts ?? [],
      'img-src': [`'self'`, ...(allow.images ?? [])].join(' '),
      'connect-src': [`'self'`, ...(allow.connects ?? [])].join(' '),
      'frame-src': allow.frames?.length ? allow.frames.join(' ') : `'none'`,
      'form-action': [`'self'`, ...(allow.formTargets ?? [])].join(' '),
      'frame-ancestors': `'none'`,
    }),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    // An order's address is all that is needed to see it, and a checkout page holds an attempt that is used once.
    'cache-control': 'no-store',
  }
}
