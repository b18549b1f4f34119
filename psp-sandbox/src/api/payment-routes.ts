import { presentOperation } from '../ledger/operations.ts'
import { findVisiblePayment, type PaymentRow, presentPayment } from '../ledger/payments.ts'
import { countAuthorizeCall } from '../ledger/truth.ts'
import type { Fault } from '../magic-cards.ts'
import { authorize } from '../payments/authorize.ts'
import { type Card, readCard } from '../payments/card.ts'
import { cancel, capture, refund } from '../payments/operations.ts'
import type { Psp } from '../psp.ts'
import { Rejection } from '../rejection.ts'
import { answerPost } from './answer-post.ts'
import type { Api, ApiApp } from './api.ts'
import { accountOf } from './authentication.ts'
import { AmountOperationBody, CancellationBody, IdParams, PaymentBody } from './schemas.ts'

/** Payments by card or token, and what can be done to them. */
export function registerPaymentRoutes(app: ApiApp, api: Api): void {
  const { psp } = api

  app.post('/v2/payments', { schema: { body: PaymentBody } }, async (request, reply) => {
    const account = accountOf(request).id
    const { body } = request
    const count = () => countAuthorizeCall(psp.ledger, account, body.reference)
    const act = (faultIsSpent: boolean) => {
      const card = readSource(psp, account, body.source)
      const fault = faultIsSpent ? null : faultOf(card)
      if (fault === 'timeout_before') return 'lost'
      if (body.source.type === 'token') psp.tokens.use(body.source.token)
      const done = authorize(
        psp,
        {
          account,
          reference: body.reference,
          session: null,
          amount: body.amount.value,
          currency: body.amount.currency,
          capture: body.capture,
          returnUrl: body.return_url ?? null,
          description: body.description ?? null,
        },
        card,
      )
      return {
        status: 201,
        body: presentPayment(done.payment, psp.pagesUrl),
        event: done.event,
        ...(fault ? { fault } : {}),
      }
    }
    return answerPost(api, request, reply, fingerprintOf(body), act, count)
  })

  const onPayment = { schema: { params: IdParams, body: AmountOperationBody } }
  const amountOf = (body: { amount?: { value: number; currency: string } }) => ({
    amount: body.amount?.value ?? null,
    currency: body.amount?.currency ?? null,
  })

  app.post('/v2/payments/:id/captures', onPayment, async (request, reply) =>
    answerPost(api, request, reply, request.body, () => {
      const payment = requirePayment(psp, accountOf(request).id, request.params.id)
      const operation = capture(psp, payment, { reference: request.body.reference, ...amountOf(request.body) })
      return { status: 201, body: presentOperation(operation) }
    }),
  )

  app.post('/v2/payments/:id/refunds', onPayment, async (request, reply) =>
    answerPost(api, request, reply, request.body, () => {
      const payment = requirePayment(psp, accountOf(request).id, request.params.id)
      const operation = refund(psp, payment, { reference: request.body.reference, ...amountOf(request.body) })
      return { status: 201, body: presentOperation(operation) }
    }),
  )

  app.post(
    '/v2/payments/:id/cancellations',
    { schema: { params: IdParams, body: CancellationBody } },
    async (request, reply) =>
      answerPost(api, request, reply, request.body, () => {
        const payment = requirePayment(psp, accountOf(request).id, request.params.id)
        return { status: 201, body: presentOperation(cancel(psp, payment, request.body.reference)) }
      }),
  )
}

function requirePayment(psp: Psp, account: string, id: string): PaymentRow {
  const payment = findVisiblePayment(psp.ledger, account, id)
  if (!payment) throw new Rejection(404, 'payment_not_found', 'There is no payment with this id.')
  return payment
}

function readSource(psp: Psp, account: string, source: PaymentBody['source']): Card {
  if (source.type === 'card') return readCard(source, psp.now(), 'source.')
  const card = psp.tokens.find(account, source.token)
  if (card) return card
  throw new Rejection(
    400,
    'token_invalid',
    'The token is unknown, was used already, or is older than 15 minutes.',
    'source.token',
  )
}

function faultOf(card: Card): Fault | null {
  return card.outcome.do === 'fault' ? card.outcome.fault : null
}

/** What makes two requests the same. Of a card it holds only what may be shown, since a digest of a number can be searched. */
function fingerprintOf(body: PaymentBody): unknown {
  if (body.source.type === 'token') return body
  const { number, expiry_month, expiry_year } = body.source
  return { ...body, source: { first6: number.slice(0, 6), last4: number.slice(-4), expiry_month, expiry_year } }
}
