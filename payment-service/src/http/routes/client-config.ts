import { ClientConfig } from '@fincore/api-contract/answers'
import type { Deps } from '../../deps.ts'
import { merchantOf } from '../../server/caller.ts'
import type { App } from '../../server/server.ts'

/**
 * `GET /v1/client_config`: what `@fincore/browser` needs to draw a PSP's card fields. Called from merchants' pages, so
 * any origin may read it; there is nothing secret in it.
 */
export function registerClientConfigRoute(app: App, deps: Deps): void {
  const cors = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'authorization',
    'access-control-max-age': '600',
  }
  app.options('/v1/client_config', { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
    reply
      .headers({ ...cors, 'access-control-allow-methods': 'GET' })
      .code(204)
      .send(),
  )
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === '/v1/client_config') reply.headers(cors)
  })
  app.get(
    '/v1/client_config',
    {
      config: { access: { by: 'publishable_key' } },
      schema: {
        docs: {
          operationId: 'getClientConfig',
          summary: 'What the browser SDK needs to draw card fields',
          tag: 'Browser',
          answer: { status: 200, schema: ClientConfig },
        },
      },
    },
    async (request, reply) => {
      const accounts = await deps.directory.listPspAccounts(merchantOf(request))
      const withFields = accounts.flatMap((account) => {
        const fields = deps.psps[account.psp].clientTokens?.fields(account) ?? null
        return fields === null ? [] : [{ id: account.id, psp: account.psp, fields }]
      })
      return reply
        .header('cache-control', 'no-store')
        .send({ object: 'client_config', environment: deps.config.environment, psp_accounts: withFields })
    },
  )
}
