import { timingSafeEqual } from 'node:crypto'
import { normalizeIP } from '@fastify/rate-limit'
import type {
  AdmissionAnswer,
  AdmissionRequest,
  Caller,
  CardChargeReport,
  CardChargeRequest,
  Instruction,
  SendReport,
  StrayNumberAnswer,
  StrayNumberReport,
} from '@fincore/api-contract/card-door'
import { cardBrandNames } from '@fincore/api-contract/card-door'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { createAuditWatch } from '../audit/audit-watch.ts'
import { createThrottledAudit } from '../audit/throttled-audit.ts'
import type { Deps } from '../deps.ts'
import { beginCardCharge, type CardStep, continueCardCharge } from '../flows/charge-card.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import { readBearer } from '../server/caller.ts'
import type { Door } from '../server/door.ts'
import { RefusalError } from '../server/problems.ts'
import { type App, createServer } from '../server/server.ts'
import { traceRequests } from '../server/trace-requests.ts'
import { type Admitted, createAdmission } from './admission.ts'
import { watchRelayedBody } from './relayed-body.ts'
import { tellRelayedTimes } from './relayed-times.ts'
import { jsonReply, problemReply } from './replies.ts'

/** What the relay's conversation leads to. */
export type CardChargeFlow = {
  begin(input: Parameters<typeof beginCardCharge>[1]): Promise<CardStep>
  continue(attempt: string, report: SendReport, pspMs: number | undefined): Promise<CardStep>
}
type RelayDoor = Pick<Door, 'enter' | 'hasRoomFor'>
const openDoor: RelayDoor = { enter: () => ({ end: () => {} }), hasRoomFor: () => true }
type InternalDeps = Pick<Deps, 'config' | 'pool' | 'directory' | 'now' | 'log' | 'metrics' | 'tracing'>

const cardChargesPath = '/internal/card_charges'
/** A body of 64 KiB with every quote escaped, and what is beside it. */
const maxCardChargeBytes = 256 * 1024
/** What the relay passes on of a PSP's reply of at most 64 KiB, escaped. */
const maxReplyLength = 65_536
const maxReportBytes = 512 * 1024

const strayCardDetail =
  'Another field than payment_method.card.number holds what looks like a card number; nothing of it was kept. ' +
  'Send card numbers in payment_method.card alone.'

const hexDigest = Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()])
const strict = { additionalProperties: false }
const callerSchema = Type.Object(
  {
    keyDigest: hexDigest,
    certificateFingerprint: hexDigest,
    sourceAddress: Type.String({ minLength: 1, maxLength: 64 }),
  },
  strict,
)
const requestId = Type.String({ pattern: '^[\\w-]{1,64}$' })
/** A charge takes no longer than its PSP and the relay's own bounds allow. */
const duration = Type.Optional(Type.Number({ minimum: 0, maximum: 600_000 }))
const admissionSchema = Type.Object({ requestId, caller: callerSchema }, strict)
const strayNumberSchema = Type.Object(
  {
    requestId,
    caller: callerSchema,
    param: Type.Union([Type.String({ pattern: '^[A-Za-z_]{1,64}$' }), Type.Null()]),
  },
  strict,
)
const cardSchema = Type.Object(
  {
    brand: Type.Enum([...cardBrandNames]),
    first6: Type.String({ pattern: '^\\d{6}$' }),
    last4: Type.String({ pattern: '^\\d{4}$' }),
    length: Type.Integer({ minimum: 10, maximum: 24 }),
    luhnOk: Type.Boolean(),
    cvcLength: Type.Integer({ minimum: 0, maximum: 8 }),
  },
  strict,
)
const cardChargeSchema = Type.Object(
  {
    requestId,
    caller: callerSchema,
    idempotencyKey: Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()]),
    blankedBody: Type.String({ maxLength: 65_536 }),
    card: cardSchema,
    elapsedMs: duration,
    readMs: duration,
  },
  strict,
)
const ofReport = { requestId: Type.Optional(requestId), elapsedMs: duration, pspMs: duration }
const reportSchema = Type.Union([
  Type.Object(
    {
      ...ofReport,
      status: Type.Integer({ minimum: 100, maximum: 599 }),
      headers: Type.Record(Type.String(), Type.String()),
      body: Type.String({ maxLength: maxReplyLength }),
    },
    strict,
  ),
  Type.Object(
    {
      ...ofReport,
      failure: Type.Enum(['refused', 'reset', 'timeout', 'tls']),
      requestWasSent: Type.Boolean(),
    },
    strict,
  ),
])

/** The internal socket: what the card relay, and nobody else, may call. Its contract is api-contract/src/card-door.ts. */
export function createInternalServer(deps: Deps, door?: RelayDoor): App {
  const flow = {
    begin: (input: Parameters<typeof beginCardCharge>[1]) => beginCardCharge(deps, input),
    continue: (attempt: string, report: SendReport, pspMs: number | undefined) =>
      continueCardCharge(deps, attempt, report, pspMs),
  }
  return createInternalServerFor(deps, flow, door)
}

/**
 * The same with another flow behind it. Through `door`, the public API's own, raw cards share the process's places with
 * all else that merchants ask. A report is never turned away: it ends what was begun.
 */
export function createInternalServerFor(deps: InternalDeps, flow: CardChargeFlow, door: RelayDoor = openDoor): App {
  const docsUrl = `${deps.config.publicUrl}/docs`
  const strayCards = new WeakSet<FastifyRequest>()
  const findKey = (keyDigest: string) => deps.directory.findApiKey(Buffer.from(keyDigest, 'hex'))
  const findExemptKeys = async (keyDigest: string) =>
    (await findKey(keyDigest))?.tripwireExemptions ?? new Set<string>()
  const app = createServer({
    docsUrl,
    log: deps.log,
    text: 'any',
    measured: { by: deps.metrics, as: 'internal' },
    // The relay blanks the card that it was given; another one, in a description or so, is found here.
    async inspectBody(body, request) {
      if (request.routeOptions.url !== cardChargesPath) return
      if (await watchRelayedBody(body, findExemptKeys)) strayCards.add(request)
    },
  })
  traceRequests(app, deps.tracing, 'the internal socket')
  tellRelayedTimes(app, deps.tracing)
  const admission = createAdmission(deps)
  const watch = createAuditWatch(deps)
  deps.metrics.read('fincore_audit_log_closed', () => [{ labels: {}, value: watch.isKnownClosed() ? 1 : 0 }])
  const audit = createThrottledAudit(deps, watch.suspect)
  app.addHook('onClose', () => Promise.all([admission.close(), audit.flush(), watch.close()]).then(() => {}))
  /** No card that cannot be audited. Who is turned away is written as soon as the log takes records again. */
  const refuseUnaudited = ({ keyId, merchantId, grantId }: Admitted, caller: Caller): Refusal => {
    const refusal = refuse('audit_log_unavailable')
    audit.record(`${keyId} ${refusal.refused}`, {
      actorType: 'merchant',
      actor: keyId,
      type: 'raw_card.admission',
      outcome: 'refused',
      origin: caller.sourceAddress,
      merchantId,
      resource: grantId,
      details: { code: refusal.refused, certificate: caller.certificateFingerprint },
    })
    return refusal
  }
  /** A card number where none belongs, in a charge of this key's; `param` is the field, where it is known. */
  const recordStrayNumber = (
    key: { id: string; merchantId: string } | null,
    { requestId, caller, param }: StrayNumberReport,
  ): void => {
    const actor = key?.id ?? 'unknown'
    audit.record(`${key?.id ?? normalizeIP(caller.sourceAddress)} stray number`, {
      actorType: key === null ? 'anonymous' : 'merchant',
      actor,
      type: 'card_data.send',
      outcome: 'refused',
      origin: caller.sourceAddress,
      merchantId: key?.merchantId ?? null,
      resource: 'POST /v1/charges',
      details: { code: 'card_data_not_accepted_here', param, request: requestId },
    })
  }

  /** The problem that the relay answers with; its code stands in the log too. */
  const refuseBy = (request: FastifyRequest, refusal: Refusal, requestId: string) => {
    request.facts.code = refusal.refused
    return problemReply(refusal, requestId, docsUrl)
  }
  /** What the flow decided, as the relay is told it. */
  const instruct = (request: FastifyRequest, step: CardStep, requestId: string): Instruction => {
    if ('do' in step) {
      request.facts.object = step.attempt
      return step
    }
    if (isRefusal(step)) return { do: 'reply', reply: refuseBy(request, step, requestId) }
    const { status, body, replayed } = step
    if ('id' in body && typeof body.id === 'string') request.facts.object = body.id
    return { do: 'reply', reply: jsonReply(status, body, replayed ? { 'idempotent-replayed': 'true' } : {}) }
  }

  app.addHook('onRequest', async (request) => {
    const token = digestOf(readBearer(request.headers.authorization) ?? '')
    // Read each time, because they change while this runs; each is compared, whichever fits.
    const fitting = deps.config.internalTokens.filter((one) => timingSafeEqual(token, digestOf(one)))
    if (fitting.length === 0) throw new RefusalError(refuse('authentication_required'))
  })

  app.post('/internal/admission', { schema: { body: admissionSchema } }, async (request): Promise<AdmissionAnswer> => {
    const { requestId, caller }: AdmissionRequest = request.body
    request.facts.request_id = requestId
    const asked = await admission.admit(caller)
    const result = isRefusal(asked)
      ? asked
      : !door.hasRoomFor(asked.admitted.merchantId)
        ? // Said now, the relay need not read the card.
          refuse('overloaded')
        : (await watch.isWritable())
          ? asked
          : refuseUnaudited(asked.admitted, caller)
    return isRefusal(result)
      ? { decision: 'refuse', reply: refuseBy(request, result, requestId) }
      : { decision: 'admit', exemptKeys: result.admitted.exemptKeys }
  })

  app.post(
    cardChargesPath,
    { schema: { body: cardChargeSchema }, bodyLimit: maxCardChargeBytes },
    async (request): Promise<Instruction> => {
      const { requestId, caller, elapsedMs: _, readMs: _read, ...charge }: CardChargeRequest = request.body
      request.facts.request_id = requestId
      // Asked again: the relay may have remembered an admit, and a revocation counts from the moment it is made.
      const result = await admission.admit(caller)
      if (isRefusal(result)) return { do: 'reply', reply: refuseBy(request, result, requestId) }
      const { merchantId, keyId, grantId } = result.admitted
      request.facts.merchant = merchantId
      // A charge does not wait for the log to be tried, because its own statement finds out. But it has it tried, so that
      // also a log which hangs is known within seconds.
      const tried = watch.isWritable()
      if (watch.isKnownClosed() && !(await tried))
        return { do: 'reply', reply: refuseBy(request, refuseUnaudited(result.admitted, caller), requestId) }
      if (strayCards.has(request)) {
        const refusal = refuse('card_data_not_accepted_here', { detail: strayCardDetail })
        recordStrayNumber({ id: keyId, merchantId }, { requestId, caller, param: null })
        return { do: 'reply', reply: refuseBy(request, refusal, requestId) }
      }
      const { certificateFingerprint, sourceAddress } = caller
      const use = { keyId, grantId, certificateFingerprint, sourceAddress, requestId }
      const work = door.enter(merchantId)
      if (work === null) return { do: 'reply', reply: refuseBy(request, refuse('overloaded'), requestId) }
      try {
        return instruct(request, await flow.begin({ merchantId, ...charge, use }), requestId)
      } catch (error) {
        // The charge and its record are one statement. Whether it was the record that failed, the log itself says.
        watch.suspect()
        if (await watch.isWritable()) throw error
        return { do: 'reply', reply: refuseBy(request, refuseUnaudited(result.admitted, caller), requestId) }
      } finally {
        work.end()
      }
    },
  )

  app.post(
    '/internal/stray_numbers',
    { schema: { body: strayNumberSchema } },
    async (request): Promise<StrayNumberAnswer> => {
      const report: StrayNumberReport = request.body
      // Whoever sent it was admitted then. Should the key have ended since, the record names whose it was, where known.
      const { keyDigest } = report.caller
      recordStrayNumber(keyDigest === null ? null : await findKey(keyDigest), report)
      return { taken: true }
    },
  )

  app.post(
    '/internal/card_charges/:attempt/report',
    {
      schema: { params: Type.Object({ attempt: Type.String({ pattern: '^att_[0-9a-z]{26}$' }) }), body: reportSchema },
      bodyLimit: maxReportBytes,
    },
    async (request): Promise<Instruction> => {
      const { requestId = request.id, elapsedMs: _, pspMs, ...report }: CardChargeReport = request.body
      request.facts.request_id = requestId
      return instruct(request, await flow.continue(request.params.attempt, report, pspMs), requestId)
    },
  )
  return app
}
