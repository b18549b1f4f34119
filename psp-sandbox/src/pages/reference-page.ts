import { webhookTypes } from '../ledger/webhook-queue.ts'
import { type MagicCardName, magicCards } from '../magic-cards.ts'
import { apiEndpoints } from './api-endpoints.ts'
import { pages } from './assets.ts'
import { type Html, html } from './html.ts'
import { renderHeader, renderPage, sendPage } from './layout.ts'
import type { PagesApp } from './pages-app.ts'

const groups: { title: string; holds: (name: MagicCardName, does: string) => boolean }[] = [
  { title: 'Success', holds: (_name, does) => does === 'approve' },
  { title: 'Declines', holds: (_name, does) => does === 'decline' },
  { title: '3-D Secure', holds: (_name, does) => does === 'challenge' },
  { title: 'Faults of the answer', holds: (_name, does) => does === 'fault' },
  { title: 'Webhooks and late success', holds: (_name, does) => does === 'webhooks' || does === 'approve_late' },
  { title: 'Captures and refunds', holds: (_name, does) => does === 'refund' || does === 'fail_capture' },
]

/** `GET /`: the reference, made from the same tables that the API runs on. */
export function registerReferencePage(app: PagesApp): void {
  const page = renderPage({
    served: pages.reference,
    title: 'Sandbox Pay · reference',
    language: 'en',
    className: 'reference',
    body: renderReference(),
  })
  app.get('/', async (_request, reply) => sendPage(reply, 200, page))
}

function renderReference() {
  return html`${renderHeader('en')}
<main>
<h1>A payment service provider for tests</h1>
<p class="lead">Sandbox Pay does what a real PSP does, and goes wrong on demand: the card number chooses how. Its truth ledger says what the bank really did.</p>

<h2>The API</h2>
<p>JSON over TLS. <code>Authorization: Bearer sk_sandbox_…</code>, and <code>Idempotency-Key</code> on every POST but <code>/v2/accounts</code>: the same key and request get the same answer and no second movement; another request under the key gets 409 <code>idempotency_key_reused</code>; while the first is running, 409 <code>idempotency_in_progress</code>. A reference may be used again with another key; that is another movement. Amounts are integers in minor units. Errors are <code>{"error": {"code", "message", "param"}}</code>: 4xx means that nothing was done, 5xx that it is not known.</p>
<div class="table" role="region" aria-label="Endpoints" tabindex="0"><table>
<thead><tr><th scope="col">Endpoint</th><th scope="col">Meaning</th></tr></thead>
<tbody>${apiEndpoints.map(
    (row) =>
      html`<tr><td><code><b>${row.method}</b> ${row.path}</code>${row.body !== '' && html`<br><code class="quiet">${row.body}</code>`}</td><td>${row.meaning}</td></tr>`,
  )}</tbody></table></div>

<h2>Webhooks</h2>
<p>POST to the account’s address: <code>{id, type, created, data: {payment?, operation?, checkout_session?}}</code>. <code>Sandbox-Signature: t=…,v1=…</code> is the hex HMAC-SHA256 of <code>t + "." + body</code> under the webhook secret. Retried after 1, 2, 4, 8 … at most 60 s until a 2xx, for 24 hours. Order is not guaranteed. Types: ${webhookTypes.map((type, index) => html`${index > 0 && ', '}<code>${type}</code>`)}.</p>

<h2 id="magic-cards">Magic cards</h2>
<p>Use any future expiry date and any security code of the brand’s length: 4 digits for Amex, 3 for the others. Other numbers of a known brand succeed; a wrong check digit is refused with 400 <code>incorrect_number</code>. A token does what its card does. Faults strike authorize calls, and only the first with an idempotency key; on the checkout page they succeed, but for the timeout before acting, which is declined.</p>
${groups.map(
  (group) => html`<h3>${group.title}</h3>
<div class="table cards" role="region" aria-label="${group.title}" tabindex="0"><table>
<thead><tr><th scope="col">Number</th><th scope="col">Brand</th><th scope="col">Outcome</th></tr></thead>
<tbody>${magicCards
    .filter((row) => group.holds(row.name, row.outcome.do))
    .map(
      (row) =>
        html`<tr><td><code>${row.number}</code></td><td>${row.brand}</td><td>${renderCode(row.description)}</td></tr>`,
    )}</tbody></table></div>`,
)}

<h2>Card fields</h2>
<p>Frame <code>/fields?public_key=pk_sandbox_…&amp;locale=en&amp;origin=https://shop.example</code>, with <code>&amp;theme=dark</code> on a dark page. Send it <code>{fincore: 1, do: "tokenize", id}</code> or <code>{fincore: 1, do: "focus"}</code>; it answers with <code>event</code> <code>ready</code>, <code>resize</code>, <code>change</code>, <code>token</code> and <code>error</code>. A token works once, for 15 minutes, and is forgotten at a restart.</p>
</main>`
}

/** Text in which `backticks` stand around code. */
function renderCode(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
}
