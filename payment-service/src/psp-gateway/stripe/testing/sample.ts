import type { Sample } from '../../every-request.ts'

/**
 * An account that exists nowhere, with settings of the right form. `npm run psp:requests` finds it by its path.
 * @public
 */
export const sample: Sample = {
  account: {
    id: 'pspa_sample',
    merchantId: 'mer_sample',
    psp: 'stripe',
    name: 'Sample',
    config: {},
    credentials: {
      secret_key: `sk_test_${'sample'.repeat(4)}`,
      publishable_key: `pk_test_${'sample'.repeat(4)}`,
      webhook_secret: `whsec_${'sample'.repeat(4)}`,
    },
  },
  names: { token: 'pm_sample', payment: 'pi_sample', session: 'cs_test_sample' },
}
