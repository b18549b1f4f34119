import { type Html, html } from '../../html.ts'
import type { App } from '../api/server.ts'
import type { World } from '../world.ts'
import { sendMessage, sendPage } from './layout.ts'

const number = html`<label for="number">Card number</label>
<input id="number" name="cardnumber" inputmode="numeric" autocomplete="cc-number" spellcheck="false" maxlength="26" placeholder="1234 1234 1234 1234">`
const expiry = html`<label for="expiry">Expiry</label>
<input id="expiry" name="exp-date" inputmode="numeric" autocomplete="cc-exp" spellcheck="false" maxlength="9" placeholder="MM / YY">`
const cvc = html`<label for="cvc">CVC</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" spellcheck="false" maxlength="4" placeholder="CVC">`

/** The inputs of each element of Stripe.js that there is here. */
const inputs: Readonly<Record<string, Html>> = {
  card: html`${number}${expiry}${cvc}`,
  cardNumber: number,
  cardExpiry: expiry,
  cardCvc: cvc,
}

/** `/elements/{type}`: what Stripe.js puts into a frame of the merchant's page. The card is typed in it and stays there. */
export function registerElementPage(app: App, world: World): void {
  app.get('/elements/:type', async (request, reply) => {
    const { type = '' } = request.params as { type?: string }
    const { key = '', group = '', origin = '' } = request.query as Record<string, string>
    const account = [...world.accounts.values()].find(({ publishableKey }) => publishableKey === key)
    const fields = Object.hasOwn(inputs, type) ? inputs[type] : undefined
    if (!account || !fields || !/^[a-z0-9-]{8,64}$/.test(group) || !isOrigin(origin))
      return sendMessage(reply, 400, 'Something went wrong', 'These card fields cannot be drawn.')
    return sendPage(reply, {
      status: 200,
      title: 'Secure card input frame',
      className: 'element',
      script: '/assets/pages/browser/element.ts',
      framed: true,
      body: html`<form id="element" data-type="${type}" data-key="${key}" data-group="${group}" data-origin="${origin}">${fields}</form>`,
    })
  })
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}
