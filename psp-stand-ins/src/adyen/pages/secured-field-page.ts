import type { FastifyInstance } from 'fastify'
import { html } from '../../html.ts'
import type { World } from '../world.ts'
import { pages } from './files.ts'
import { renderMessage, renderPage, sendPage } from './layout.ts'

/** Adyen Web's names of the fields, with the browser's autofill word and what it is called where the merchant does not say. */
const fields: Record<string, { autocomplete: string; label: string } | undefined> = {
  encryptedCardNumber: { autocomplete: 'cc-number', label: 'Card number' },
  encryptedExpiryDate: { autocomplete: 'cc-exp', label: 'Expiry date' },
  encryptedExpiryMonth: { autocomplete: 'cc-exp-month', label: 'Expiry month' },
  encryptedExpiryYear: { autocomplete: 'cc-exp-year', label: 'Expiry year' },
  encryptedSecurityCode: { autocomplete: 'cc-csc', label: 'Security code' },
}

/** One field in a frame of the merchant's page, which alone may frame it: `?clientKey=&fieldType=&origin=&label=&placeholder=`. */
export function registerSecuredFieldPage(app: FastifyInstance, world: World): void {
  app.get('/adyen-web/securedFields.html', async (request, reply) => {
    const query = request.query as Partial<Record<string, string>>
    const field = fields[query.fieldType ?? '']
    const account = world.accounts.find(({ clientKey }) => clientKey === query.clientKey)
    const origin = readOrigin(query.origin)
    if (!field || !account || origin === null)
      return sendPage(reply, 403, renderMessage({ title: 'No field', text: 'Check the client key and the origin.' }))
    const page = renderPage({
      served: pages.securedField,
      title: field.label,
      className: 'field-frame',
      body: html`<input id="field" type="text" inputmode="numeric" autocomplete="${field.autocomplete}" aria-label="${
        query.label?.slice(0, 100) ?? field.label
      }" placeholder="${query.placeholder?.slice(0, 100) ?? ''}" data-field-type="${query.fieldType}" data-origin="${origin}" data-public-key="${world.fieldKey.publicKey}">`,
    })
    return sendPage(reply, 200, page, origin)
  })
}

function readOrigin(text: string | undefined): string | null {
  if (text === undefined || !URL.canParse(text)) return null
  const { origin, protocol } = new URL(text)
  return (protocol === 'http:' || protocol === 'https:') && origin === text ? origin : null
}
