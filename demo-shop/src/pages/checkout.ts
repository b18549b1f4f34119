import type { ServedPage } from '@fincore/api-contract/served-pages'
import type { FieldsOffer } from '../fincore/client-config.ts'
import type { Way } from '../orders/order.ts'
import { formatPrice, type Product } from '../products.ts'
import { type Html, html } from './html.ts'
import { drawProduct } from './illustration.ts'
import { renderPage } from './layout.ts'

export type CheckoutPage = {
  product: Product
  attempt: string
  way: Way
  /** What was wrong with the form that was sent, for the shopper. */
  problem: string | null
  offer: FieldsOffer
  apiUrl: string
  publishableKey: string
  served: ServedPage
}

export function renderCheckout(page: CheckoutPage): string {
  const { product, offer } = page
  const main = html`<main id="main" class="checkout" aria-labelledby="title">
  <aside class="basket" aria-label="Your order">
    ${drawProduct(product.id, product.id)}
    <div>
      <strong>${product.name}</strong>
      <span class="quiet">${product.glaze} · 1 piece</span>
    </div>
    <strong class="basket-price">${formatPrice(product.price)}</strong>
  </aside>
  <form id="pay" method="post" action="/checkout/${product.id}" data-api="${page.apiUrl}" data-publishable-key="${page.publishableKey}">
    <h1 id="title">How would you like to pay?</h1>
    <input type="hidden" name="attempt" value="${page.attempt}">
    <fieldset class="ways">
      <legend class="visually-hidden">Way to pay</legend>
      ${renderWay(page.way, {
        way: 'hosted',
        title: 'Pay on the secure page',
        badge: null,
        about: 'You go to the payment provider’s page and come back when it is done.',
        panel: html`<p class="quiet">Nothing to fill in here. The next page takes your card.</p>`,
      })}
      ${renderWay(page.way, {
        way: 'fields',
        title: 'Pay here',
        badge: null,
        about: 'Your card goes straight to the payment provider; this shop never sees it.',
        panel: html`<noscript><p class="quiet">This way needs JavaScript. Choose the secure page instead.</p></noscript>
          <div id="card-fields" class="card-fields" aria-live="polite"></div>`,
      })}
      ${renderWay(page.way, {
        way: 'server',
        title: 'Pay by server-to-server',
        badge: 'PCI DSS only',
        about: 'Your card goes through this shop’s own server. Only for merchants with their own PCI DSS compliance.',
        panel: renderCardForm(),
      })}
    </fieldset>
    <p id="problem" class="problem" role="alert">${page.problem}</p>
    <button class="button" id="pay-button">Pay ${formatPrice(product.price)}</button>
    ${offer.testCardsUrl && html`<p class="quiet hint">This is a sandbox: no real card works here. <a href="${offer.testCardsUrl}">Cards to try</a></p>`}
  </form>
</main>`
  return renderPage({ title: 'Checkout', main, served: page.served })
}

function renderWay(
  chosen: Way,
  it: { way: Way; title: string; badge: string | null; about: string; panel: Html },
): Html {
  return html`<div class="way">
    <label for="way-${it.way}">
      <input type="radio" name="way" id="way-${it.way}" value="${it.way}" aria-describedby="about-${it.way}" ${chosen === it.way && html`checked`}>
      <span class="way-title">${it.title}</span>
      ${it.badge && html`<span class="badge">${it.badge}</span>`}
    </label>
    <p class="quiet way-about" id="about-${it.way}">${it.about}</p>
    <div class="way-panel" data-way="${it.way}">${it.panel}</div>
  </div>`
}

/** Never filled in again by the server: a card that was sent is not written into a page. */
function renderCardForm(): Html {
  return html`<div class="card-form">
    <p class="field wide"><label for="number">Card number</label><input id="number" name="number" inputmode="numeric" autocomplete="cc-number" maxlength="23" placeholder="1234 5678 9012 3456"></p>
    <p class="field"><label for="expiry">Expires (MM/YY)</label><input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" maxlength="7" placeholder="MM/YY"></p>
    <p class="field"><label for="cvc">Security code</label><input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" maxlength="4" placeholder="123"></p>
    <p class="field wide"><label for="holder_name">Name on the card</label><input id="holder_name" name="holder_name" autocomplete="cc-name" maxlength="100"></p>
  </div>`
}
