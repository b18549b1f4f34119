import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { createThrottledAudit } from '../../audit/throttled-audit.ts'
import { maskPspEvent } from '../../card-door/mask-psp-event.ts'
import type { Deps } from '../../deps.ts'
import { isId } from '../../ids.ts'
import { watchBatch } from '../../observability/watch-batch.ts'
import type { PspAccount, PspEvent } from '../../psp-gateway/port.ts'
import { refuse } from '../../refusal.ts'
import type { Door } from '../../server/door.ts'
import { RefusalError } from '../../server/problems.ts'
import { createGuardedLookUp, createLimit } from '../../server/rate-limit.ts'
import { readBody } from '../../server/read-body.ts'
import type { App } from '../../server/server.ts'
import { createBatcher } from '../../store/batcher.ts'
import { storePspEvent } from '../../store/psp-event-json.ts'
import { insertPspEvents, type NewPspEvent } from '../../store/psp-events.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The PSP account that a webhook is for; set on the inbox's route. */
    pspAccount: PspAccount | null
  }
}

/** What the adapters read at most; nothing that is larger is taken into memory. */
const maxBodyBytes = 262_144
/** Look-ups, in a minute and for one address, of accounts that are not known to exist. */
const unseenAccountsPerMinute = 1_200
/** What the table takes as a PSP's id of an event. */
const maxEventIdLength = 255

/**
 * `POST /v1/psp_webhooks/{psp_account}`: checks the signature over the bytes as they came, stores the events, answers.
 * They are applied afterwards (webhooks/inbox), so an answer takes one insert, whatever the events are about.
 */
export async function registerPspWebhookRoute(
  app: App,
  deps: Deps,
  door: Pick<Door, 'learnPspAccount'>,
): Promise<void> {
  const audit = createThrottledAudit(deps)
  app.addHook('onClose', () => audit.flush())
  const store = createBatcher<NewPspEvent[], undefined>(
    async (webhooks) => {
      await insertPspEvents(deps.pool, webhooks.flat())
      return webhooks.map(() => undefined)
    },
    {},
    watchBatch(deps.metrics, 'psp_events'),
  )

  // Content types are the PSP's choice, and parsing before checking would let anybody feed the parser.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) =>
      readBody(payload, maxBodyBytes),
    )
    const findAccount = createGuardedLookUp(createLimit(app, { perMinute: unseenAccountsPerMinute }), (id) =>
      deps.directory.findPspAccount(id),
    )
    // Before the body: who names no account of ours cannot fill the memory either.
    scope.decorateRequest('pspAccount', null)
    scope.addHook('onRequest', async (request, reply) => {
      const { pspAccount: id } = request.params as { pspAccount: string }
      request.pspAccount = isId('pspAccount', id) ? await findAccount(request, reply, id) : null
      if (request.pspAccount !== null) return door.learnPspAccount(id)
      // One key for all accounts that there are not: their ids are the caller's invention.
      audit.record('unknown account', refusalRecord(request, null, 'unknown_account'))
      throw new RefusalError(refuse('resource_not_found'))
    })
    const config = { access: { by: 'anyone' }, limitsItself: true } as const
    scope.post('/v1/psp_webhooks/:pspAccount', { config, bodyLimit: maxBodyBytes }, async (request, reply) => {
      const account = request.pspAccount
      if (account === null) throw new Error('A webhook was read without its account')
      const read = readWebhook(deps, request, account)
      if ('why' in read) {
        audit.record(account.id, refusalRecord(request, account, read.why))
        throw new RefusalError(refuse('parameter_invalid', { detail: 'The webhook was not accepted.' }))
      }
      await store.submit(read.events)
      if (read.isMasked) audit.record(`${account.id} masked`, maskedRecord(request, account))
      deps.wakeInbox()
      reply.header('cache-control', 'no-store')
      const { accepted } = deps.psps[account.psp].webhooks
      if (accepted === undefined) return reply.send({ received: true })
      return reply.type(accepted.contentType).send(accepted.body)
    })
  })
}

/** The events of a webhook as they are stored, without card numbers; or, for the audit log alone, why it is none. */
function readWebhook(
  deps: Deps,
  request: FastifyRequest,
  account: PspAccount,
): { events: NewPspEvent[]; isMasked: boolean } | { why: string } {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const verified = deps.psps[account.psp].webhooks.verify(account, { body, headers: request.headers, now: deps.now() })
  // The signature covers the bytes as they came, so they are overwritten only now.
  body.fill(0)
  if (!verified.ok) return { why: verified.why }
  const isStorable = ({ id }: PspEvent) => id.length > 0 && id.length <= maxEventIdLength
  if (!verified.events.every(isStorable)) return { why: 'unusable_event_id' }
  const masked = verified.events.map((event) => ({ event, stored: maskPspEvent(storePspEvent(event)) }))
  const events = masked.flatMap(({ event, stored }) =>
    stored === null ? [] : [{ merchantId: account.merchantId, pspAccountId: account.id, event, json: stored.json }],
  )
  if (events.length < masked.length) return { why: 'card_number_in_an_identifier' }
  return { events, isMasked: masked.some(({ stored }) => stored?.isMasked) }
}

/** A PSP that sends card numbers in words is to be talked to: an operator should look (PCI DSS 12.10.7). */
function maskedRecord(request: FastifyRequest, account: PspAccount) {
  return {
    actorType: 'system',
    actor: 'inbox',
    type: 'psp_webhook.mask_card_data',
    outcome: 'success',
    origin: request.ip,
    merchantId: account.merchantId,
    resource: account.id,
    details: { request: request.id },
  } as const
}

function refusalRecord(request: FastifyRequest, account: PspAccount | null, why: string) {
  return {
    actorType: 'anonymous',
    actor: 'unknown',
    type: 'psp_webhook.refused',
    outcome: 'refused',
    origin: request.ip,
    merchantId: account?.merchantId ?? null,
    resource: account?.id ?? null,
    details: { why, request: request.id },
  } as const
}
