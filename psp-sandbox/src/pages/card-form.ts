import { type FieldTexts, fieldTextNames } from './field-texts.ts'
import { type Html, html } from './html.ts'

export type CardField = 'number' | 'expiry' | 'cvc'

/** The card inputs, the same on the checkout page and in the iframe. Number and code are never written back into the page. */
export function renderCardInputs(t: FieldTexts, errors: Partial<Record<CardField, string>>, expiry: string): Html {
  // What a script needs to say, handed over in a `data-` attribute so that no script is inline.
  const messages = JSON.stringify(Object.fromEntries(fieldTextNames.map((name) => [name, t[name]])))
  const field = (name: CardField, label: string, input: Html) => html`<div class="field">
    <label for="${name}">${label}</label>
    ${input}
    <p class="error" id="${name}-error" aria-live="polite">${errors[name] ?? ''}</p>
  </div>`
  const state = (name: CardField) =>
    html`aria-describedby="${name}-error" aria-invalid="${errors[name] ? 'true' : 'false'}"`
  return html`<div class="card-inputs" data-messages="${messages}">
  ${field(
    'number',
    t.cardNumber,
    html`<div class="with-brand"><input id="number" name="number" type="text" inputmode="numeric" autocomplete="cc-number" autocorrect="off" spellcheck="false" maxlength="26" required placeholder="1234 1234 1234 1234" ${state('number')}><span class="card-brand" id="brand" aria-live="polite"></span></div>`,
  )}
  <div class="pair">
    ${field(
      'expiry',
      t.expiry,
      html`<input id="expiry" name="expiry" type="text" inputmode="numeric" autocomplete="cc-exp" maxlength="9" required placeholder="${t.expiryHint}" value="${expiry}" ${state('expiry')}>`,
    )}
    ${field(
      'cvc',
      t.cvc,
      html`<input id="cvc" name="cvc" type="text" inputmode="numeric" autocomplete="cc-csc" maxlength="4" required placeholder="123" ${state('cvc')}>`,
    )}
  </div>
</div>`
}
