import { newId, newSecret } from '../ids.ts'
import {
  findSession,
  insertSession,
  type LineItem,
  presentSession,
  type SessionRow,
} from '../ledger/checkout-sessions.ts'
import { closeWhenDue, expireSession } from '../payments/sessions.ts'
import type { Psp } from '../psp.ts'
import { Rejection } from '../rejection.ts'
import { answerPost } from './answer-post.ts'
import type { Api, ApiApp } from './api.ts'
import { accountOf } from './authentication.ts'
import { IdParams, SessionBody } from './schemas.ts'

/** A session lives at most this long. */
const maxSessionMs = 7 * 24 * 60 * 60_000

/** Hosted checkout sessions. */
export function registerSessionRoutes(app: ApiApp, api: Api): void {
  const { psp } = api

  app.post('/v2/checkout_sessions', { schema: { body: SessionBody } }, async (request, reply) =>
    answerPost(api, request, reply, request.body, () => {
      const session = readSession(request.body, accountOf(request).id, psp.now())
      insertSession(psp.ledger, session)
      psp.schedule('expire_session', session.id, session.expires_at)
      return { status: 201, body: presentSession(psp.ledger, session, psp.pagesUrl) }
    }),
  )

  app.get('/v2/checkout_sessions/:id', { schema: { params: IdParams } }, async (request) => {
    const session = requireSession(psp, accountOf(request).id, request.params.id)
    return presentSession(psp.ledger, closeWhenDue(psp, session), psp.pagesUrl)
  })

  app.post('/v2/checkout_sessions/:id/expire', { schema: { params: IdParams } }, async (request, reply) =>
    answerPost(api, request, reply, null, () => {
      const session = requireSession(psp, accountOf(request).id, request.params.id)
      if (session.status === 'completed') {
        throw new Rejection(409, 'session_completed', 'The session was paid already. Refund its payment instead.')
      }
      return { status: 200, body: presentSession(psp.ledger, expireSession(psp, session), psp.pagesUrl) }
    }),
  )
}

function requireSession(psp: Psp, account: string, id: string): SessionRow {
  const session = findSession(psp.ledger, id)
  if (session?.account !== account)
    throw new Rejection(404, 'checkout_session_not_found', 'There is no checkout session with this id.')
  return session
}

function readSession(body: SessionBody, account: string, nowMs: number): SessionRow {
  const expiresAt = Date.parse(body.expires_at)
  if (!(expiresAt > nowMs && expiresAt <= nowMs + maxSessionMs)) {
    throw new Rejection(400, 'invalid_request', 'A session expires in the future, and within 7 days.', 'expires_at')
  }
  const lineItems = (body.line_items ?? []).map((item, index): LineItem => {
    if (typeof item.amount === 'number') return { name: item.name, quantity: item.quantity, amount: item.amount }
    if (item.amount.currency === body.amount.currency)
      return { name: item.name, quantity: item.quantity, amount: item.amount.value }
    throw new Rejection(
      400,
      'currency_mismatch',
      'A line item has the currency of the session.',
      `line_items.${index}.amount.currency`,
    )
  })
  return {
    id: newId('cs', nowMs),
    account,
    reference: body.reference,
    secret: newSecret(),
    status: 'open',
    amount: body.amount.value,
    currency: body.amount.currency,
    capture: body.capture,
    return_url: body.return_url,
    cancel_url: body.cancel_url,
    locale: body.locale ?? null,
    description: body.description ?? null,
    customer_email: body.customer_email ?? null,
    line_items: JSON.stringify(lineItems),
    expires_at: expiresAt,
    created: nowMs,
  }
}
