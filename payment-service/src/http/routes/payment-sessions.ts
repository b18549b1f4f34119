import { PaymentSessionList } from '@fincore/api-contract/answers'
import { CreatePaymentSession } from '@fincore/api-contract/requests'
import { PaymentSession } from '@fincore/api-contract/resources'
import { NoParameters } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../../deps.ts'
import { createPaymentSession } from '../../flows/create-payment-session.ts'
import { expirePaymentSession } from '../../flows/expire-payment-session.ts'
import { showSession } from '../../flows/session-link.ts'
import { isId } from '../../ids.ts'
import { sessionStates } from '../../payments/session-states.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { keyOf, merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { fetchPage } from '../../store/page.ts'
import { findSession, type SessionRow, sessionColumns } from '../../store/sessions.ts'
import { sendAnswer } from '../answers.ts'
import { listOf, oneOf, readListQuery, textOf } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const
const write = { access: { by: 'secret_key', scope: 'payment_sessions:write' }, idempotent: true } as const

const list = listOf('session', {
  status: oneOf(sessionStates, 'Sessions that stand here.'),
  merchant_reference: textOf('Sessions with this reference of yours.'),
})

export function registerPaymentSessionRoutes(app: App, deps: Deps): void {
  app.post(
    '/v1/payment_sessions',
    {
      config: write,
      schema: {
        body: CreatePaymentSession,
        docs: {
          operationId: 'createPaymentSession',
          summary: 'Make a payment session',
          tag: 'Payment sessions',
          answer: { status: 201, schema: PaymentSession },
          refusals: [
            'currency_unsupported',
            'payment_session_declined',
            'psp_account_missing',
            'capability_not_supported',
            'psp_unavailable',
            'psp_overloaded',
            'card_testing_suspected',
          ],
          description: 'Send the shopper to its `url`.',
        },
      },
    },
    async (request, reply) => {
      const input = {
        merchantId: merchantOf(request),
        idempotencyKey: keyOf(request),
        request: request.body as CreatePaymentSession,
        requestId: request.id,
      }
      return sendAnswer(reply, await createPaymentSession(deps, input))
    },
  )

  app.get<{ Params: { id: string } }>(
    '/v1/payment_sessions/:id',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'getPaymentSession',
          summary: 'Read a payment session',
          tag: 'Payment sessions',
          answer: { status: 200, schema: PaymentSession },
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const session = isId('session', id) ? await findSession(deps.pool, merchantOf(request), id) : null
      if (session === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      return sendAnswer(reply, { status: 200, body: showSession(deps, session), replayed: false })
    },
  )

  app.get(
    '/v1/payment_sessions',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listPaymentSessions',
          summary: 'List payment sessions',
          tag: 'Payment sessions',
          answer: { status: 200, schema: PaymentSessionList },
          list: list,
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, list)
      if (isRefusal(query)) throw new RefusalError(query)
      const page = await fetchPage<SessionRow>(deps.pool, {
        columns: sessionColumns,
        table: 'payment_sessions',
        merchantId: merchantOf(request),
        equal: { status: query.filters.status, merchant_reference: query.filters.merchant_reference },
        query,
      })
      if (isRefusal(page)) throw new RefusalError(page)
      const body = { object: 'list', data: page.rows.map((row) => showSession(deps, row)), has_more: page.hasMore }
      return sendAnswer(reply, { status: 200, body, replayed: false })
    },
  )

  app.post<{ Params: { id: string } }>(
    '/v1/payment_sessions/:id/expire',
    {
      config: write,
      schema: {
        body: NoParameters,
        docs: {
          operationId: 'expirePaymentSession',
          summary: 'End an open payment session',
          tag: 'Payment sessions',
          answer: { status: 200, schema: PaymentSession },
          refusals: ['session_not_open', 'psp_account_missing', 'psp_unavailable', 'psp_overloaded'],
          description: 'The PSP’s page is closed first.',
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      if (!isId('session', id)) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      const input = { merchantId: merchantOf(request), sessionId: id, idempotencyKey: keyOf(request) }
      return sendAnswer(reply, await expirePaymentSession(deps, input))
    },
  )
}
