import { ChargeList } from '@fincore/api-contract/answers'
import { CancelCharge, CaptureCharge, CreateTokenCharge } from '@fincore/api-contract/requests'
import { Charge } from '@fincore/api-contract/resources'
import type { Deps } from '../../deps.ts'
import { chargeToken } from '../../flows/charge-token.ts'
import { cancelCharge, captureCharge } from '../../flows/end-authorization.ts'
import { isId } from '../../ids.ts'
import { chargeStates } from '../../payments/charge-states.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { keyOf, merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { type ChargeRow, chargeColumns, findCharge, renderCharge } from '../../store/charges.ts'
import { fetchPage } from '../../store/page.ts'
import { sendAnswer } from '../answers.ts'
import { idOf, listOf, oneOf, readListQuery, textOf } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const
const write = { access: { by: 'secret_key', scope: 'charges:write' }, idempotent: true } as const

const list = listOf('charge', {
  status: oneOf(chargeStates, 'Charges that stand here.'),
  merchant_reference: textOf('Charges with this reference of yours.'),
  payment_session: idOf(['session'], 'The tries of this payment session.'),
})

export function registerChargeRoutes(app: App, deps: Deps): void {
  app.post(
    '/v1/charges',
    {
      config: write,
      schema: {
        body: CreateTokenCharge,
        docs: {
          operationId: 'createCharge',
          summary: 'Charge a token',
          tag: 'Charges',
          answer: { status: 201, schema: Charge },
          refusals: [
            'currency_unsupported',
            'psp_account_missing',
            'capability_not_supported',
            'psp_unavailable',
            'psp_overloaded',
            'card_testing_suspected',
          ],
          description: 'A decline is no error: the charge is made, and `failed`.',
        },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await chargeToken(deps, {
          merchantId: merchantOf(request),
          idempotencyKey: keyOf(request),
          request: request.body,
          requestId: request.id,
        }),
      ),
  )

  app.get<{ Params: { id: string } }>(
    '/v1/charges/:id',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'getCharge',
          summary: 'Read a charge',
          tag: 'Charges',
          answer: { status: 200, schema: Charge },
        },
      },
    },
    async (request, reply) => {
      const charge = isId('charge', request.params.id)
        ? await findCharge(deps.pool, merchantOf(request), request.params.id)
        : null
      if (charge === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      return sendAnswer(reply, { status: 200, body: renderCharge(charge), replayed: false })
    },
  )

  app.get(
    '/v1/charges',
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listCharges',
          summary: 'List charges',
          tag: 'Charges',
          answer: { status: 200, schema: ChargeList },
          list: list,
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, list)
      if (isRefusal(query)) throw new RefusalError(query)
      const page = await fetchPage<ChargeRow>(deps.pool, {
        columns: chargeColumns,
        table: 'charges',
        merchantId: merchantOf(request),
        equal: {
          status: query.filters.status,
          merchant_reference: query.filters.merchant_reference,
          payment_session_id: query.filters.payment_session,
        },
        query,
      })
      if (isRefusal(page)) throw new RefusalError(page)
      return sendAnswer(reply, {
        status: 200,
        body: { object: 'list', data: page.rows.map(renderCharge), has_more: page.hasMore },
        replayed: false,
      })
    },
  )

  app.post<{ Params: { id: string } }>(
    '/v1/charges/:id/capture',
    {
      config: write,
      schema: {
        body: CaptureCharge,
        docs: {
          operationId: 'captureCharge',
          summary: 'Capture an authorized charge',
          tag: 'Charges',
          answer: { status: 200, schema: Charge },
          refusals: [
            'charge_not_capturable',
            'amount_exceeds_authorized',
            'operation_in_progress',
            'capture_declined',
            'psp_account_missing',
            'capability_not_supported',
            'psp_overloaded',
          ],
          description: 'Once, the whole amount or a part; the rest is released.',
        },
      },
    },
    async (request, reply) => {
      const body = request.body as { amount?: number }
      return sendAnswer(
        reply,
        await captureCharge(deps, {
          merchantId: merchantOf(request),
          chargeId: chargeIdOf(request.params),
          idempotencyKey: keyOf(request),
          amount: body.amount,
        }),
      )
    },
  )

  app.post<{ Params: { id: string } }>(
    '/v1/charges/:id/cancel',
    {
      config: write,
      schema: {
        body: CancelCharge,
        docs: {
          operationId: 'cancelCharge',
          summary: 'Cancel an authorized charge',
          tag: 'Charges',
          answer: { status: 200, schema: Charge },
          refusals: [
            'charge_not_cancelable',
            'operation_in_progress',
            'cancel_declined',
            'psp_account_missing',
            'psp_overloaded',
          ],
        },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await cancelCharge(deps, {
          merchantId: merchantOf(request),
          chargeId: chargeIdOf(request.params),
          idempotencyKey: keyOf(request),
        }),
      ),
  )
}

/** The charge that a path names; what has no id's form names none, and is not asked for. */
function chargeIdOf({ id }: { id: string }): string {
  if (!isId('charge', id)) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
  return id
}
