import type { AttemptState } from '@fincore/payment-service/payments/attempt-states'
import type { PspEvent } from '@fincore/payment-service/psp-gateway/port'
import * as settlements from '@fincore/payment-service/store/attempt-settlements'
import * as attempts from '@fincore/payment-service/store/attempts'
import * as audit from '@fincore/payment-service/store/audit'
import * as charges from '@fincore/payment-service/store/charges'
import * as disputes from '@fincore/payment-service/store/disputes'
import * as events from '@fincore/payment-service/store/events'
import * as eventsList from '@fincore/payment-service/store/events-list'
import * as forget from '@fincore/payment-service/store/forget'
import * as heldPspEvents from '@fincore/payment-service/store/held-psp-events'
import { createHotPath } from '@fincore/payment-service/store/hot-path'
import * as idempotency from '@fincore/payment-service/store/idempotency'
import * as lookUps from '@fincore/payment-service/store/look-ups'
import type { Pool, Queryable, Transaction } from '@fincore/payment-service/store/pool'
import { storePspEvent } from '@fincore/payment-service/store/psp-event-json'
import * as pspEvents from '@fincore/payment-service/store/psp-events'
import * as refunds from '@fincore/payment-service/store/refunds'
import * as sessionAttempts from '@fincore/payment-service/store/session-attempts'
import * as sessions from '@fincore/payment-service/store/sessions'
import * as unresolved from '@fincore/payment-service/store/unresolved-attempts'
import * as deliveries from '@fincore/payment-service/store/webhook-deliveries'
import * as endpoints from '@fincore/payment-service/store/webhook-endpoints'
import * as tries from '@fincore/payment-service/store/webhook-tries'
import type { Random } from './random.ts'
import { makeCharge, makeDispute, makeRefund, makeSession } from './rows.ts'
import { accountsOf } from './twin.ts'

/** What a random operation is made of: all drawn before, so that both sides get the same. */
type Draw = Random & {
  now: Date
  /** Grows with the sequence. */
  epoch: number
}
type Db = Queryable & Transaction & Pool
/** Draws its arguments, and answers the call of a store's function with them. */
export type Operation = (draw: Draw) => (db: Db) => Promise<unknown>

/** Numbers the tries, so that no two have the same id. */
let madeTries = 0

/**
 * Claims take all that is due: which of those that are due at the same time come first is not defined. The order and
 * the limits are compared in queues.test.ts, with times that differ.
 */
const all = 1_000
// Few ids, so that the operations meet the same rows again and again; and new ones all the time, for new rows.
const idOf = (draw: Draw, prefix: string, howMany: number) =>
  `${prefix}_${Math.max(0, draw.epoch - draw.below(2))}_${draw.below(howMany)}`
const merchantOf = (draw: Draw) => (draw.chance(0.9) ? 'mer_1' : draw.chance(0.9) ? 'mer_2' : 'mer_none')
const ownerOf = (draw: Draw) => {
  const merchantId = merchantOf(draw)
  const [first = 'pspa_none', second = first] = accountsOf[merchantId] ?? []
  return { merchantId, accountId: draw.chance(0.8) ? first : second }
}
const chargeId = (draw: Draw) => idOf(draw, 'ch', 4)
const refundId = (draw: Draw) => idOf(draw, 're', 4)
/** Ids are unique in the whole service, and the store relies on it where it looks for an attempt by its id alone. */
const attemptId = (draw: Draw, merchantId = merchantOf(draw)) => idOf(draw, `att_${merchantId.slice(4)}`, 4)
const sessionId = (draw: Draw) => idOf(draw, 'ps', 4)
const eventId = (draw: Draw) => idOf(draw, 'evt', 6)
const endpointId = (draw: Draw) => draw.of(['whe_11', 'whe_12', 'whe_13'])
const pspEventId = (draw: Draw) => idOf(draw, 'wev', 4)
const keyOf = (draw: Draw) => idOf(draw, 'key', 4)
const digestOf = (draw: Draw) => Buffer.alloc(draw.chance(0.97) ? 32 : 31, `${draw.epoch}${draw.below(3)}`)
const later = (draw: Draw) => new Date(draw.now.getTime() + draw.below(5) * 10_000)
const around = (draw: Draw) => new Date(draw.now.getTime() + (draw.below(9) - 4) * 10_000)
const objectId = (draw: Draw) => draw.of([chargeId, refundId, sessionId])(draw)
const attemptStates: AttemptState[] = ['sent', 'approved', 'declined', 'action_required', 'rejected', 'unknown']

const attemptOf = (draw: Draw) => {
  const merchantId = merchantOf(draw)
  return { merchant_id: merchantId, id: attemptId(draw, merchantId) }
}
const claimOf = (draw: Draw) => ({
  merchantId: merchantOf(draw),
  key: keyOf(draw),
  fingerprint: digestOf(draw),
  objectId: objectId(draw),
  lockedUntil: around(draw),
})
const eventOf = (
  draw: Draw,
  type: events.NewEvent['type'] = draw.of(['charge.captured', 'charge.failed', 'ping']),
) => ({
  merchantId: merchantOf(draw),
  id: eventId(draw),
  type,
  objectId: objectId(draw),
  sequence: draw.below(20),
  body: JSON.stringify({ object: 'event', amount: draw.below(100) }),
})
const pspEventOf = (draw: Draw): pspEvents.NewPspEvent => {
  const { merchantId, accountId } = ownerOf(draw)
  const reference = attemptId(draw)
  const event: PspEvent = {
    id: pspEventId(draw),
    type: 'payment',
    about: draw.chance(0.7) ? { kind: 'hosted_session', reference, status: 'expired' } : { kind: 'nothing' },
  }
  return { merchantId, pspAccountId: accountId, event, json: storePspEvent(event) }
}
const pspEventName = (draw: Draw) => {
  const { merchantId, accountId } = ownerOf(draw)
  return { merchantId, pspAccountId: accountId, eventId: pspEventId(draw), tries: draw.below(3) }
}
const chargeOf = (draw: Draw) => {
  const { merchantId, accountId } = ownerOf(draw)
  return makeCharge(draw, {
    merchantId,
    accountId,
    id: chargeId(draw),
    sessionId: draw.chance(0.3) ? sessionId(draw) : null,
  })
}
const disputeOf = (draw: Draw) => {
  const { merchantId, accountId } = ownerOf(draw)
  return makeDispute(draw, { merchantId, accountId, id: idOf(draw, 'dp', 4), chargeId: chargeId(draw) })
}
const sessionOf = (draw: Draw) => {
  const { merchantId, accountId } = ownerOf(draw)
  return makeSession(draw, { merchantId, accountId, id: sessionId(draw), chargeId: chargeId(draw) })
}
const intentOf = (draw: Draw) => {
  const { merchantId, accountId } = ownerOf(draw)
  const charge = makeCharge(draw, { merchantId, accountId, id: chargeId(draw), sessionId: null })
  const returnDigest = draw.chance(0.3) ? digestOf(draw) : null
  const [id, key] = [attemptId(draw, merchantId), keyOf(draw)]
  return {
    charge,
    returnDigest,
    attemptId: id,
    idempotencyKey: key,
    fingerprint: digestOf(draw),
    leaseUntil: later(draw),
  }
}
const outcomeOf = (draw: Draw) => {
  const charge = { ...chargeOf(draw), sequence: draw.below(2) }
  const state = draw.of(attemptStates)
  const isSettled = draw.chance(0.1) !== ['approved', 'declined', 'rejected'].includes(state)
  const event = charge.sequence > 0 ? { ...eventOf(draw), objectId: charge.id, sequence: charge.sequence } : null
  return {
    charge,
    attemptId: attemptId(draw, charge.merchant_id),
    attemptState: state,
    nextLookUpAt: isSettled ? null : later(draw),
    expectedBy: draw.chance(0.3) ? around(draw) : null,
    event,
    idempotencyKey: keyOf(draw),
    responseStatus: 201,
    responseBody: draw.chance(0.5) ? '{"id":"ch"}' : null,
  }
}
const many = <Item>(draw: Draw, make: (draw: Draw) => Item) =>
  Array.from({ length: 1 + draw.below(3) }, () => make(draw))
const endpointOf = (draw: Draw) => ({
  merchant_id: merchantOf(draw),
  id: endpointId(draw),
  url: `https://${draw.of(['a', 'b'])}.example`,
  description: draw.chance(0.5) ? 'ours' : null,
  events: draw.of([['*'], ['*'], ['charge.captured', 'charge.failed'], ['refund.created'], []]),
  secret: Buffer.from('new'),
  status: draw.chance(0.8) ? ('enabled' as const) : ('disabled' as const),
  disabled_reason: null,
})
const auditOf = (draw: Draw) =>
  ({
    actorType: 'merchant',
    actor: 'key_1',
    type: 'raw_card.charge',
    outcome: 'success',
    origin: '10.0.0.1',
    merchantId: merchantOf(draw),
    resource: chargeId(draw),
  }) as const
const page = (draw: Draw) => ({ before: draw.chance(0.3) ? attemptId(draw) : null, limit: 1 + draw.below(4) })

const settlementId = (draw: Draw) => idOf(draw, 'stl', 3)
const settlementOf = (draw: Draw): settlements.NewSettlement => {
  const { merchant_id: merchantId, id } = attemptOf(draw)
  const outcome = draw.of(['approved', 'declined', 'not_executed'] as const)
  const isApproved = draw.chance(0.1) !== (outcome === 'approved')
  return {
    merchantId,
    id: settlementId(draw),
    attemptId: id,
    outcome,
    captured: isApproved ? BigInt(draw.below(10) - 1) : null,
    pspReference: isApproved ? 'pay_by_hand' : null,
    proof: isApproved ? null : 'case 7',
    reason: draw.chance(0.1) ? '' : 'The PSP lost it',
    requestedBy: draw.of(['one', 'two']),
  }
}

/** Every statement of the store that the stand-in knows, by a random call of the function that sends it. */
export const operations: Record<string, Operation> = {
  recordIntents: submitAll(intentOf, (db) => createHotPath(db).intents),
  recordAuditedIntents: submitAll(
    (draw) => ({ ...intentOf(draw), audit: auditOf(draw) }),
    (db) => createHotPath(db).auditedIntents,
  ),
  recordOutcomes: submitAll(outcomeOf, (db) => createHotPath(db).outcomes),

  findCharge: (draw) => call(charges.findCharge, merchantOf(draw), chargeId(draw)),
  lockCharge: (draw) => call(charges.lockCharge, merchantOf(draw), chargeId(draw)),
  findChargeByReturn: (draw) => call(charges.findChargeByReturn, digestOf(draw)),
  findChargeByPspReference: (draw) =>
    call(charges.findChargeByPspReference, ownerOf(draw).accountId, `pay_${draw.below(5)}`),
  insertCharge: (draw) => call(charges.insertCharge, chargeOf(draw)),
  updateCharge: (draw) => call(charges.updateCharge, chargeOf(draw)),
  moveCharge: (draw) => call(charges.moveCharge, chargeOf(draw)),

  insertAttempt(draw) {
    const { merchantId, accountId } = ownerOf(draw)
    const kind = draw.of(['authorize', 'capture', 'cancel', 'refund', 'create_session', 'expire_session'] as const)
    const ofSession = draw.chance(0.03) !== kind.endsWith('session')
    return call(attempts.insertAttempt, {
      merchant_id: merchantId,
      id: attemptId(draw, merchantId),
      kind,
      psp_account_id: accountId,
      charge_id: ofSession ? null : chargeId(draw),
      refund_id: kind === 'refund' ? refundId(draw) : null,
      payment_session_id: ofSession ? sessionId(draw) : null,
      amount: draw.chance(0.5) ? 100n : null,
      origin: draw.of(['merchant', 'give_back'] as const),
      leaseUntil: later(draw),
    })
  },
  findAttempt: (draw) => call(attempts.findAttempt, attemptId(draw)),
  lockAttempt: (draw) => call(attempts.lockAttempt, 'mer_1', attemptId(draw)),
  findAuthorizeAttempt: (draw) => call(attempts.findAuthorizeAttempt, merchantOf(draw), chargeId(draw)),
  setAttemptState(draw) {
    const state = draw.of(attemptStates)
    const isSettled = draw.chance(0.05) !== ['approved', 'declined', 'rejected'].includes(state)
    const attempt = attemptOf(draw)
    return call(attempts.setAttemptState, attempt, {
      state,
      nextLookUpAt: isSettled ? null : later(draw),
      pspReference: draw.chance(0.5) ? `pay_${attempt.id}` : null,
      expectedBy: draw.chance(0.2) ? around(draw) : null,
    })
  },
  claimAttemptsToLookUp: (draw) => call(attempts.claimAttemptsToLookUp, draw.now, all, 1 + draw.below(30_000)),
  pushNextLookUp: (draw) => call(attempts.pushNextLookUp, attemptOf(draw), later(draw)),
  moveNextLookUp(draw) {
    const [at, changed] = [later(draw), draw.chance(0.3) ? { next_lookup_at: later(draw) } : {}]
    return onAttempt(draw, (db, attempt) => attempts.moveNextLookUp(db, { ...attempt, ...changed }, at))
  },
  markAlerted: (draw) => call(attempts.markAlerted, around(draw), draw.now, all),
  findOperationByReference: (draw) =>
    call(attempts.findOperationByReference, ownerOf(draw).accountId, `pay_${attemptId(draw)}`),
  askForLookUp: (draw) => call(attempts.askForLookUp, attemptOf(draw), 'an operator', around(draw)),
  markSettledByHand: (draw) => call(attempts.markSettledByHand, attemptOf(draw)),
  rejectIfNotRestarted(draw) {
    const changed = draw.chance(0.3) ? { sent_at: around(draw) } : {}
    return onAttempt(draw, (db, attempt) => attempts.rejectIfNotRestarted(db, { ...attempt, ...changed }))
  },
  recordLookUp(draw) {
    const lookUp = {
      at: draw.now.toISOString(),
      by: 'resolver',
      ms: draw.below(900),
      said: 'timeout',
      why: null,
    } as const
    const [next, howMany] = [draw.chance(0.7) ? later(draw) : null, draw.chance(0.1) ? 25 : 1]
    const changed = draw.chance(0.3) ? { next_lookup_at: draw.chance(0.5) ? later(draw) : null } : {}
    return onAttempt(draw, async (db, attempt) => {
      for (let one = 0; one < howMany; one++) await lookUps.recordLookUp(db, { ...attempt, ...changed }, lookUp, next)
    })
  },
  findUnsettledOfSession: (draw) => call(lookUps.findUnsettledOfSession, merchantOf(draw), sessionId(draw)),
  findShownAttempt: (draw) => call(unresolved.findShownAttempt, attemptId(draw)),
  listUnresolvedAttempts: (draw) =>
    call(
      unresolved.listUnresolvedAttempts,
      { sentBefore: around(draw), merchantId: draw.chance(0.5) ? merchantOf(draw) : null },
      page(draw),
    ),

  insertSettlement: (draw) => call(settlements.insertSettlement, settlementOf(draw)),
  findSettlement: (draw) => call(settlements.findSettlement, settlementId(draw)),
  lockSettlement: (draw) => call(settlements.lockSettlement, settlementId(draw)),
  lockPspReference: (draw) => call(settlements.lockPspReference, ownerOf(draw).accountId, 'pay_by_hand'),
  findOpenSettlementByReference: (draw) =>
    call(
      settlements.findOpenSettlementByReference,
      {
        ...attemptOf(draw),
        psp_account_id: ownerOf(draw).accountId,
        kind: draw.of(['authorize', 'capture', 'refund'] as const),
      },
      draw.chance(0.9) ? 'pay_by_hand' : 'pay_none',
    ),
  approveSettlement(draw) {
    const [id, by, at] = [settlementId(draw), draw.of(['one', 'two', 'three']), around(draw)]
    return onSettlement(id, (db, found) => settlements.approveSettlement(db, found, by, at))
  },
  endSettlement(draw) {
    const state = draw.of(['applied', 'superseded', 'refused', 'withdrawn'] as const)
    const [id, note] = [settlementId(draw), draw.chance(0.5) ? 'a note' : null]
    return onSettlement(id, (db, found) => settlements.endSettlement(db, found, state, note))
  },
  endMootSettlements: () => call(settlements.endMootSettlements, 'moot'),
  claimSettlementsToApply: (draw) => call(settlements.claimSettlementsToApply, draw.now, all, 1 + draw.below(30_000)),
  listSettlementsOf: (draw) => call(settlements.listSettlementsOf, merchantOf(draw), attemptId(draw)),
  listSettlements: (draw) =>
    call(settlements.listSettlements, draw.of([null, 'requested', 'approved', 'applied']), {
      before: draw.chance(0.3) ? settlementId(draw) : null,
      limit: 1 + draw.below(4),
    }),

  insertRefund: (draw) =>
    call(
      refunds.insertRefund,
      makeRefund(draw, { merchantId: merchantOf(draw), id: refundId(draw), chargeId: chargeId(draw) }),
    ),
  findRefund: (draw) => call(refunds.findRefund, merchantOf(draw), refundId(draw)),
  updateRefund: (draw) =>
    call(
      refunds.updateRefund,
      makeRefund(draw, { merchantId: merchantOf(draw), id: refundId(draw), chargeId: chargeId(draw) }),
    ),

  insertDispute: (draw) => call(disputes.insertDispute, disputeOf(draw)),
  findDisputeByPspId: (draw) => call(disputes.findDisputeByPspId, ownerOf(draw).accountId, `dis_${draw.below(6)}`),
  updateDispute: (draw) => call(disputes.updateDispute, disputeOf(draw)),

  insertSession: (draw) => call(sessions.insertSession, sessionOf(draw), digestOf(draw)),
  moveSession: (draw) => call(sessions.moveSession, sessionOf(draw)),
  findSession: (draw) => call(sessions.findSession, merchantOf(draw), sessionId(draw)),
  lockSession: (draw) => call(sessions.lockSession, merchantOf(draw), sessionId(draw)),
  findSessionByLink: (draw) => call(sessions.findSessionByLink, digestOf(draw)),
  consumeLink: (draw) =>
    call(sessions.consumeLink, digestOf(draw), digestOf(draw), around(draw), draw.of([null, '192.0.2.0/24 a'])),
  recordSessionAtPsp: (draw) =>
    call(sessions.recordSessionAtPsp, merchantOf(draw), sessionId(draw), {
      pspReference: 'cs_1',
      url: 'https://p.example',
    }),
  cancelUnmadeSession: (draw) => call(sessions.cancelUnmadeSession, merchantOf(draw), sessionId(draw)),
  updateSession: (draw) => call(sessions.updateSession, sessionOf(draw)),
  claimSessionsToExpire: (draw) => call(sessions.claimSessionsToExpire, draw.now, all, 1 + draw.below(30_000)),
  setNextExpiryTry: (draw) =>
    call(sessions.setNextExpiryTry, { merchant_id: merchantOf(draw), id: sessionId(draw) }, around(draw)),
  findCreateAttempt: (draw) => call(sessionAttempts.findCreateAttempt, merchantOf(draw), sessionId(draw)),
  findClosingAttempt: (draw) => call(sessionAttempts.findClosingAttempt, merchantOf(draw), sessionId(draw)),
  restartAttempt: (draw) => call(sessionAttempts.restartAttempt, attemptOf(draw), draw.now, later(draw)),

  claimKey: (draw) => call(idempotency.claimKey, claimOf(draw)),
  readClaim: (draw) => call(idempotency.readClaim, claimOf(draw)),
  completeKey: (draw) =>
    call(
      idempotency.completeKey,
      merchantOf(draw),
      keyOf(draw),
      201,
      draw.chance(0.5) ? { id: 'ch', amount: 1 } : null,
    ),
  releaseKey: (draw) => call(idempotency.releaseKey, merchantOf(draw), keyOf(draw)),
  findKeyOfObject: (draw) => call(idempotency.findKeyOfObject, merchantOf(draw), objectId(draw)),
  forgetOldKeys: () => call(forget.forgetOldKeys),

  insertEvent: (draw) => call(events.insertEvent, eventOf(draw)),
  nextSequenceOf: (draw) => call(eventsList.nextSequenceOf, merchantOf(draw), objectId(draw)),

  claimDueDeliveries(draw) {
    const limits = { total: all, perMerchant: all, leaseMs: 20_000 }
    const taken = {
      ofEndpoints: new Map(['whe_11', 'whe_12', 'whe_13'].map((id) => [id, { places: all, taken: draw.below(2) }])),
      takenOfMerchants: new Map(draw.chance(0.3) ? [['mer_1', 1 + draw.below(2)]] : []),
    }
    return call(deliveries.claimDueDeliveries, limits, taken)
  },
  recordTries(draw) {
    const results = many(draw, (one): tries.TryResult => {
      const [event, endpoint] = [eventId(one), endpointId(one)]
      const id = deliveries.deliveryIdOf(event, endpoint)
      // An address that no endpoint has: its health is not kept here.
      const ofEndpoint = { endpointId: endpoint, url: 'https://elsewhere.example' }
      const delivery = { merchantId: merchantOf(one), id, tries: one.below(3), ...ofEndpoint }
      const made = { delivery, id: `try_${++madeTries}`, triedAt: one.now, tookMs: 1, answer: null }
      if (one.chance(0.4)) return { ...made, status: 200, delivered: true }
      return {
        ...made,
        status: 500,
        delivered: false,
        error: 'status_500',
        retryAfterMs: one.chance(0.8) ? 5_000 : null,
      }
    })
    // What becomes of two tries of one delivery in one statement is not defined, and the outbox sends none.
    return call(
      tries.recordTries,
      unique(results, ({ delivery }) => [delivery.id]),
    )
  },
  cancelWaitingDeliveries: (draw) => call(deliveries.cancelWaitingDeliveries, merchantOf(draw), endpointId(draw)),
  handBackDelivery: (draw) =>
    call(deliveries.handBackDelivery, {
      merchantId: merchantOf(draw),
      id: deliveries.deliveryIdOf(eventId(draw), endpointId(draw)),
      tries: draw.below(3),
    }),
  insertDelivery: (draw) =>
    call(deliveries.insertDelivery, {
      merchantId: merchantOf(draw),
      endpointId: endpointId(draw),
      eventId: eventId(draw),
    }),
  restartDelivery(draw) {
    const endpoint = endpointId(draw)
    const id = deliveries.deliveryIdOf(eventId(draw), draw.chance(0.9) ? endpoint : endpointId(draw))
    return call(deliveries.restartDelivery, { merchantId: merchantOf(draw), endpointId: endpoint, id })
  },

  insertWebhookEndpoint: (draw) => call(endpoints.insertWebhookEndpoint, endpointOf(draw), 3),
  findWebhookEndpoint: (draw) => call(endpoints.findWebhookEndpoint, merchantOf(draw), endpointId(draw)),
  lockWebhookEndpoint: (draw) => call(endpoints.lockWebhookEndpoint, merchantOf(draw), endpointId(draw)),
  updateWebhookEndpoint: (draw) => call(endpoints.updateWebhookEndpoint, endpointOf(draw)),
  rotateStoredSecret: (draw) =>
    call(endpoints.rotateStoredSecret, {
      merchantId: merchantOf(draw),
      id: endpointId(draw),
      secret: Buffer.from('three'),
      overlapSeconds: draw.of([0, 20]),
    }),
  deleteWebhookEndpoint: (draw) =>
    call(endpoints.deleteWebhookEndpoint, merchantOf(draw), draw.chance(0.05) ? endpointId(draw) : 'whe_13'),
  disableWebhookEndpoint: (draw) =>
    call(endpoints.disableWebhookEndpoint, {
      reason: draw.epoch % 2 === 0 ? 'gone' : 'failing',
      merchantId: merchantOf(draw),
      id: endpointId(draw),
      url: 'https://b.example',
    }),

  insertPspEvents: (draw) => call(pspEvents.insertPspEvents, many(draw, pspEventOf)),
  claimDuePspEvents: () => call(pspEvents.claimDuePspEvents, all, 20_000),
  settlePspEvent: (draw) =>
    call(pspEvents.settlePspEvent, pspEventName(draw), draw.of(['applied', 'flagged', 'ignored'] as const)),
  handBackPspEvent: (draw) => call(pspEvents.handBackPspEvent, pspEventName(draw)),
  holdPspEvent: (draw) =>
    call(pspEvents.holdPspEvent, pspEventName(draw), draw.below(30), draw.chance(0.5) ? 'TypeError' : null),
  listHeldPspEvents: (draw) =>
    call(
      heldPspEvents.listHeldPspEvents,
      { state: draw.of([null, 'held', 'flagged'] as const), merchantId: draw.chance(0.5) ? merchantOf(draw) : null },
      { before: draw.chance(0.3) ? pspEventName(draw) : null, limit: 1 + draw.below(4) },
    ),
  lockPspEvent: (draw) => call(heldPspEvents.lockPspEvent, pspEventName(draw)),
  replayPspEvent(draw) {
    const name = pspEventName(draw)
    return async (db) => {
      const event = await heldPspEvents.lockPspEvent(db, name)
      return event === null ? null : heldPspEvents.replayPspEvent(db, event)
    }
  },

  recordAudit: (draw) => call(audit.recordAudits, many(draw, auditOf)),
}

/** The items of which none has a name in common with an earlier one. */
function unique<Item>(items: readonly Item[], namesOf: (item: Item) => string[]): Item[] {
  const taken = new Set<string>()
  return items.filter((item) => {
    const names = namesOf(item)
    if (names.some((name) => taken.has(name))) return false
    for (const name of names) taken.add(name)
    return true
  })
}

/** Does something with an attempt as it is at this moment. */
function onAttempt(
  draw: Draw,
  run: (db: Db, attempt: attempts.AttemptRow) => Promise<unknown>,
): (db: Db) => Promise<unknown> {
  const { merchant_id: merchantId, id } = attemptOf(draw)
  return async (db) => {
    const attempt = await attempts.lockAttempt(db, merchantId, id)
    return attempt === null ? null : run(db, attempt)
  }
}

function onSettlement(
  id: string,
  run: (db: Db, settlement: settlements.Settlement) => Promise<unknown>,
): (db: Db) => Promise<unknown> {
  return async (db) => {
    const settlement = await settlements.findSettlement(db, id)
    return settlement === null ? null : run(db, settlement)
  }
}

/** Those that need others before them to do something come more often. */
const oftener: Record<string, number> = {
  recordIntents: 4,
  recordOutcomes: 8,
  insertEvent: 3,
  recordTries: 6,
  insertSession: 3,
  consumeLink: 4,
  insertPspEvents: 3,
  settlePspEvent: 3,
  insertSettlement: 5,
  approveSettlement: 3,
  endSettlement: 3,
  holdPspEvent: 3,
}
/** Every operation's name, as often as it shall come. */
export const operationNames = Object.keys(operations).flatMap(
  (name) => Array(oftener[name] ?? 1).fill(name) as string[],
)

/** One call of a function of the store. */
function call<Args extends unknown[]>(
  run: (db: Db, ...args: Args) => Promise<unknown>,
  ...args: Args
): (db: Db) => Promise<unknown> {
  return (db) => run(db, ...args)
}

/** Several items in one statement, with what becomes of each. */
function submitAll<Item extends { charge: { id: string }; attemptId: string }>(
  make: (draw: Draw) => Item,
  pathOf: (db: Db) => { submit(item: Item): Promise<boolean> },
): Operation {
  return (draw) => {
    // A process has one charge, and one attempt, once in what it writes.
    const items = unique(many(draw, make), (item) => [item.charge.id, item.attemptId])
    return async (db) => {
      const path = pathOf(db)
      const all = await Promise.allSettled(items.map((item) => path.submit(item)))
      return all.map((one) => {
        if (one.status === 'fulfilled') return one.value
        const { code, constraint } = one.reason
        return { code, constraint }
      })
    }
  }
}
