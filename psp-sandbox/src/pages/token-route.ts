import { CardBody } from '../api/schemas.ts'
import { findAccountByPublicKey } from '../ledger/accounts.ts'
import { readCard } from '../payments/card.ts'
import type { Psp } from '../psp.ts'
import { Rejection } from '../rejection.ts'
import type { PagesApp } from './pages-app.ts'

/** `POST /v2/tokens`: the card fields' own endpoint. Other origins cannot reach it from a browser: there is no CORS. */
export function registerTokenRoute(app: PagesApp, psp: Psp): void {
  app.post(
    '/v2/tokens',
    {
      schema: { body: CardBody },
      onRequest: async (request, reply) => {
        reply.header('cache-control', 'no-store')
        const { origin } = request.headers
        if (origin !== undefined && origin !== psp.pagesUrl && origin !== `http://${request.host}`) {
          throw new Rejection(403, 'origin_not_allowed', 'Tokens are made by the card fields of this origin only.')
        }
      },
    },
    async (request, reply) => {
      const publicKey = /^Bearer (\S{1,512})$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const account = findAccountByPublicKey(psp.ledger, publicKey)
      if (!account)
        throw new Rejection(401, 'unauthorized', 'Send a public key that starts with `pk_sandbox_` as Bearer token.')
      const card = readCard(request.body, psp.now(), '')
      const token = psp.tokens.put(account.id, card)
      return reply.code(201).send({
        object: 'token',
        id: token.id,
        card: { brand: card.brand, last4: card.last4, expiry_month: card.expiryMonth, expiry_year: card.expiryYear },
        expires_at: new Date(token.expiresAt).toISOString(),
      })
    },
  )
}
