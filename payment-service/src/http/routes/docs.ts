import type { App } from '../../server/server.ts'
import { renderEndpointsPage } from '../docs/endpoints-page.ts'
import { contentSecurityPolicy, type DocsPath } from '../docs/page.ts'
import { renderDeclineCodesPage, renderErrorsPage, renderEventsPage } from '../docs/table-pages.ts'
import type { OpenApi } from '../openapi.ts'

/** `/docs` and the pages below it, made from the tables and the routes themselves. */
export function registerDocsRoutes(app: App, describeApi: () => OpenApi): void {
  const access = { config: { access: { by: 'anyone' } } } as const
  const pages: Record<DocsPath, () => string> = {
    '/docs': () => renderEndpointsPage(describeApi()),
    '/docs/errors': renderErrorsPage,
    '/docs/decline-codes': renderDeclineCodesPage,
    '/docs/events': renderEventsPage,
  }
  for (const [path, render] of Object.entries(pages)) {
    let page = ''
    app.get(path, access, async (_request, reply) => {
      page ||= render()
      return reply.header('content-security-policy', contentSecurityPolicy).type('text/html; charset=utf-8').send(page)
    })
  }
}
