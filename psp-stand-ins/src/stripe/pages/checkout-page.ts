import type { FastifyReply, FastifyRequest } from 'fastify'
import { html } from '../../html.ts'
import type { App } from '../api/server.ts'
import { formatAmount } from '../currencies.ts'
import { Refusal } from '../errors.ts'
import { completeSession, expireWhenDue } from '../objects/end-session.ts'
import { pay } from '../objects/pay.ts'
import { createIntent } from '../objects/payment-intents.ts'
import { createMethod } from '../objects/payment-methods.ts'
import { decodeForm } from '../parameters/form.ts'
import { countAuthorizeCall } from '../truth.ts'
import type { Account, IntentRow, MethodRow, SessionRow, World } from '../world.ts'
import { sendMessage, sendPage } from './layout.ts'

type Found = { account: Account; row: SessionRow }

/** Whoever tries more cards than this on one session is testing stolen numbers. */
const mostTries = 50

/** Stripe Checkout's page of a session, `/c/pay/{id}/{secret}`: a form that works without scripts, and the way on. */
export function registerCheckoutPage(app: App, world: World): void {
  app.get('/c/pay/:id/:secret', async (request, reply) => {
    const found = findByPage(world, request)
    if (found?.row.session.status !== 'open') return sendClosed(reply, found)
    return sendCheckout(reply, found, lastProblem(found), 200)
  })

  app.post('/c/pay/:id/:secret', async (request, reply) => {
    const found = findByPage(world, request)
    if (found?.row.session.status !== 'open') return sendClosed(reply, found)
    const tries = [...found.account.charges.values()].filter(
      (charge) => charge.payment_intent === found.row.session.payment_intent,
    )
    if (tries.length >= mostTries) return sendMessage(reply, 429, 'Too many tries', 'Please go back to the shop.')
    const method = readCard(world, found.account, String(request.body ?? ''))
    if (typeof method === 'string') return sendCheckout(reply, found, method, 422)
    const intent = takeIntent(world, found)
    countAuthorizeCall(world, intent.reference)
    const paid = pay(world, found.account, intent, method, {
      noAction: false,
      external: null,
      exempt: false,
      challenge: false,
      useStripeSdk: false,
      cause: null,
    })
    if (paid.status === 'declined') return reply.redirect(pageOf(found.row), 303)
    if (paid.status === 'requires_action') return reply.redirect(`/3d_secure/${intent.challengeSecret}`, 303)
    return reply.redirect(finishCheckout(world, found, intent), 303)
  })
}

/** Completes the session of a PaymentIntent that was paid. @returns where the shopper goes on. */
export function finishCheckout(world: World, { account, row }: Found, intent: IntentRow): string {
  if (row.session.status === 'open') completeSession(world, account, row, intent.intent.status === 'succeeded')
  return successOf(row)
}

/** The path of a session's page, for those that come back to it from the bank. */
export function pageOf({ session, pageSecret }: SessionRow): string {
  return `/c/pay/${session.id}/${pageSecret}`
}

export function successOf({ session }: SessionRow): string {
  return (session.success_url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', session.id)
}

function findByPage(world: World, request: FastifyRequest): Found | null {
  const { id = '', secret = '' } = request.params as { id?: string; secret?: string }
  for (const account of world.accounts.values()) {
    const row = account.sessions.get(id)
    if (row === undefined || row.pageSecret !== secret) continue
    expireWhenDue(world, account, row)
    return { account, row }
  }
  return null
}

/** The session's PaymentIntent, which is made with the first try and sees all of them. */
function takeIntent(world: World, { account, row }: Found): IntentRow {
  const { session } = row
  const known = account.intents.get(String(session.payment_intent))
  if (known) return known
  const made = createIntent(world, account, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? '',
    manualCapture: row.captureMethod === 'manual',
    captureMethod: row.captureMethod,
    metadata: row.metadata,
    description: row.description,
    receiptEmail: row.receiptEmail,
    statementDescriptorSuffix: row.statementDescriptorSuffix,
    returnUrl: `${world.pagesUrl}${pageOf(row)}`,
    reference: row.metadata.fincore_reference ?? session.client_reference_id ?? '',
    session: session.id,
  })
  session.payment_intent = made.intent.id
  world.announce(account, 'payment_intent.created', made.intent, null)
  return made
}

/** The card that was typed, or what is wrong with it, for the shopper to read. */
function readCard(world: World, account: Account, body: string): MethodRow | string {
  try {
    const form = decodeForm(body)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const expiry = /^(\d{1,2})\s*[/.-]?\s*(\d{2}|\d{4})$/.exec(text('cardExpiry'))
    const name = text('billingName')
    const params = {
      type: 'card',
      card: {
        number: text('cardNumber'),
        exp_month: Number(expiry?.[1] ?? 0),
        exp_year: Number(expiry?.[2] ?? 0),
        cvc: text('cardCvc'),
      },
      ...(name === '' ? {} : { billing_details: { name: name.slice(0, 200) } }),
    }
    return createMethod(world, account, params, '')
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

function lastProblem({ account, row }: Found): string | null {
  const intent = account.intents.get(String(row.session.payment_intent))
  return intent?.intent.last_payment_error?.message ?? null
}

function sendClosed(reply: FastifyReply, found: Found | null): FastifyReply {
  if (found === null)
    return sendMessage(reply, 404, 'Something went wrong', 'The page you were looking for was not found.')
  if (found.row.session.status === 'complete') return reply.redirect(successOf(found.row), 303)
  return sendMessage(reply, 410, 'This checkout session has timed out', 'Please go back to the shop and try again.')
}

function sendCheckout(
  reply: FastifyReply,
  { account, row }: Found,
  problem: string | null,
  status: number,
): FastifyReply {
  const { session } = row
  const amount = formatAmount(session.amount_total ?? 0, session.currency ?? 'usd')
  return sendPage(reply, {
    status,
    title: `Pay ${account.name}`,
    className: 'checkout',
    body: html`<main>
<p class="mark">Stripe stand-in · test mode</p>
<h1>Pay ${account.name}</h1>
<p class="amount">${amount}</p>
<ul class="lines">${row.lineItems.map(
      ({ description, quantity, amount_total: total }) =>
        html`<li><span>${description ?? ''}${(quantity ?? 1) > 1 ? ` × ${quantity}` : ''}</span><span>${formatAmount(total, session.currency ?? 'usd')}</span></li>`,
    )}</ul>
${problem === null ? null : html`<p class="alert" role="alert">${problem}</p>`}
<form method="post" action="${pageOf(row)}">
  <label for="cardNumber">Card number</label>
  <input id="cardNumber" name="cardNumber" inputmode="numeric" autocomplete="cc-number" maxlength="26" required placeholder="1234 1234 1234 1234">
  <div class="pair">
    <div><label for="cardExpiry">Expiry</label><input id="cardExpiry" name="cardExpiry" inputmode="numeric" autocomplete="cc-exp" maxlength="9" required placeholder="MM / YY"></div>
    <div><label for="cardCvc">CVC</label><input id="cardCvc" name="cardCvc" inputmode="numeric" autocomplete="cc-csc" maxlength="4" required placeholder="123"></div>
  </div>
  <label for="billingName">Name on the card <span class="quiet">(optional)</span></label>
  <input id="billingName" name="billingName" autocomplete="cc-name" maxlength="200">
  <button id="submit" type="submit">Pay ${amount}</button>
</form>
${session.cancel_url === null ? null : html`<p><a id="cancel" href="${session.cancel_url}">Back to ${account.name}</a></p>`}
</main>`,
  })
}
