import type { Sample } from '../../every-request.ts'

/**
 * An account that exists nowhere, with settings of the right form. `npm run psp:requests` finds it by its path.
 * @public
 */
export const sample: Sample = {
  account: {
    id: 'pspa_sample',
    merchantId: 'mer_sample',
    psp: 'sandbox',
    name: 'Sample',
    config: { api_url: 'https://sandbox.example', pages_url: 'https://pages.sandbox.example' },
    credentials: {
      secret_key: `sk_sandbox_${'sample'.repeat(4)}`,
      public_key: `pk_sandbox_${'sample'.repeat(4)}`,
      webhook_secret: `whsec_sandbox_${'sample'.repeat(4)}`,
    },
  },
  names: { token: 'tok_sample', payment: 'pay_sample', session: 'cs_sample' },
}
