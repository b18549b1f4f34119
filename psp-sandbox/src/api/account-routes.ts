import { createAccount, setWebhookUrl } from '../ledger/accounts.ts'
import { readTruth } from '../ledger/truth.ts'
import { Rejection } from '../rejection.ts'
import type { Api, ApiApp } from './api.ts'
import { isAdmin, requireAccount } from './authentication.ts'
import { AccountBody, TruthQuery, WebhookBody } from './schemas.ts'

/** Accounts, which the admin token opens, and the truth ledger. */
export function registerAccountRoutes(app: ApiApp, api: Api): void {
  const { ledger } = api.psp

  app.post(
    '/v2/accounts',
    {
      schema: { body: AccountBody },
      onRequest: async (request) => {
        if (!isAdmin(api, request)) throw new Rejection(401, 'unauthorized', 'Send the admin token as Bearer token.')
      },
    },
    async (request, reply) => {
      const account = createAccount(ledger, request.body.name, request.body.webhook_url ?? null, api.psp.now())
      return reply.code(201).send(account)
    },
  )

  app.get('/v2/account', { onRequest: async (request) => void requireAccount(api.psp, request) }, async (request) => {
    const { id, name, public_key, webhook_url } = requireAccount(api.psp, request)
    return { object: 'account', id, name, public_key, webhook_url }
  })

  app.put(
    '/v2/account/webhook',
    { schema: { body: WebhookBody }, onRequest: async (request) => void requireAccount(api.psp, request) },
    async (request) => {
      const account = requireAccount(api.psp, request)
      setWebhookUrl(ledger, account.id, request.body.url)
      api.psp.wake()
      return { id: account.id, webhook_url: request.body.url }
    },
  )

  app.get(
    '/truth',
    {
      schema: { querystring: TruthQuery },
      onRequest: async (request) => {
        if (!isAdmin(api, request)) requireAccount(api.psp, request)
      },
    },
    async (request) => {
      const account = isAdmin(api, request) ? null : requireAccount(api.psp, request).id
      return readTruth(ledger, account, request.query.reference ?? null)
    },
  )
}
