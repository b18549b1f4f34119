import type { Sample } from '../../every-request.ts'

const state = {
  paymentMethod: {
    type: 'scheme',
    encryptedCardNumber: 'adyenjs_0_1_25$sample',
    encryptedExpiryMonth: 'adyenjs_0_1_25$sample',
    encryptedExpiryYear: 'adyenjs_0_1_25$sample',
    encryptedSecurityCode: 'adyenjs_0_1_25$sample',
  },
}

/**
 * An account that exists nowhere, with settings of the right form. `npm run psp:requests` finds it by its path.
 * @public
 */
export const sample: Sample = {
  account: {
    id: 'pspa_sample',
    merchantId: 'mer_sample',
    psp: 'adyen',
    name: 'Sample',
    config: { merchant_account: 'SampleECOM', environment: 'test', client_key: `test_${'SAMPLE'.repeat(5)}` },
    credentials: {
      api_key: `AQE${'sample'.repeat(6)}`,
      hmac_key: 'AB'.repeat(32),
      webhook_user: 'sample-user',
      webhook_password: 'sample-password',
    },
  },
  names: {
    token: `adyen_${Buffer.from(JSON.stringify(state)).toString('base64url')}`,
    payment: 'SAMPLE1234567890',
    session: 'PLSAMPLE1234567890',
  },
}
