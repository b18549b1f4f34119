/** A payment at the PSP. `story` says whose it is, for the choices and the trace; the API shows it to nobody. */
export type Payment = {
  object: 'payment'
  story: string
  account: string
  id: string
  reference: string
  status: 'new' | 'authorized' | 'captured' | 'declined' | 'action_required' | 'canceled' | 'abandoned' | 'expired'
  amount: number
  currency: string
  capture: 'automatic' | 'manual'
  captured: number
  checkout_session: string | null
  decline: { code: string } | null
  action: { type: 'redirect'; url: string } | null
}

export type Operation = {
  object: 'capture' | 'cancellation' | 'refund'
  story: string
  account: string
  id: string
  reference: string
  payment: string
  status: 'pending' | 'succeeded' | 'failed'
  amount: number
  currency: string
  failure: { code: string } | null
}

export type CheckoutSession = {
  object: 'checkout_session'
  story: string
  account: string
  id: string
  reference: string
  status: 'open' | 'completed' | 'expired'
  amount: number
  currency: string
  capture: 'automatic' | 'manual'
  payment: Payment | null
  payments: Payment[]
}

export type Kept = Payment | Operation | CheckoutSession

/** An object as the API shows it. */
export function show(thing: Kept): object {
  const amount = { value: thing.amount, currency: thing.currency }
  switch (thing.object) {
    case 'payment': {
      const { id, reference, status, captured, checkout_session, decline, action } = thing
      const card = { brand: 'visa', first6: '424242', last4: '4242', expiry_month: 12, expiry_year: 2034 }
      return { object: 'payment', id, reference, status, amount, captured, checkout_session, decline, action, card }
    }
    case 'checkout_session': {
      const { id, reference, status, payment, payments } = thing
      const url = `https://pay.psp.example/${id}`
      const shown = { payment: payment === null ? null : show(payment), payments: payments.map(show) }
      return { object: 'checkout_session', id, reference, url, status, amount, ...shown }
    }
    default: {
      const { object, id, reference, payment, status, failure } = thing
      return { object, id, reference, payment, amount, status, failure }
    }
  }
}
