import { formatPrice, type Product, products } from '../products.ts'
import { html } from './html.ts'
import { drawProduct, drawShelf } from './illustration.ts'
import { renderPage } from './layout.ts'

export function renderCatalogue(): string {
  const main = html`<main id="main">
  <section class="hero">
    <div class="hero-words">
      <h1>Pots for the quiet end of the day</h1>
      <p class="lead">Six pieces of stoneware, fired in wood ash for three days and left alone for two. We make a few of each, and then we make a few more.</p>
    </div>
    ${drawShelf()}
  </section>
  <section aria-labelledby="range">
    <h2 id="range" class="eyebrow">The whole range</h2>
    <ul class="products">
      ${products.map(
        (product) => html`<li><a class="product" href="/products/${product.id}">
        ${drawProduct(product.id, product.id)}
        <span class="product-line"><strong>${product.name}</strong><span>${formatPrice(product.price)}</span></span>
        <span class="quiet">${product.glaze}</span>
      </a></li>`,
      )}
    </ul>
  </section>
</main>`
  return renderPage({ title: 'The range', main })
}

export function renderProduct(product: Product): string {
  const main = html`<main id="main" class="one-product">
  ${drawProduct(product.id, product.id)}
  <div class="product-words">
    <p class="crumb"><a href="/">The whole range</a></p>
    <h1>${product.name}</h1>
    <p class="price">${formatPrice(product.price)}</p>
    <p class="story">${product.story}</p>
    <dl class="facts">
      <div><dt>Glaze</dt><dd>${product.glaze}</dd></div>
      <div><dt>Size</dt><dd>${product.holds}</dd></div>
      <div><dt>Care</dt><dd>Dishwasher, if you must</dd></div>
    </dl>
    <p><a class="button" href="/checkout/${product.id}">Buy this piece</a></p>
  </div>
</main>`
  return renderPage({ title: product.name, main })
}

export function renderMessage(title: string, text: string): string {
  const main = html`<main id="main" class="narrow"><h1>${title}</h1><p>${text}</p><p><a class="button" href="/">See the whole range</a></p></main>`
  return renderPage({ title, main })
}
