import type { FastifyReply } from 'fastify'
import { type Html, html } from '../../html.ts'

/** Sends a page. `script` is the one that it loads; `framed` lets a shop's page show it in a frame. */
export function sendPage(
  reply: FastifyReply,
  page: { status: number; title: string; className: string; body: Html; script?: string; framed?: true },
): FastifyReply {
  const { html: text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${page.title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
${page.script ? html`<script type="module" src="${page.script}"></script>` : null}
</head>
<body class="${page.className}">
${page.body}
</body>
</html>
`
  // Chromium checks `form-action` along the whole chain of redirects, which leads back to the merchant.
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    page.framed ? "form-action 'none'" : "form-action 'self' http: https:",
    ...(page.framed ? [] : ["frame-ancestors 'none'"]),
  ]
  return reply
    .code(page.status)
    .header('content-security-policy', policy.join('; '))
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'same-origin')
    .header('x-content-type-options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(text)
}

/** A page that says one thing. */
export function sendMessage(reply: FastifyReply, status: number, title: string, text: string): FastifyReply {
  return sendPage(reply, {
    status,
    title,
    className: 'single',
    body: html`<main><p class="mark">Stripe stand-in · test mode</p><h1>${title}</h1><p>${text}</p></main>`,
  })
}
