/** The policy of every page. `frames` and `connects` are the PSP's and the API's origins, on the checkout page alone. */
export function makeSecurityHeaders(allow: { frames?: string[]; connects?: string[]; formTargets?: string[] } = {}) {
  const list = (...sources: string[]) => sources.join(' ')
  const policy = [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self'`,
    list(`connect-src 'self'`, ...(allow.connects ?? [])),
    list('frame-src', ...(allow.frames?.length ? allow.frames : [`'none'`])),
    list(`form-action 'self'`, ...(allow.formTargets ?? [])),
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    // An order's address is all that is needed to see it, and a checkout page holds an attempt that is used once.
    'cache-control': 'no-store',
  }
}
