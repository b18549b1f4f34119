import { chargeFlags } from '@fincore/api-contract/charge-flags'
import { declineCodes } from '@fincore/api-contract/decline-codes'
import { errorTable } from '@fincore/api-contract/errors'
import { eventTypes } from '@fincore/api-contract/events'
import { deliveryStates, disabledReasons, healthStates } from '@fincore/api-contract/webhook-endpoints'
import { html } from '../link/html.ts'
import { renderDocsPage, renderIndex, renderRows, renderText } from './page.ts'

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
  return renderDocsPage(
    '/docs/errors',
    'Errors',
    html`<p>${intro}</p>${renderIndex(Object.keys(errorTable))}${renderRows(rows)}`,
  )
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
  return renderDocsPage('/docs/decline-codes', 'Decline codes', html`<p>${intro}</p>${renderRows(rows)}`)
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
  return renderDocsPage(
    '/docs/events',
    'Events',
    html`<p>${intro}</p>
<h2>Types, and what to do</h2>${withAction(eventTypes)}
<h2>Flags of a charge</h2>${withAction(chargeFlags)}
<h2>States of a delivery</h2>${words('delivery', deliveryStates)}
<h2>Why an endpoint is disabled</h2>${words('disabled', disabledReasons)}
<h2>How an endpoint fares</h2>${words('health', healthStates)}`,
  )
}
