import { AdyenError } from '../adyen-error.ts'
import { closePaymentLink, findPaymentLink, makePaymentLink, showPaymentLink } from '../payments/payment-links.ts'
import type { PaymentLink } from '../world.ts'
import type { Call, Operation, Result } from './operation.ts'

export const linkOperations: readonly Operation[] = [
  { method: 'POST', path: '/paymentLinks', model: 'PaymentLinkRequest', act: makeLink },
  { method: 'GET', path: '/paymentLinks/:link', model: null, act: getLink },
  { method: 'PATCH', path: '/paymentLinks/:link', model: 'UpdatePaymentLinkRequest', act: expireLink },
]

function makeLink({ world, account, body }: Call): Result {
  const link = makePaymentLink(world, account, body as PaymentLink['request'])
  return { status: 201, body: showPaymentLink(world, link) }
}

function getLink(call: Call): Result {
  return { status: 200, body: showPaymentLink(call.world, findOwnLink(call)) }
}

/** The only change there is: `{"status": "expired"}`. */
function expireLink(call: Call): Result {
  const link = findOwnLink(call)
  if (link.status === 'completed') throw new AdyenError('rule_broken', 'a completed payment link cannot expire')
  closePaymentLink(call.world, link)
  return { status: 200, body: showPaymentLink(call.world, link) }
}

function findOwnLink({ world, account, params }: Call): PaymentLink {
  const link = findPaymentLink(world, params.link ?? '')
  if (link?.account !== account) throw new AdyenError('rule_broken', 'there is no such payment link')
  return link
}
