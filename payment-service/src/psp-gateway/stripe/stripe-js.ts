import type { ClientFields } from '@fincore/api-contract/answers'

/**
 * Stripe's card fields, drawn by Stripe.js in the shopper's browser. Stripe demands that the script comes from its own
 * origin and publishes no hash for it, since it changes without a new address ("Including Stripe.js"). Its address is
 * named like the release of the API version, so both stay together ("Stripe.js versioning").
 *
 * @param apiVersion the pinned one, such as `2026-10-28.endive`
 * @param pagesUrl where a stand-in of development serves the script; null for Stripe itself
 */
export function describeStripeFields(account: {
  publishableKey: string
  apiVersion: string
  pagesUrl: string | null
}): ClientFields {
  const { publishableKey, apiVersion, pagesUrl } = account
  const fields = { kind: 'stripe', publishable_key: publishableKey } as const
  if (pagesUrl !== null) {
    const origins = [pagesUrl]
    return {
      ...fields,
      script_url: `${pagesUrl}/v3/`,
      content_security_policy: {
        script_src: [`${pagesUrl}/v3/`],
        frame_src: origins,
        connect_src: origins,
        img_src: [],
      },
    }
  }
  return {
    ...fields,
    script_url: `https://js.stripe.com/${apiVersion.split('.')[1] ?? 'v3'}/stripe.js`,
    content_security_policy: stripePolicy,
  }
}

/** As Stripe's "Integration security guide" lists it for Stripe.js; what it names for address fields is left out. */
const stripePolicy = {
  script_src: ['https://*.js.stripe.com', 'https://js.stripe.com'],
  frame_src: ['https://*.js.stripe.com', 'https://js.stripe.com', 'https://hooks.stripe.com'],
  connect_src: ['https://api.stripe.com'],
  img_src: [],
}
