/**
 * What the compiler knows of `@fincore/node`, from outside: compiled by published.test.ts against the published
 * declarations, never run. A line below `@ts-expect-error` must be an error, and every other line must not.
 */
import { Fincore, FincoreError, FincoreUnknownOutcomeError, type List, webhooks } from '@fincore/node'

const fincore = new Fincore({ api: 'https://pay.example.com', secretKey: 'sk_test_1' })
const text = (value: string) => value

export async function narrowCharges() {
  const charge = await fincore.charges.create({
    amount: 1990,
    currency: 'EUR',
    payment_method: { type: 'token', token: 'tok_1' },
  })
  // @ts-expect-error: a charge that may not have failed may have no failure.
  text(charge.failure.message)
  if (charge.status === 'failed') text(charge.failure.message)
  if (charge.status === 'requires_action') text(charge.next_action.url)
  if (charge.status === 'canceled') text(charge.cancellation_reason)
  // @ts-expect-error: a captured charge asks nothing of the shopper.
  if (charge.status === 'captured') text(charge.next_action.url)
  // @ts-expect-error: there is no such status.
  if (charge.status === 'paid') text(charge.id)
  switch (charge.status) {
    case 'authorized':
      return charge.pending?.operation satisfies 'capture' | 'cancel' | undefined
    case 'captured':
    case 'failed':
    case 'processing':
    case 'requires_action':
    case 'canceled':
      return null
    default:
      return charge satisfies never
  }
}

export async function narrowOtherObjects() {
  const session = await fincore.paymentSessions.get('ps_1')
  // @ts-expect-error: only an open session has a link.
  text(session.url)
  if (session.status === 'open') text(session.url)
  if (session.status === 'completed') text(session.charge)
  const refund = await fincore.refunds.create({ charge: 'ch_1' })
  if (refund.status === 'failed') text(refund.failure.code)
  for await (const delivery of fincore.webhookEndpoints.listDeliveries('whe_1', { status: 'failed' }))
    if (delivery.status === 'pending') text(delivery.next_try_at)
}

export function narrowEvents(body: Uint8Array, headers: Headers) {
  const event = webhooks.verify(body, headers, 'whsec_…')
  if (event.type === 'charge.captured') text(event.data.object.amount_captured.toFixed())
  if (event.type === 'charge.failed') text(event.data.object.failure.message)
  if (event.type === 'refund.succeeded') text(event.data.object.charge)
  if (event.type === 'payment_session.completed') text(event.data.object.charge)
  if (event.type === 'webhook_endpoint.disabled') text(event.data.object.disabled_reason)
  // @ts-expect-error: an event about a dispute has no captured amount.
  if (event.type === 'dispute.lost') text(event.data.object.amount_captured)
  // @ts-expect-error: there is no such event.
  if (event.type === 'charge.paid') text(event.id)
  const captured = fincore.events.list({ type: 'charge.captured' })
  captured satisfies List<{ data: { object: { status: 'captured' } } }>
}

export function refuseWrongRequests() {
  const amount = { amount: 1, currency: 'EUR' }
  // @ts-expect-error: a session needs to know where the shopper goes.
  fincore.paymentSessions.create(amount)
  // @ts-expect-error: a misspelt field.
  fincore.refunds.create({ charge: 'ch_1', ammount: 1 })
  // @ts-expect-error: a charge needs a payment method.
  fincore.charges.create(amount)
  const card = { number: '4242424242424242', cvc: '123', exp_month: 12, exp_year: 2034 }
  fincore.charges.create({ ...amount, payment_method: { type: 'card', card } })
  // @ts-expect-error: there is no such filter.
  fincore.charges.list({ state: 'captured' })
  // @ts-expect-error: a read has no idempotency key.
  fincore.charges.get('ch_1', { idempotencyKey: 'k' })
}

export function readErrors(error: unknown) {
  if (error instanceof FincoreUnknownOutcomeError) return error.idempotencyKey satisfies string | null
  if (error instanceof FincoreError && error.code === 'charge_not_capturable') return error.requestId
  // The codes are known to an editor, and one of a newer FinCore is no error of the compiler.
  if (error instanceof FincoreError && error.code === 'of_a_newer_fincore') return error.retryAfterSeconds
  return null
}
