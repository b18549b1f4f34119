import type { PspAccount, PspReply } from '../../port.ts'

/** An account that passes preflight, with credentials that are nobody's. */
export const testAccount: PspAccount = {
  id: 'pspa_1',
  merchantId: 'mer_1',
  psp: 'adyen',
  name: 'Adyen',
  config: {
    merchant_account: 'AcmeBooksECOM',
    environment: 'test',
    client_key: 'test_L6HTEOAXQBCZJHKNU4NLN6EI7IE6VRRW',
  },
  credentials: {
    api_key: 'AQEyhmfxK4nobodysKeyOfTheTests',
    hmac_key: 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00',
    webhook_user: 'adyen-webhooks',
    webhook_password: 'a-long-password-of-the-tests',
  },
}

export const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): PspReply => ({
  status,
  headers,
  body: JSON.stringify(body),
})

/** What `additionalData` tells of a card when the Customer Area has it switched on. */
export const cardData = {
  cardBin: '411111',
  cardSummary: '1111',
  expiryDate: '3/2030',
  paymentMethod: 'visa',
  networkTxReference: '123456789012345',
}
export const shownCard = { brand: 'visa', first6: '411111', last4: '1111', exp_month: 3, exp_year: 2030 }
