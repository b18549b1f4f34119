import type { FastifyReply } from 'fastify'
import { findAccount } from '../ledger/accounts.ts'
import { findSession } from '../ledger/checkout-sessions.ts'
import { findPayment, findPaymentByChallenge, type PaymentRow } from '../ledger/payments.ts'
import { type ChallengeDecision, endChallenge } from '../payments/challenge.ts'
import { closeWhenDue } from '../payments/sessions.ts'
import type { Psp } from '../psp.ts'
import { pages } from './assets.ts'
import { html } from './html.ts'
import { renderMessage, renderPage, sendPage } from './layout.ts'
import { formatMoney } from './money.ts'
import type { PagesApp } from './pages-app.ts'
import { chooseLanguage, type Language, texts } from './texts.ts'

const decisions: readonly string[] = ['confirm', 'fail', 'leave'] satisfies ChallengeDecision[]

/** The bank's 3-D Secure page: `/challenge/{secret}`. */
export function registerChallengePage(app: PagesApp, psp: Psp): void {
  const find = (params: unknown) => {
    const payment = findPaymentByChallenge(psp.ledger, String((params as { secret?: string }).secret))
    const session = payment?.session ? findSession(psp.ledger, payment.session) : null
    // The session's time may be up, and the challenge's with it.
    if (session) closeWhenDue(psp, session)
    return payment && { payment: findPayment(psp.ledger, payment.id) ?? payment, session }
  }

  app.get('/challenge/:secret', async (request, reply) => {
    const found = find(request.params)
    const language = chooseLanguage(found?.session?.locale, request.headers['accept-language'])
    if (found && found.payment.status !== 'action_required') return leaveChallenge(psp, reply, found.payment, language)
    return sendChallenge(psp, reply, found?.payment ?? null, language)
  })

  app.post('/challenge/:secret', async (request, reply) => {
    const found = find(request.params)
    const language = chooseLanguage(found?.session?.locale, request.headers['accept-language'])
    const decision = String((request.body as Record<string, unknown> | undefined)?.decision)
    if (!found || !isDecision(decision)) return sendChallenge(psp, reply, found?.payment ?? null, language)
    const payment = psp.ledger.transaction(() => endChallenge(psp, found.payment, decision))
    psp.wake()
    return leaveChallenge(psp, reply, payment, language)
  })
}

function isDecision(text: string): text is ChallengeDecision {
  return decisions.includes(text)
}

/** Sends the shopper on: to the checkout or its merchant, to the payment's `return_url`, or nowhere. */
function leaveChallenge(psp: Psp, reply: FastifyReply, payment: PaymentRow, language: Language) {
  const session = payment.session ? findSession(psp.ledger, payment.session) : null
  if (session)
    return reply.redirect(session.status === 'completed' ? session.return_url : `/checkout/${session.secret}`, 303)
  if (payment.return_url) return reply.redirect(payment.return_url, 303)
  const t = texts[language]
  return sendPage(
    reply,
    200,
    renderMessage({ language, title: t.challengeOverTitle, text: t.challengeOverText, icon: 'done' }),
  )
}

function sendChallenge(psp: Psp, reply: FastifyReply, payment: PaymentRow | null, language: Language) {
  const t = texts[language]
  if (!payment)
    return sendPage(
      reply,
      404,
      renderMessage({ language, title: t.unknownTitle, text: t.unknownText, icon: 'question' }),
    )
  const merchant = findAccount(psp.ledger, payment.account)?.name ?? ''
  const page = renderPage({
    served: pages.challenge,
    title: `${t.challengeTitle} · Example Bank`,
    language,
    className: 'single bank',
    body: html`<header class="bar">
  <p class="brand"><svg class="logo" viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" focusable="false"><path fill="currentColor" d="M14 2 3 8v2h22V8zM5 12v9h3v-9zm7.500 0v9h3v-9zM20 12v9h3v-9zM3 23v3h22v-3z"></path></svg><span>Example Bank</span></p>
  <p class="pill">${t.testMode}</p>
</header>
<main class="card">
  <h1>${t.challengeTitle}</h1>
  <p class="quiet">${t.challengeText}</p>
  <dl class="facts">
    <div><dt>${t.merchant}</dt><dd>${merchant}</dd></div>
    <div><dt>${t.amount}</dt><dd><strong>${formatMoney(payment.amount, payment.currency, language)}</strong></dd></div>
    <div><dt>${t.card}</dt><dd>${t.cardEnding} ${payment.last4}</dd></div>
  </dl>
  <form method="post" action="/challenge/${payment.challenge_secret}" class="stack">
    <button id="confirm" class="button" name="decision" value="confirm">${t.confirm}</button>
    <button id="fail" class="button quiet-button" name="decision" value="fail">${t.fail}</button>
    <button id="leave" class="link" name="decision" value="leave">${t.leave}</button>
  </form>
  <p class="note">${t.bankNote}</p>
</main>`,
  })
  return sendPage(reply, 200, page)
}
