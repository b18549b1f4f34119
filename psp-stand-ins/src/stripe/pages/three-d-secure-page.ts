import type { FastifyReply, FastifyRequest } from 'fastify'
import { html } from '../../html.ts'
import type { App } from '../api/server.ts'
import { formatAmount } from '../currencies.ts'
import { endChallenge } from '../objects/pay.ts'
import { decodeForm } from '../parameters/form.ts'
import { addQuery } from '../urls.ts'
import type { Account, IntentRow, World } from '../world.ts'
import { finishCheckout, pageOf, successOf } from './checkout-page.ts'
import { sendMessage, sendPage } from './layout.ts'

type Found = { account: Account; row: IntentRow }

/** The bank's 3-D Secure page of Stripe's test mode, `/3d_secure/{secret}`: complete, or fail. */
export function registerThreeDSecurePage(app: App, world: World): void {
  app.get('/3d_secure/:secret', async (request, reply) => {
    const found = findBySecret(world, request)
    if (!found) return sendUnknown(reply)
    return found.row.challenge === null ? leave(world, reply, found) : sendChallenge(reply, found)
  })

  app.post('/3d_secure/:secret', async (request, reply) => {
    const found = findBySecret(world, request)
    if (!found) return sendUnknown(reply)
    const decision = decodeForm(String(request.body ?? '')).get('decision')
    if (decision !== 'complete' && decision !== 'fail') return sendChallenge(reply, found)
    endChallenge(world, found.account, found.row, decision === 'complete')
    return leave(world, reply, found)
  })
}

/** Sends the shopper on: to the checkout or its merchant, or to the payment's `return_url` with what came of it. */
function leave(world: World, reply: FastifyReply, { account, row }: Found): FastifyReply {
  const { intent } = row
  const approved = intent.status === 'succeeded' || intent.status === 'requires_capture'
  const session = row.session === null ? undefined : account.sessions.get(row.session)
  if (session) {
    const isOver = session.session.status === 'complete'
    const next = approved ? finishCheckout(world, { account, row: session }, row) : pageOf(session)
    return reply.redirect(isOver ? successOf(session) : next, 303)
  }
  if (row.returnUrl === null) return sendMessage(reply, 200, 'Done', 'You can close this page.')
  return reply.redirect(
    addQuery(row.returnUrl, {
      payment_intent: intent.id,
      payment_intent_client_secret: intent.client_secret ?? '',
      redirect_status: approved ? 'succeeded' : 'failed',
    }),
    303,
  )
}

function findBySecret(world: World, request: FastifyRequest): Found | null {
  const { secret = '' } = request.params as { secret?: string }
  for (const account of world.accounts.values())
    for (const row of account.intents.values()) if (row.challengeSecret === secret) return { account, row }
  return null
}

function sendUnknown(reply: FastifyReply): FastifyReply {
  return sendMessage(reply, 404, 'Something went wrong', 'The page you were looking for was not found.')
}

function sendChallenge(reply: FastifyReply, { account, row }: Found): FastifyReply {
  const { intent, challengeSecret, challenge } = row
  return sendPage(reply, {
    status: 200,
    title: '3D Secure 2 test page',
    className: 'single',
    body: html`<main>
<p class="mark">The bank of a test card</p>
<h1>3D Secure test page</h1>
<dl class="facts">
  <div><dt>Merchant</dt><dd>${account.name}</dd></div>
  <div><dt>Amount</dt><dd>${formatAmount(intent.amount, intent.currency)}</dd></div>
  <div><dt>Card</dt><dd>ending in ${challenge?.method.card?.last4 ?? ''}</dd></div>
</dl>
<form method="post" action="/3d_secure/${challengeSecret}">
  <button id="test-source-authorize-3ds" name="decision" value="complete">Complete</button>
  <button id="test-source-fail-3ds" class="second" name="decision" value="fail">Fail</button>
</form>
</main>`,
  })
}
