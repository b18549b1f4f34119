import { AdyenError } from '../adyen-error.ts'
import { receiveModification } from '../payments/modifications.ts'
import { checkAmount, checkMerchantAccount, checkReference } from '../payments/payment-request.ts'
import type { Amount } from '../world.ts'
import type { Call, Operation, Result } from './operation.ts'

type ModificationBody = { merchantAccount: string; reference?: string; amount?: Amount }

export const modificationOperations: readonly Operation[] = [
  { method: 'POST', path: '/payments/:payment/captures', model: 'PaymentCaptureRequest', act: modify('capture') },
  { method: 'POST', path: '/payments/:payment/cancels', model: 'PaymentCancelRequest', act: modify('cancel') },
  { method: 'POST', path: '/payments/:payment/refunds', model: 'PaymentRefundRequest', act: modify('refund') },
]

function modify(kind: 'capture' | 'cancel' | 'refund') {
  return ({ world, account, params, body, faultIsSpent }: Call): Result => {
    const { merchantAccount, reference, amount } = body as ModificationBody
    checkMerchantAccount(account, merchantAccount)
    if (reference !== undefined) checkReference(reference)
    if (amount) checkAmount(amount)
    const payment = world.payments.get(params.payment ?? '')
    if (payment?.account !== account) throw new AdyenError('original_required')
    const { value, currency } = amount ?? payment.amount
    const pspReference = receiveModification(world, payment, kind, { reference, value, currency })
    const { behaviour } = payment
    return {
      status: 201,
      pspReference,
      fault: behaviour.do === 'follow_up_fault' && !faultIsSpent ? behaviour.fault : null,
      body: {
        merchantAccount,
        paymentPspReference: payment.pspReference,
        ...(reference === undefined ? {} : { reference }),
        pspReference,
        status: 'received',
        ...(amount ? { amount: { currency: amount.currency, value: amount.value } } : {}),
      },
    }
  }
}
