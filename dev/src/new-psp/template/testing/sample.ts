import type { Sample } from '@fincore/payment-service/psp-gateway/every-request'
import type { PspName } from '@fincore/payment-service/psp-gateway/port'
import { newpspPsp } from '../newpsp.ts'

/**
 * An account that exists nowhere, with settings of the right form. `npm run psp:requests` finds it by its path.
 * @public
 */
export const sample: Sample = {
  account: {
    id: 'pspa_sample',
    merchantId: 'mer_sample',
    psp: newpspPsp.name as PspName,
    name: 'Sample',
    config: { api_url: 'https://api.newpsp.example' },
    credentials: { api_key: `key_${'sample'.repeat(4)}`, webhook_secret: `whsec_${'sample'.repeat(4)}` },
  },
  names: { token: 'tok_sample', payment: 'pay_sample', session: 'ses_sample' },
}
