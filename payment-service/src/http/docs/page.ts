import { renderFileTags, type ServedPage } from '@fincore/api-contract/served-pages'
import { type Html, html } from '../link/html.ts'
import { docsPage } from './assets.ts'

/** The pages that every page leads to. */
const pages = {
  '/docs': 'API reference',
  '/docs/guides': 'Guides',
  '/docs/errors': 'Errors',
  '/docs/decline-codes': 'Decline codes',
  '/docs/events': 'Events',
  '/docs/currencies': 'Currencies',
} as const

/** One entry of a page's contents, and what stands below it. */
export type Entry = { to: string; name: Html; inside?: readonly Entry[] }

export type DocsPage = {
  path: string
  title: string
  /** What stands beside the page, or on a phone folded up before it. */
  contents?: readonly Entry[]
  body: Html
  served?: ServedPage
}

export function renderDocsPage({ path, title, contents = [], body, served = docsPage }: DocsPage): string {
  const links = Object.entries(pages).map(([to, name]) => {
    const isHere = to === path || (to === '/docs/guides' && path.startsWith(`${to}/`))
    return html`<li><a href="${to}"${isHere ? html` aria-current="page"` : null}>${name}</a></li>`
  })
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · FinCore</title>
<link rel="icon" href="data:,">
${renderFileTags(served)}
</head>
<body>
<a class="skip" href="#main">Skip to the page’s content</a>
<header class="bar">
<a class="brand" href="/docs">FinCore</a>
<nav aria-label="Documentation"><ul>${joinHtml(links)}<li><a href="/v1/openapi.json">OpenAPI</a></li></ul></nav>
</header>
<div class="${contents.length === 0 ? 'plain' : 'framed'}">
${contents.length === 0 ? null : renderContents(contents)}
<main id="main" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
</div>
</body>
</html>
`.html
}

/** Beside the page, where there is room; folded up before it on a phone. Both without a script. */
function renderContents(contents: readonly Entry[]): Html {
  const list = renderEntries(contents, true)
  return html`<nav class="contents" aria-label="On this page"><details class="folded"><summary>On this page</summary>${list}</details><div class="unfolded">${list}</div></nav>`
}

function renderEntries(entries: readonly Entry[], areTop = false): Html {
  return html`<ul>${joinHtml(
    entries.map(
      ({ to, name, inside = [] }) =>
        html`<li><a${areTop ? html` class="top"` : null} href="${to}">${name}</a>${inside.length === 0 ? null : renderEntries(inside)}</li>`,
    ),
  )}</ul>`
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
export function listRows(ids: readonly string[]): Entry[] {
  return ids.map((id) => ({ to: `#${id}`, name: html`<code>${id}</code>` }))
}

/** A sample, under the name of what it is written for. */
export function renderSample(code: string, name: string, about: string): Html {
  return html`<figure><figcaption>${name}</figcaption>${renderCode(code, `${name}: ${about}`)}</figure>`
}

/** Code that may be wider than its place: it scrolls by itself, with the keyboard as well. */
export function renderCode(code: string, label: string): Html {
  return html`<pre tabindex="0" role="region" aria-label="${label}"><code>${code}</code></pre>`
}
