import { readFileSync } from 'node:fs'
import { makePolicy, type ServedPage } from '@fincore/api-contract/served-pages'
import { type Html, html } from '../link/html.ts'

const styles = readFileSync(new URL('docs.css', import.meta.url), 'utf8')

/** Nothing is loaded: the styles stand in the page, and there is no script. */
export const docsPage: ServedPage = {
  name: 'docs',
  shows: 'The API’s documentation',
  addresses: ['/docs', '/docs/*'],
  files: [],
  inlineStyle: styles,
}
export const contentSecurityPolicy = makePolicy(docsPage, '', {
  'img-src': 'data:',
  'form-action': `'none'`,
  'frame-ancestors': `'none'`,
})

const pages = {
  '/docs': 'Endpoints',
  '/docs/errors': 'Errors',
  '/docs/decline-codes': 'Decline codes',
  '/docs/events': 'Events',
  '/v1/openapi.json': 'OpenAPI',
} as const
export type DocsPath = Exclude<keyof typeof pages, '/v1/openapi.json'>

export function renderDocsPage(path: DocsPath, title: string, body: Html): string {
  const links = Object.entries(pages).map(
    ([to, name]) => html`<li><a href="${to}"${to === path ? html` aria-current="page"` : null}>${name}</a></li>`,
  )
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · FinCore</title>
<link rel="icon" href="data:,">
<style>${{ html: styles }}</style>
</head>
<body>
<nav aria-label="Pages"><ul class="links">${joinHtml(links)}</ul></nav>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.html
}

/** A text of the tables, in which backticks mark code. */
export function renderText(text: string): Html {
  return joinHtml(text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`)))
}

export function joinHtml(parts: readonly Html[]): Html {
  return { html: parts.map((part) => part.html).join('') }
}

/** One row for each entry of a table, under its own address. */
export function renderRows(rows: readonly { id: string; heading: Html; texts: readonly Html[] }[]): Html {
  return html`<div class="rows">${joinHtml(
    rows.map(
      ({ id, heading, texts }) =>
        html`<section class="row" id="${id}">${heading}${joinHtml(texts.map((text) => html`<p>${text}</p>`))}</section>`,
    ),
  )}</div>`
}

/** Where each row of a long page is. */
export function renderIndex(ids: readonly string[]): Html {
  const links = ids.map((id) => html`<li><a href="#${id}"><code>${id}</code></a></li>`)
  return html`<nav aria-label="On this page"><ul class="index">${joinHtml(links)}</ul></nav>`
}
