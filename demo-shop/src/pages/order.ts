import type { Order, OrderStatus } from '../orders/order.ts'
import type { OrderRecord } from '../orders/store.ts'
import { findProduct, formatPrice } from '../products.ts'
import { type Html, html } from './html.ts'
import { drawProduct } from './illustration.ts'
import { renderPage } from './layout.ts'
import { pages } from './served-pages.ts'
import { renderUnderTheHood } from './under-the-hood.ts'

const headings: Record<OrderStatus, string> = {
  pending: 'We are waiting for your payment',
  paid: 'Paid. Thank you',
  failed: 'The payment did not go through',
  canceled: 'You have not paid',
}

const explanations: Record<OrderStatus, string> = {
  pending: 'This page changes by itself as soon as the payment is confirmed.',
  paid: 'We are wrapping it in more paper than it needs. It leaves the workshop tomorrow.',
  failed: 'Nothing was charged.',
  canceled: 'Nothing was charged, and the piece is still yours to take.',
}

const wayNames: Record<Order['way'], string> = {
  hosted: 'On the secure page',
  fields: 'Here, in the provider’s fields',
  server: 'From server to server',
}

const icons: Record<OrderStatus, string> = {
  pending: '<circle cx="16" cy="16" r="11" stroke-dasharray="16 7"/>',
  paid: '<path d="M8 17l6 6L25 10"/>',
  failed: '<path d="M10 10l12 12M22 10L10 22"/>',
  canceled: '<path d="M8 16h16"/>',
}

export type OrderPage = {
  order: Order
  records: OrderRecord[]
  /** The shopper came back by the hosted page's cancel button. FinCore closes that page, and its webhook follows. */
  hasLeft: boolean
  /** The shopper came back from paying; only the webhook is missing. */
  hasReturned: boolean
}

/** Leaving an unpaid order shows it as canceled at once. A payment always wins. */
function readShownStatus({ order, hasLeft }: OrderPage): OrderStatus {
  return order.status === 'pending' && hasLeft ? 'canceled' : order.status
}

export function renderOrder(page: OrderPage): string {
  const { order } = page
  const status = readShownStatus(page)
  const product = findProduct(order.product)
  const isConfirming = status === 'pending' && (page.hasReturned || order.nextUrl === null)
  const heading = isConfirming ? 'Your payment is being confirmed' : headings[status]
  const main = html`<main id="main" class="order" data-order-status="${status}" data-order="${order.id}">
  <div class="order-side">
    <section class="status status-${status}" aria-live="polite">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">${{ html: icons[status] }}</svg>
      <h1>${heading}</h1>
      <p class="message">${order.message ?? explanations[status]}</p>
      ${renderNextSteps(page, status)}
    </section>
    <section class="receipt" aria-label="Your order">
      <div class="basket receipt-piece">
        ${product !== undefined && drawProduct(product.id, product.id)}
        <div><strong>${product?.name ?? order.product}</strong><span class="quiet">${product?.glaze ?? ''} · 1 piece</span></div>
        <strong>${formatPrice(order.amount)}</strong>
      </div>
      <dl class="facts">
        ${order.refunded > 0 && html`<div><dt>Refunded</dt><dd>${formatPrice(order.refunded)}</dd></div>`}
        <div><dt>Paid how</dt><dd>${wayNames[order.way]}</dd></div>
        <div><dt>Order</dt><dd><code>${order.id}</code></dd></div>
        ${order.charge && html`<div><dt>Charge</dt><dd><code>${order.charge}</code></dd></div>`}
      </dl>
    </section>
  </div>
  ${renderUnderTheHood(page.records, order.createdAt)}
</main>`
  const isOpen = order.status === 'pending'
  const head = isOpen ? html`<noscript><meta http-equiv="refresh" content="4"></noscript>` : undefined
  return renderPage({ title: heading, main, served: pages.order, ...(head && { head }) })
}

function renderNextSteps({ order, hasReturned }: OrderPage, status: OrderStatus): Html | null {
  if (status === 'paid') return html`<p><a class="button button-quiet" href="/">Back to the shop</a></p>`
  if (status === 'pending') {
    if (order.nextUrl === null || hasReturned) return null
    const goOn = order.way === 'hosted' ? 'Go to the payment page' : 'Go on to your bank'
    return html`<p class="steps"><a class="button" href="${order.nextUrl}">${goOn}</a></p>`
  }
  return html`<p class="steps"><a class="button" href="/checkout/${order.product}?way=${order.way}">Try again</a></p>`
}

/** Carries a shopper without scripts to the bank. A redirect in answer to the form would be stopped by `form-action`. */
export function renderContinue(order: Order, url: string): string {
  const main = html`<main id="main" class="narrow" data-order-status="pending" data-order="${order.id}">
  <h1>Your bank would like to confirm that it is you</h1>
  <p>You are being taken to its page. Afterwards you come back here.</p>
  <p><a class="button" href="${url}">Go on to your bank</a></p>
</main>`
  return renderPage({
    title: 'Go on to your bank',
    main,
    head: html`<meta http-equiv="refresh" content="0; url=${url}">`,
  })
}
