import type { FastifyReply } from 'fastify'
import { findAccount } from '../ledger/accounts.ts'
import { findSessionBySecret, type LineItem, type SessionRow } from '../ledger/checkout-sessions.ts'
import { listPaymentsOfSession, type PaymentRow, presentPayment } from '../ledger/payments.ts'
import { magicCards } from '../magic-cards.ts'
import { closeWhenDue, expireSession } from '../payments/sessions.ts'
import type { Psp } from '../psp.ts'
import { pages } from './assets.ts'
import { type CardField, renderCardInputs } from './card-form.ts'
import { renderClosedCheckout } from './checkout-closed.ts'
import { payInCheckout, readCardForm } from './checkout-payment.ts'
import { type Html, html } from './html.ts'
import { renderHeader, renderPage, sendPage } from './layout.ts'
import { formatMoney } from './money.ts'
import type { PagesApp } from './pages-app.ts'
import { chooseLanguage, declineText, type Language, texts } from './texts.ts'

/** Nobody needs as many cards as this; whoever tries more is testing stolen numbers, and the session ends. */
const maxTries = 50

/** The hosted checkout: `/checkout/{secret}`, a form that works without scripts, and the way back to the merchant. */
export function registerCheckoutPage(app: PagesApp, psp: Psp): void {
  const find = (params: unknown) => {
    const session = findSessionBySecret(psp.ledger, String((params as { secret?: string }).secret))
    return session && closeWhenDue(psp, session)
  }

  app.get('/checkout/:secret', async (request, reply) => {
    const session = find(request.params)
    const language = chooseLanguage(session?.locale, request.headers['accept-language'])
    return sendCheckout(psp, reply, session, language, {})
  })

  app.post('/checkout/:secret', async (request, reply) => {
    const session = find(request.params)
    const language = chooseLanguage(session?.locale, request.headers['accept-language'])
    if (session?.status === 'completed') return reply.redirect(session.return_url, 303)
    if (session?.status !== 'open' || isLate(psp, session)) return sendCheckout(psp, reply, session, language, {})
    if (listPaymentsOfSession(psp.ledger, session.id).length >= maxTries) {
      const ended = psp.ledger.transaction(() => expireSession(psp, session))
      psp.wake()
      return sendCheckout(psp, reply, ended, language, {})
    }
    const form = readCardForm(request.body, psp.now(), texts[language])
    if ('errors' in form) return sendCheckout(psp, reply, session, language, form)
    const payment = await payInCheckout(psp, session, form.card)
    const next = presentPayment(payment, psp.pagesUrl).action?.url
    const paid = payment.status === 'authorized' || payment.status === 'captured'
    return reply.redirect(next ?? (paid ? session.return_url : `/checkout/${session.secret}`), 303)
  })

  app.post('/checkout/:secret/cancel', async (request, reply) => {
    const session = find(request.params)
    if (session?.status === 'open' && !isLate(psp, session)) return reply.redirect(session.cancel_url, 303)
    return session ? reply.redirect(`/checkout/${session.secret}`, 303) : sendCheckout(psp, reply, null, 'en', {})
  })
}

type FormState = { errors?: Partial<Record<CardField, string>>; expiry?: string; holderName?: string }

function isLate(psp: Psp, session: SessionRow): boolean {
  return listPaymentsOfSession(psp.ledger, session.id).some(({ status }) => status === 'late')
}

function sendCheckout(
  psp: Psp,
  reply: FastifyReply,
  session: SessionRow | null,
  language: Language,
  form: FormState,
): FastifyReply {
  const t = texts[language]
  const merchant = (session && findAccount(psp.ledger, session.account)?.name) ?? ''
  const tries = session ? listPaymentsOfSession(psp.ledger, session.id) : []
  const closed = renderClosedCheckout(session, tries, merchant, language)
  if (closed) return sendPage(reply, closed.status, closed.page)
  if (!session) throw new Error('A checkout without a session is closed')
  const lastTry = form.errors ? undefined : tries.at(-1)
  const page = renderPage({
    served: pages.checkout,
    title: `${t.payHeading} · ${merchant}`,
    language,
    className: 'checkout',
    body: html`${renderHeader(language)}
<main class="columns">
${renderSummary(session, merchant, language)}
${renderForm(psp, session, merchant, language, form, lastTry)}
</main>`,
  })
  return sendPage(reply, form.errors ? 422 : 200, page)
}

function renderSummary(session: SessionRow, merchant: string, language: Language): Html {
  const t = texts[language]
  const items = JSON.parse(session.line_items) as LineItem[]
  // Merchants differ in whether a line's amount is for one piece or for the line; the sum tells which.
  const perLine = items.reduce((sum, item) => sum + item.amount, 0) === session.amount
  const money = (value: number) => formatMoney(value, session.currency, language)
  return html`<section class="summary" aria-labelledby="summary-title">
  <h1 id="summary-title"><span class="quiet">${t.orderOf} ${merchant}</span> <span class="amount">${money(session.amount)}</span></h1>
  ${session.description ? html`<p class="quiet">${session.description}</p>` : null}
  ${
    items.length > 0 &&
    html`<ul class="lines">${items.map(
      (item) =>
        html`<li><span>${item.name}${item.quantity > 1 ? html` <span class="quiet">× ${item.quantity}</span>` : null}</span><span>${money(perLine ? item.amount : item.amount * item.quantity)}</span></li>`,
    )}</ul>
  <p class="total"><span>${t.total}</span><span>${money(session.amount)}</span></p>`
  }
</section>`
}

function renderForm(
  psp: Psp,
  session: SessionRow,
  merchant: string,
  language: Language,
  form: FormState,
  lastTry: PaymentRow | undefined,
): Html {
  const t = texts[language]
  const reason =
    lastTry?.status === 'declined'
      ? declineText(lastTry.decline_code ?? 'generic', language)
      : lastTry?.status === 'abandoned'
        ? t.abandoned
        : null
  return html`<section class="card pay" aria-labelledby="pay-title">
  <h2 id="pay-title">${t.payHeading}</h2>
  ${reason && html`<div class="alert" role="alert"><p><strong>${t.notPaid}</strong></p><p>${reason} ${t.tryAgain}</p></div>`}
  <form id="card-form" method="post" action="/checkout/${session.secret}">
    ${renderCardInputs(texts[language], form.errors ?? {}, form.expiry ?? '')}
    <div class="field">
      <label for="holder_name">${t.holderName} <span class="quiet">${t.optional}</span></label>
      <input id="holder_name" name="holder_name" type="text" autocomplete="cc-name" maxlength="100" value="${form.holderName ?? ''}">
    </div>
    <button id="pay" class="button" type="submit">${t.payAmount.replace('{amount}', () => formatMoney(session.amount, session.currency, language))}</button>
  </form>
  <form method="post" action="/checkout/${session.secret}/cancel"><button id="cancel" class="link" type="submit">${t.cancel} ${merchant}</button></form>
  <details class="test-cards">
    <summary>${t.testCards}</summary>
    <p>${t.testModeNote} ${t.testCardsIntro}</p>
    <ul>${magicCards
      .filter(({ name }) => ['visa', 'declined', 'insufficient_funds', 'challenge'].includes(name))
      .map(
        (row) =>
          html`<li><code>${row.number.replace(/(\d{4})(?=\d)/g, '$1 ')}</code> <span class="quiet" lang="en">${row.description}</span></li>`,
      )}</ul>
    <p><a href="${psp.pagesUrl}/">${t.allTestCards}</a></p>
  </details>
</section>`
}
