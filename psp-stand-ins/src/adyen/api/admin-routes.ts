import type { Server } from 'node:https'
import type { FastifyInstance } from 'fastify'
import { isAdmin } from '../../is-admin.ts'
import { type NewAccount, openAccount, showAccount } from '../accounts.ts'
import { type HappeningCode, happeningCodes, letHappen } from '../payments/happenings.ts'
import { readTruth } from '../payments/truth.ts'
import type { World } from '../world.ts'
import { describeRequests, type RequestsSeen } from './requests-seen.ts'

const text = { type: 'string', minLength: 1, maxLength: 500 }
const newAccount = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: text,
    merchant_account: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,80}$' },
    api_key: text,
    client_key: text,
    hmac_key: { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' },
    webhook_user: text,
    webhook_password: text,
    webhook_url: { ...text, nullable: true, pattern: '^https?://' },
    capture: { type: 'string', enum: ['immediate', 'manual'] },
    raw_cards: { type: 'boolean' },
  },
}
const newCard = {
  type: 'object',
  required: ['number', 'expiry_month', 'expiry_year'],
  additionalProperties: false,
  properties: { number: text, cvc: text, expiry_month: {}, expiry_year: {}, holder_name: text },
}
const newUrl = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: { url: { ...text, nullable: true, pattern: '^https?://' } },
}
const newHappening = {
  type: 'object',
  required: ['reference', 'event_code'],
  additionalProperties: false,
  properties: { reference: text, event_code: { type: 'string', enum: happeningCodes } },
}

/** What is not Adyen's: accounts, encrypted cards for servers' tests, and what really happened. */
export function registerAdminRoutes(
  app: FastifyInstance<Server>,
  world: World,
  adminToken: string,
  seen: RequestsSeen,
): void {
  app.register(
    async (admin) => {
      admin.addHook('onRequest', async (request, reply) => {
        if (!isAdmin(adminToken, request.headers.authorization))
          return reply.code(401).send({ error: 'This takes STAND_IN_ADMIN_TOKEN as a bearer token.' })
      })
      admin.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
        reply
          .code(error.statusCode ?? 500)
          .send({ error: 'The request is not as the README of this stand-in has it.' }),
      )

      admin.post('/accounts', { schema: { body: newAccount } }, async (request, reply) => {
        const account = openAccount(world, request.body as NewAccount)
        if (account === null) return reply.code(409).send({ error: 'This merchant account has another API key.' })
        return reply.code(201).send(showAccount(account))
      })
      admin.put('/accounts/:merchantAccount/webhook', { schema: { body: newUrl } }, async (request, reply) => {
        const { merchantAccount } = request.params as { merchantAccount: string }
        const account = world.accounts.find((one) => one.merchantAccount === merchantAccount)
        if (!account) return reply.code(404).send({ error: 'There is no such merchant account.' })
        account.webhookUrl = (request.body as { url: string | null }).url
        return showAccount(account)
      })
      admin.post('/encrypt', { schema: { body: newCard } }, async (request) => {
        const card = request.body as Record<'number' | 'cvc' | 'expiry_month' | 'expiry_year' | 'holder_name', unknown>
        const { fieldKey } = world
        const month = String(card.expiry_month).padStart(2, '0')
        return {
          type: 'scheme',
          encryptedCardNumber: fieldKey.encrypt('number', String(card.number)),
          encryptedExpiryMonth: fieldKey.encrypt('expiryMonth', month),
          encryptedExpiryYear: fieldKey.encrypt('expiryYear', String(card.expiry_year)),
          ...(card.cvc === undefined ? {} : { encryptedSecurityCode: fieldKey.encrypt('cvc', String(card.cvc)) }),
          ...(card.holder_name === undefined ? {} : { holderName: String(card.holder_name) }),
        }
      })
      admin.post('/happenings', { schema: { body: newHappening } }, async (request, reply) => {
        const { reference, event_code } = request.body as { reference: string; event_code: HappeningCode }
        const found = [...world.payments.values()].find(
          (payment) => payment.reference === reference && letHappen(world, payment, event_code),
        )
        if (!found) return reply.code(409).send({ error: 'There is no payment that this could happen to.' })
        return { payment: found.pspReference, dispute: found.dispute }
      })
      admin.get('/truth', async (request) => {
        const { reference } = request.query as { reference?: string }
        return readTruth(world, reference ?? null)
      })
      admin.get('/requests', async () => describeRequests(seen))
    },
    { prefix: '/_stand_in' },
  )
}
