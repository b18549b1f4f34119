import { listSessionsByReference, presentSession } from '../ledger/checkout-sessions.ts'
import { listOperationsByReference, presentOperation } from '../ledger/operations.ts'
import { findVisiblePayment, listPaymentsByReference, presentPayment } from '../ledger/payments.ts'
import { closeWhenDue } from '../payments/sessions.ts'
import { Rejection } from '../rejection.ts'
import type { Api, ApiApp } from './api.ts'
import { requireAccount } from './authentication.ts'
import { IdParams, ReferenceQuery } from './schemas.ts'

/** Look-ups: by the caller's own reference, and by the payment's id. */
export function registerLookupRoutes(app: ApiApp, api: Api): void {
  const { psp } = api

  app.get(
    '/v2/lookup',
    { schema: { querystring: ReferenceQuery }, onRequest: async (request) => void requireAccount(psp, request) },
    async (request) => {
      const account = requireAccount(psp, request).id
      const { reference } = request.query
      const visibleUntil = psp.now() - psp.lookupDelayMs
      const sessions = listSessionsByReference(psp.ledger, account, reference, visibleUntil).map((row) =>
        closeWhenDue(psp, row),
      )
      return {
        payments: listPaymentsByReference(psp.ledger, account, reference, visibleUntil).map((row) =>
          presentPayment(row, psp.pagesUrl),
        ),
        operations: listOperationsByReference(psp.ledger, account, reference, visibleUntil).map(presentOperation),
        checkout_sessions: sessions.map((row) => presentSession(psp.ledger, row, psp.pagesUrl)),
      }
    },
  )

  app.get(
    '/v2/payments/:id',
    { schema: { params: IdParams }, onRequest: async (request) => void requireAccount(psp, request) },
    async (request) => {
      const payment = findVisiblePayment(psp.ledger, requireAccount(psp, request).id, request.params.id)
      if (!payment) throw new Rejection(404, 'payment_not_found', 'There is no payment with this id.')
      return presentPayment(payment, psp.pagesUrl)
    },
  )
}
