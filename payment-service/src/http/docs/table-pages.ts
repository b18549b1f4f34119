import { chargeFlags } from '@fincore/api-contract/charge-flags'
import { declineCodes } from '@fincore/api-contract/decline-codes'
import { errorTable } from '@fincore/api-contract/errors'
import { eventTypes } from '@fincore/api-contract/events'
import { minorUnitDigits, toDecimal } from '@fincore/api-contract/money'
import { deliveryStates, disabledReasons, healthStates } from '@fincore/api-contract/webhook-endpoints'
import { html } from '../link/html.ts'
import { joinHtml, listRows, renderDocsPage, renderRows, renderText } from './page.ts'

const retryTexts = {
  no: 'Sending the same request again cannot help.',
  same_request: 'Wait for `Retry-After`, and send the same request with the same idempotency key again.',
  after_change: 'Send it again after you changed what is wrong.',
} as const

const shopperTexts = {
  same_card: 'The shopper can try again, also with the same card.',
  other_card: 'The shopper can try again with another card.',
  no: 'Another try by the shopper makes no sense.',
} as const

const headingOf = (id: string) => html`<h2><code>${id}</code></h2>`
const subheadingOf = (id: string) => html`<h3><code>${id}</code></h3>`

/** `/docs/errors`: where the `type` of every problem leads. */
export function renderErrorsPage(): string {
  const rows = Object.entries(errorTable).map(([id, { status, title, meaning, retry }]) => ({
    id,
    heading: headingOf(id),
    texts: [
      html`<span class="quiet">${String(status)} · ${title}</span>`,
      renderText(meaning),
      renderText(retryTexts[retry]),
    ],
  }))
  const intro = renderText(
    'Every answer of 400 and above is `application/problem+json` (RFC 9457) with one of these in `code`.',
  )
  return renderDocsPage({
    path: '/docs/errors',
    title: 'Errors',
    contents: listRows(Object.keys(errorTable)),
    body: html`<p>${intro}</p>${renderRows(rows)}`,
  })
}

export function renderDeclineCodesPage(): string {
  const rows = Object.entries(declineCodes).map(([id, { message, shopperCanRetry }]) => ({
    id,
    heading: headingOf(id),
    texts: [renderText(message), renderText(shopperTexts[shopperCanRetry])],
  }))
  const intro = renderText(
    '`failure.code` of a charge or a refund: the same words for every PSP. The PSP’s own word is in `failure.psp_code`. `failure.message` of a charge can be shown to the shopper.',
  )
  return renderDocsPage({
    path: '/docs/decline-codes',
    title: 'Decline codes',
    contents: listRows(Object.keys(declineCodes)),
    body: html`<p>${intro}</p>${renderRows(rows)}`,
  })
}

export function renderEventsPage(): string {
  const withAction = (table: Readonly<Record<string, { meaning: string; action: string }>>) =>
    renderRows(
      Object.entries(table).map(([id, { meaning, action }]) => ({
        id,
        heading: subheadingOf(id),
        texts: [renderText(meaning), renderText(action)],
      })),
    )
  const words = (prefix: string, table: Readonly<Record<string, string>>) =>
    renderRows(
      Object.entries(table).map(([name, meaning]) => ({
        id: `${prefix}-${name}`,
        heading: subheadingOf(name),
        texts: [renderText(meaning)],
      })),
    )
  const intro = renderText(
    'What happened, told to your webhook endpoints and kept at `/v1/events`. `data.object` is the whole object as it was at that moment. Ignore types that you do not know.',
  )
  return renderDocsPage({
    path: '/docs/events',
    title: 'Events',
    contents: [
      { to: '#types-and-what-to-do', name: html`Types`, inside: listRows(Object.keys(eventTypes)) },
      { to: '#flags-of-a-charge', name: html`Flags of a charge`, inside: listRows(Object.keys(chargeFlags)) },
      { to: '#states-of-a-delivery', name: html`States of a delivery` },
      { to: '#why-an-endpoint-is-disabled', name: html`Why an endpoint is disabled` },
      { to: '#how-an-endpoint-fares', name: html`How an endpoint fares` },
    ],
    body: html`<p>${intro}</p>
<h2 id="types-and-what-to-do">Types, and what to do</h2>${withAction(eventTypes)}
<h2 id="flags-of-a-charge">Flags of a charge</h2>${withAction(chargeFlags)}
<h2 id="states-of-a-delivery">States of a delivery</h2>${words('delivery', deliveryStates)}
<h2 id="why-an-endpoint-is-disabled">Why an endpoint is disabled</h2>${words('disabled', disabledReasons)}
<h2 id="how-an-endpoint-fares">How an endpoint fares</h2>${words('health', healthStates)}`,
  })
}

/** `/docs/currencies`: every currency, with the digits of its minor unit and what the same number is in it. */
export function renderCurrenciesPage(): string {
  const names = new Intl.DisplayNames('en', { type: 'currency' })
  const rows = [...minorUnitDigits]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(
      ([code, digits]) =>
        html`<tr><th scope="row"><code>${code}</code></th><td>${names.of(code) ?? ''}</td><td>${String(digits)}</td><td>${toDecimal(1999, digits)} ${code}</td></tr>`,
    )
  return renderDocsPage({
    path: '/docs/currencies',
    title: 'Currencies',
    body: html`<p>${renderText('`amount` is an integer in the currency’s minor unit. A currency with two digits has hundredths: `1999` is 19.99. One with none has no smaller unit: `1999` is 1999. Which of them can be paid with depends on your PSP accounts.')}</p>
<div class="table" tabindex="0" role="region" aria-label="Currencies"><table><thead><tr><th scope="col">Code</th><th scope="col">Currency</th><th scope="col">Digits</th><th scope="col"><code>amount: 1999</code> is</th></tr></thead><tbody>${joinHtml(rows)}</tbody></table></div>`,
  })
}
