import { makePolicy, readHost, renderFileTags, type ServedPage } from '@fincore/api-contract/served-pages'
import type { FastifyReply } from 'fastify'
import { type Html, html } from '../../html.ts'
import { pages } from './files.ts'

/** A page's text, and what it loads. */
export type Page = { text: string; served: ServedPage }

export function renderPage(page: { served: ServedPage; title: string; className: string; body: Html }): Page {
  const { html: text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${page.title}</title>
<link rel="icon" href="data:,">
${renderFileTags(page.served)}
</head>
<body class="${page.className}">
${page.body}
</body>
</html>
`
  return { text, served: page.served }
}

/** The bar that says where the shopper is, and that it is a test. */
export function renderBar(name: string): Html {
  return html`<header class="bar"><p class="brand">${name}</p><p class="pill">Test mode</p></header>`
}

/** A page that says one thing, with what to do next. */
export function renderMessage(message: {
  title: string
  text: string
  link?: { href: string; label: string } | null
}): Page {
  return renderPage({
    served: pages.message,
    title: message.title,
    className: 'single',
    body: html`${renderBar('Adyen stand-in')}
<main class="card">
  <h1>${message.title}</h1>
  <p>${message.text}</p>
  ${message.link && html`<a class="button" href="${message.link.href}">${message.link.label}</a>`}
</main>`,
  })
}

/**
 * Sends a page. Forms post to this origin alone, but `form-action` must also allow where the answer's 303 leads, since
 * Chromium checks the whole chain; so it names the schemes.
 */
export function sendPage(reply: FastifyReply, status: number, page: Page, frameAncestors = "'none'"): FastifyReply {
  const policy = makePolicy(page.served, readHost(reply.request.host), {
    'form-action': frameAncestors === "'none'" ? "'self' http: https:" : "'none'",
    'frame-ancestors': frameAncestors,
    'img-src': 'data:',
  })
  return reply
    .code(status)
    .header('content-security-policy', policy)
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'same-origin')
    .header('x-content-type-options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(page.text)
}
