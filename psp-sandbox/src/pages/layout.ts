import { makePolicy, readHost, renderFileTags, type ServedPage } from '@fincore/api-contract/served-pages'
import type { FastifyReply } from 'fastify'
import { pages } from './assets.ts'
import { type Html, html } from './html.ts'
import { type Language, texts } from './texts.ts'

const logo = html`<svg class="logo" viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" focusable="false">
  <rect width="28" height="28" rx="8" fill="currentColor"></rect>
  <path class="logo-mark" d="M7 17.5c2.4 0 2.4-2 4.7-2s2.3 2 4.6 2 2.4-2 4.7-2M7 12.5c2.4 0 2.4-2 4.7-2s2.3 2 4.6 2 2.4-2 4.7-2" fill="none" stroke-width="2" stroke-linecap="round"></path>
</svg>`

/** A page's text, and what it loads. */
export type Page = { text: string; served: ServedPage }

/** A whole page. */
export function renderPage(page: {
  served: ServedPage
  title: string
  language: string
  className: string
  body: Html
}): Page {
  const { html: text } = html`<!doctype html>
<html lang="${page.language}">
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

/** The brand's bar with the test-mode mark. */
export function renderHeader(language: Language): Html {
  return html`<header class="bar">
  <p class="brand">${logo}<span>Sandbox Pay</span></p>
  <p class="pill">${texts[language].testMode}</p>
</header>`
}

/** A page that says one thing, with what to do next. */
export function renderMessage(message: {
  language: Language
  title: string
  text: string
  icon: 'done' | 'clock' | 'question'
  link?: { href: string; label: string }
  served?: ServedPage
}): Page {
  const icons = {
    done: html`<path d="M14 24.5l7 7 13-14"></path>`,
    clock: html`<path d="M24 14v11l7 4"></path>`,
    question: html`<path d="M19 19.5a5 5 0 1 1 7.5 4.3c-1.7 1-2.5 1.9-2.5 3.7M24 33v.1"></path>`,
  }
  return renderPage({
    title: `${message.title} · Sandbox Pay`,
    language: message.language,
    className: 'single',
    served: message.served ?? pages.message,
    body: html`${renderHeader(message.language)}
<main class="card message">
  <svg class="icon ${message.icon}" viewBox="0 0 48 48" width="56" height="56" aria-hidden="true" focusable="false"><circle cx="24" cy="24" r="22"></circle>${icons[message.icon]}</svg>
  <h1>${message.title}</h1>
  <p>${message.text}</p>
  ${message.link ? html`<a class="button" href="${message.link.href}">${message.link.label}</a>` : null}
</main>`,
  })
}

/**
 * Sends a page with the headers that every page here has. `frameAncestors` is the one origin that may frame it.
 * Forms post to this origin alone, but `form-action` must also allow where the answer's 303 leads, and from there on
 * the merchant's own redirects: Chromium checks the whole chain. So it names the schemes.
 */
export function sendPage(
  reply: FastifyReply,
  status: number,
  page: Page,
  frameAncestors: string | null = null,
): FastifyReply {
  const policy = makePolicy(page.served, readHost(reply.request.host), {
    'img-src': 'data:',
    'connect-src': "'self'",
    'form-action': frameAncestors ? "'none'" : "'self' http: https:",
    'frame-ancestors': frameAncestors ?? "'none'",
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
