import { makePolicy, type ServedPage } from '@fincore/api-contract/served-pages'
import type { FastifyReply } from 'fastify'
import type { Config } from '../../config.ts'
import { refuse } from '../../refusal.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { docsPage, referencePage, registerDocsAssets } from '../docs/assets.ts'
import { listDocs } from '../docs/guides.ts'
import { renderReferencePage } from '../docs/reference-page.ts'
import {
  renderCurrenciesPage,
  renderDeclineCodesPage,
  renderErrorsPage,
  renderEventsPage,
} from '../docs/table-pages.ts'
import type { OpenApi } from '../openapi.ts'

const access = { config: { access: { by: 'anyone' } } } as const
const ofHtml = 'text/html; charset=utf-8'

/**
 * `/docs` and the pages below it, made from the tables, the routes themselves and docs/. In a sandbox the reference can
 * send its requests; production has no script here, and so no place where a key could be pasted.
 */
export function registerDocsRoutes(
  app: App,
  describeApi: () => OpenApi,
  config: Pick<Config, 'environment' | 'publicUrl'>,
): void {
  const canTry = config.environment === 'sandbox'
  const policyOf = (page: ServedPage, mayAsk: boolean) =>
    makePolicy(page, config.publicUrl, {
      'img-src': `'self' data:`,
      ...(mayAsk ? { 'connect-src': `'self'` } : {}),
      'form-action': `'none'`,
      'frame-ancestors': `'none'`,
    })
  const policy = policyOf(docsPage, false)
  const serve = (path: string, render: () => string, send: (reply: FastifyReply, page: string) => FastifyReply) => {
    let page = ''
    app.get(path, access, async (_request, reply) => {
      page ||= render()
      return send(reply, page)
    })
  }
  // Who opens the API's address in a browser wants to know what it is.
  app.get('/', access, async (_request, reply) => reply.redirect('/docs'))
  const asPage = (reply: FastifyReply, page: string) =>
    reply.header('content-security-policy', policy).type(ofHtml).send(page)
  const referencePolicy = canTry ? policyOf(referencePage, true) : policy
  serve(
    '/docs',
    () => renderReferencePage(describeApi(), canTry),
    (reply, page) => reply.header('content-security-policy', referencePolicy).type(ofHtml).send(page),
  )
  serve('/docs/errors', renderErrorsPage, asPage)
  serve('/docs/decline-codes', renderDeclineCodesPage, asPage)
  serve('/docs/events', renderEventsPage, asPage)
  serve('/docs/currencies', renderCurrenciesPage, asPage)
  const docs = new Map(listDocs().map((doc) => [doc.path, doc]))
  const tables = ['/docs', '/docs/errors', '/docs/decline-codes', '/docs/events', '/docs/currencies']
  app.get<{ Params: { '*': string } }>('/docs/*', access, async (request, reply) => {
    const path = `/docs/${request.params['*']}`
    const bare = path.replace(/\/$/, '')
    if (bare !== path && (tables.includes(bare) || docs.has(bare))) return reply.redirect(bare, 301)
    const doc = docs.get(path)
    if (doc === undefined)
      throw new RefusalError(
        refuse('route_not_found', { detail: 'There is no such page. `/docs` leads to every page that there is.' }),
      )
    return doc.type === ofHtml ? asPage(reply, doc.render()) : reply.type(doc.type).send(doc.render())
  })
  registerDocsAssets(app)
}
