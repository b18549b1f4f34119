import { findAccountByPublicKey } from '../ledger/accounts.ts'
import type { Psp } from '../psp.ts'
import { pages } from './assets.ts'
import { renderCardInputs } from './card-form.ts'
import { chooseFieldLanguage } from './field-texts.ts'
import { html } from './html.ts'
import { renderMessage, renderPage, sendPage } from './layout.ts'
import type { PagesApp } from './pages-app.ts'
import { chooseLanguage, texts } from './texts.ts'

/** `GET /fields`: the card fields for a merchant's iframe. Only the origin that the address names may frame them. */
export function registerFieldsPage(app: PagesApp, psp: Psp): void {
  app.get('/fields', async (request, reply) => {
    const query = request.query as Record<string, unknown>
    const text = (name: string) => (typeof query[name] === 'string' ? query[name].slice(0, 512) : '')
    const acceptLanguage = request.headers['accept-language']
    const { language, t } = chooseFieldLanguage(text('locale'), acceptLanguage)
    const origin = readOrigin(text('origin'))
    const account = findAccountByPublicKey(psp.ledger, text('public_key'))
    if (!origin || !account) {
      const language = chooseLanguage(text('locale'), acceptLanguage)
      const { unknownTitle: title, unknownText } = texts[language]
      return sendPage(reply, 400, renderMessage({ language, title, text: unknownText, icon: 'question' }), origin)
    }
    const page = renderPage({
      served: pages.fields,
      title: t.payHeading,
      language,
      className: `fields ${text('theme') === 'dark' ? 'dark' : 'light'}`,
      body: html`<main id="fields" data-origin="${origin}" data-public-key="${account.public_key}">
<form id="card-form" aria-label="${t.payHeading}">${renderCardInputs(t, {}, '')}</form>
</main>`,
    })
    return sendPage(reply, 200, page, origin)
  })
}

/** The text when it is an http or https origin and nothing more, so that it is safe in a header; else null. */
function readOrigin(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.origin === text ? url.origin : null
}
