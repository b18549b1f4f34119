import { createHash } from 'node:crypto'
import { errorTable } from '@fincore/api-contract/errors'
import type { App } from '../../server/server.ts'

const styles = `:root{color-scheme:light dark;font:16px/1.55 system-ui,sans-serif}body{max-width:46rem;margin:0 auto;padding:2.5rem 1.25rem}
h1{font-size:1.6rem}article{border-top:1px solid color-mix(in srgb,currentColor 18%,transparent);padding:1rem 0}article:target{outline:3px solid #3b6fe0;outline-offset:.5rem;border-radius:.25rem}
h2{font-size:1.05rem;margin:0}code{font:.92em ui-monospace,monospace}p{margin:.35rem 0}.status{opacity:.8}`
const styleHash = createHash('sha256').update(styles).digest('base64')

const retryTexts = {
  no: 'Sending it again cannot help.',
  same_request: 'Send the same request with the same idempotency key again.',
  after_change: 'Send it again after you changed what is wrong.',
} as const

/** `/docs/errors`: where the `type` of every problem leads. Made from the error table. */
export function registerDocsRoutes(app: App): void {
  const access = { config: { access: { by: 'anyone' } } } as const
  const articles = Object.entries(errorTable).map(
    ([code, row]) =>
      `<article id="${code}"><h2><code>${code}</code></h2><p class="status">${row.status} · ${row.title}</p><p>${escapeHtml(row.meaning).replace(/`([^`]+)`/g, '<code>$1</code>')}</p><p>${retryTexts[row.retry]}</p></article>`,
  )
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Errors · FinCore</title><style>${styles}</style></head><body><main><h1>Errors</h1><p>Every error is <code>application/problem+json</code> (RFC 9457) and carries one of these codes.</p>${articles.join('')}</main></body></html>`
  app.get('/docs/errors', access, async (_request, reply) =>
    reply
      .header(
        'content-security-policy',
        `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; frame-ancestors 'none'`,
      )
      .type('text/html; charset=utf-8')
      .send(page),
  )
  app.get('/docs', access, async (_request, reply) => reply.redirect('/docs/errors', 302))
  app.get('/health', access, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  )
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
