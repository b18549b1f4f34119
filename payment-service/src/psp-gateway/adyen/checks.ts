import type { PaymentMethodsRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentMethodsRequest.js'
import { parseJson } from '../parse-json.ts'
import type { CheckFinding, Checks, PspReply } from '../port.ts'
import { readAccount } from './account.ts'
import { ask, type InJson } from './request.ts'
import { wire } from './wire.ts'

/**
 * What Adyen's Checkout API tells of an account: whether the key may use the merchant account, and takes cards. Where
 * webhooks go, 3-D Secure and Pay by Link are set up in the Customer Area; the Management API that tells of webhooks
 * wants a key with other rights than one for payments should have.
 */
export const checks: Checks = {
  list(account, { environment }) {
    const { merchantAccount, environment: mode } = readAccount(account)
    const isLive = environment === 'production'
    return [
      {
        name: 'payment methods',
        request: ask(account, '/paymentMethods', { merchantAccount } satisfies InJson<PaymentMethodsRequest>),
        read: readPaymentMethods,
      },
      {
        name: 'mode',
        request: null,
        findings: [{ code: (mode === 'live') === isLive ? 'mode_fits' : 'mode_differs' }],
      },
      {
        name: 'what stands in the Customer Area',
        request: null,
        findings: [
          { code: 'webhook_endpoint_not_askable' },
          { code: 'three_d_secure_not_askable' },
          { code: 'hosted_page_not_askable' },
        ],
      },
    ]
  },
}

function readPaymentMethods(reply: Extract<PspReply, { status: number }>): CheckFinding[] {
  const body = parseJson(reply.body)
  if (reply.status === 200 && wire.paymentMethods.Check(body)) {
    const takesCards = body.paymentMethods.some(({ type }) => type === 'scheme')
    return [
      { code: 'credentials_accepted' },
      takesCards
        ? { code: 'account_takes_payments' }
        : { code: 'account_takes_no_payments', detail: 'No card is turned on for the merchant account.' },
    ]
  }
  if (!wire.error.Check(body)) return [{ code: 'reply_not_understood' }]
  if (reply.status === 401) return [{ code: 'credentials_refused' }]
  // 901, “Invalid Merchant Account”; 010, “Not allowed” (Adyen, “Error codes and messages”).
  if (reply.status === 403)
    return [{ code: 'permission_missing', detail: 'The API key may not take payments for the merchant account.' }]
  return [{ code: 'reply_not_understood' }]
}
