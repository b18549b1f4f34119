import type { FastifyRequest } from 'fastify'
import { isAdmin } from '../../is-admin.ts'
import { describeRequests } from '../api/request-counts.ts'
import type { Api, App } from '../api/server.ts'
import { invalid, missing, Refusal } from '../errors.ts'
import { makeSecret } from '../ids.ts'
import { closeDispute } from '../objects/disputes.ts'
import { readTruth } from '../truth.ts'
import type { Account, World } from '../world.ts'
import { describeAccount, openAccount, readAccountBody } from './accounts.ts'

/** How long both secrets are good while one is rolled; at Stripe the merchant chooses up to 24 hours. */
const rollSeconds = 24 * 3600

/** The administration of this stand-in, which no Stripe has: accounts, the truth, and what was asked. JSON in and out. */
export function registerAdmin(app: App, { world, requests }: Api, adminToken: string): void {
  const onRequest = async (request: FastifyRequest) => {
    if (!isAdmin(adminToken, request.headers.authorization))
      throw new Refusal(401, { type: 'invalid_request_error', message: 'Send the admin token as Bearer token.' })
  }

  app.post('/_stand_in/accounts', { onRequest }, async (request) =>
    describeAccount(openAccount(world, readAccountBody(readJson(request)))),
  )

  app.put('/_stand_in/accounts/:secretKey/webhook', { onRequest }, async (request) => {
    const account = findAccount(world, request)
    const { url = account.webhook.url, enabled_events: events } = readAccountBody(readJson(request))
    account.webhook.url = url
    if (events) account.webhook.enabledEvents = events
    return describeAccount(account)
  })

  app.post('/_stand_in/accounts/:secretKey/webhook/roll', { onRequest }, async (request) => {
    const account = findAccount(world, request)
    const { webhook_secret: secret = `whsec_${makeSecret(32)}`, expires_in_s: expires = rollSeconds } = readAccountBody(
      readJson(request),
    )
    const until = world.now() + expires * 1000
    account.webhook.secrets = [
      { secret, until: null },
      ...account.webhook.secrets.map((known) => ({ ...known, until: Math.min(known.until ?? until, until) })),
    ]
    return describeAccount(account)
  })

  app.post('/_stand_in/disputes/:id/close', { onRequest }, async (request) => {
    const { id = '' } = request.params as { id?: string }
    const account = [...world.accounts.values()].find(({ disputes }) => disputes.has(id))
    const dispute = account?.disputes.get(id)
    if (!account || !dispute) throw missing('dispute', id, 'dispute')
    closeDispute(world, account, dispute, readJson(request).won === true)
    return dispute
  })

  app.get('/_stand_in/truth', { onRequest }, async (request) => {
    const { reference = null } = request.query as { reference?: string }
    return readTruth(world, reference)
  })

  app.get('/_stand_in/requests', { onRequest }, async () => describeRequests(requests))
}

function findAccount(world: World, request: FastifyRequest): Account {
  const { secretKey = '' } = request.params as { secretKey?: string }
  const account = world.accounts.get(secretKey)
  if (!account) throw new Refusal(404, { type: 'invalid_request_error', message: 'There is no account with this key.' })
  return account
}

function readJson(request: FastifyRequest): Record<string, unknown> {
  const text = String(request.body ?? '')
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Refused below, without the parser's words, which may quote the body.
  }
  throw invalid('The body must be a JSON object.')
}
