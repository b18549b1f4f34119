import {
  cancelWaitingDeliveries,
  claimDueDeliveries,
  handBackDelivery,
  insertDelivery,
  restartDelivery,
  type WebhookDeliveryRow,
  webhookDeliveryColumns,
} from '@fincore/payment-service/store/webhook-deliveries'
import { recordTries } from '@fincore/payment-service/store/webhook-tries'
import { lesson } from '../learn.ts'
import { tryLock } from '../locks.ts'
import { lockStrengths, type Slot, visibleTo, type Waits } from '../slot.ts'
import { insert, read, update, updateSeen } from '../table.ts'
import type { Transaction } from '../transaction.ts'
import { answerOne, columnsOf, makePicker } from './columns.ts'
import { newDelivery } from './events.ts'

const pick = makePicker<WebhookDeliveryRow, keyof WebhookDeliveryRow>(columnsOf(webhookDeliveryColumns))
const none = { merchantId: '', endpointId: '', eventId: '', id: '', tries: 0 }
const limits = { total: 1, perMerchant: 1, leaseMs: 1 }
const taken = { ofEndpoints: new Map(), takenOfMerchants: new Map() }

type Due = { slot: Slot<WebhookDeliveryRow>; row: WebhookDeliveryRow; at: number }
type Seen = Pick<Due, 'slot' | 'row'>

export const deliveryLessons = [
  lesson(
    'claimDueDeliveries',
    (db) => claimDueDeliveries(db, limits, taken),
    function* (tx, values: ClaimValues) {
      const leaseMs = values[7]
      const claimed = findDue(tx, values).filter(({ slot }) => tryLock(tx, slot, lockStrengths.update))
      const next_try_at = new Date(tx.now.getTime() + leaseMs)
      const answers: object[] = []
      for (const { slot, row } of claimed) {
        const [endpoint, event] = [findEndpoint(tx, row), findEvent(tx, row)]
        if (endpoint === null || event === null) continue
        const next = yield* updateSeen(tx, slot, row, (old) => ({ ...old, next_try_at }))
        if (next === null) continue
        const isOverlapping = endpoint.previous_secret_until !== null && endpoint.previous_secret_until > tx.now
        answers.push({
          merchantId: next.merchant_id,
          id: next.id,
          endpointId: next.endpoint_id,
          eventId: next.event_id,
          tries: next.tries,
          isEnabled: endpoint.status === 'enabled',
          url: endpoint.url,
          secret: endpoint.secret,
          previousSecret: isOverlapping ? endpoint.previous_secret : null,
          body: event.body,
        })
      }
      return answers
    },
  ),
  lesson(
    'recordTries',
    (db) => recordTries(db, []),
    // The log of tries and the endpoints’ health are left out: nothing that is simulated reads them.
    function* (tx, [merchantIds, ids, tries, statuses, delivered, errors, retries]: TriesValues) {
      const results: (Seen & { result: TryResult })[] = []
      for (const [place, id] of ids.entries()) {
        const slot = tx.tables.webhook_deliveries.find(`${merchantIds[place]} ${id}`)
        const row = slot === undefined ? null : visibleTo(tx, slot)
        const result = {
          tries: tries[place] ?? 0,
          status: statuses[place] ?? null,
          delivered: delivered[place] ?? false,
          error: errors[place] ?? null,
          retryAfterMs: retries[place] ?? null,
        }
        const isNew = !results.some((other) => other.slot === slot)
        if (slot !== undefined && row !== null && isNew && isStillAbout(row, result))
          results.push({ slot, row, result })
      }
      return yield* changeEach(
        tx,
        results,
        (row, { result }) => recordTry(tx, row, result),
        (row, { result }) => isStillAbout(row, result),
      )
    },
  ),
  lesson(
    'cancelWaitingDeliveries',
    (db) => cancelWaitingDeliveries(db, '', ''),
    function* (tx, [merchantId, endpointId]: [string, string]) {
      const isWaiting = (row: WebhookDeliveryRow) => row.state === 'pending' && row.merchant_id === merchantId
      const seen: Seen[] = []
      for (const slot of tx.tables.webhook_deliveries.due.ofGroup(endpointId)?.waiting() ?? []) {
        const row = visibleTo(tx, slot)
        if (row !== null && isWaiting(row)) seen.push({ slot, row })
      }
      return yield* changeEach(tx, seen, (row) => ({ ...row, state: 'canceled', next_try_at: null }), isWaiting)
    },
  ),
  lesson(
    'handBackDelivery',
    (db) => handBackDelivery(db, none),
    function* (tx, [merchantId, id, tries]: [string, string, number]) {
      const changed = yield* update(
        tx,
        tx.tables.webhook_deliveries.find(`${merchantId} ${id}`),
        (row) => ({ ...row, next_try_at: tx.now }),
        (row) => row.tries === tries && row.state === 'pending' && row.next_try_at !== null && row.next_try_at > tx.now,
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'insertDelivery',
    (db) => insertDelivery(db, none),
    function* (tx, [merchantId, , endpointId, eventId]: [string, string, string, string]) {
      const row = newDelivery(tx, { merchantId, endpointId, eventId })
      yield* insert(tx, tx.tables.webhook_deliveries, row)
      return [pick(row)]
    },
  ),
  lesson(
    'restartDelivery',
    (db) => restartDelivery(db, none),
    function* (tx, [merchantId, endpointId, id]: [string, string, string]) {
      const anew = { state: 'pending', tries: 0, next_try_at: tx.now, delivered_at: null } as const
      const slot = tx.tables.webhook_deliveries.find(`${merchantId} ${id}`)
      const changed = yield* update(
        tx,
        slot,
        (row) => ({ ...row, ...anew }),
        (row) => row.endpoint_id === endpointId,
      )
      return answerOne(changed, pick)
    },
  ),
]

/** Changes rows that a statement saw when it began, and that matched. */
function* changeEach<One extends Seen>(
  tx: Transaction,
  all: readonly One[],
  change: (row: WebhookDeliveryRow, one: One) => WebhookDeliveryRow,
  matches: (row: WebhookDeliveryRow, one: One) => boolean,
): Waits<number> {
  let count = 0
  for (const one of all) {
    const changed = yield* updateSeen(
      tx,
      one.slot,
      one.row,
      (row) => change(row, one),
      (row) => matches(row, one),
    )
    if (changed !== null) count++
  }
  return count
}

const findEndpoint = (tx: Transaction, row: WebhookDeliveryRow) =>
  read(tx, tx.tables.webhook_endpoints, `${row.merchant_id} ${row.endpoint_id}`)
const findEvent = (tx: Transaction, row: WebhookDeliveryRow) =>
  read(tx, tx.tables.events, `${row.merchant_id} ${row.event_id}`)

/** The deliveries that may be taken: so many of each endpoint, each merchant and in all, in the order of their turns. */
function findDue(tx: Transaction, values: ClaimValues): Due[] {
  const [endpoints, endpointPlaces, takenOfEndpoints, merchants, takenOfMerchants, perMerchant, total] = values
  const placesOf = new Map(endpoints.map((id, at) => [id, endpointPlaces[at] ?? 0]))
  const takenOf = new Map([
    ...endpoints.map((id, at) => [id, takenOfEndpoints[at] ?? 0] as const),
    ...merchants.map((id, at) => [id, takenOfMerchants[at] ?? 0] as const),
  ])

  const due: (Due & { turn: number })[] = []
  for (const [endpointId, queue] of tx.tables.webhook_deliveries.due.groups()) {
    let turn = takenOf.get(endpointId) ?? 0
    const places = (placesOf.get(endpointId) ?? 1) - turn
    if (places <= 0) continue
    queue.collect(tx.now.getTime(), places, (slot) => {
      const row = visibleTo(tx, slot)
      if (row?.next_try_at == null || row.next_try_at > tx.now) return false
      due.push({ slot, row, at: row.next_try_at.getTime(), turn: ++turn })
      return true
    })
  }
  due.sort((a, b) => a.turn - b.turn || a.at - b.at)
  const turns = new Map(takenOf)
  const ofTheirMerchants = due.map((one) => {
    const turn = (turns.get(one.row.merchant_id) ?? 0) + 1
    turns.set(one.row.merchant_id, turn)
    return { ...one, turn }
  })
  return ofTheirMerchants
    .filter(({ turn }) => turn <= perMerchant)
    .sort((a, b) => a.turn - b.turn || a.at - b.at)
    .slice(0, total)
}

type TryResult = {
  tries: number
  status: number | null
  delivered: boolean
  error: string | null
  retryAfterMs: number | null
}

function isStillAbout(row: WebhookDeliveryRow, result: TryResult): boolean {
  return result.delivered ? row.state !== 'delivered' : row.state === 'pending' && row.tries === result.tries
}

function recordTry(tx: Transaction, row: WebhookDeliveryRow, result: TryResult): WebhookDeliveryRow {
  const { delivered, retryAfterMs } = result
  return {
    ...row,
    tries: result.tries + 1,
    last_try_at: tx.now,
    last_status: result.status,
    last_error: result.error,
    state: delivered ? 'delivered' : retryAfterMs === null ? 'failed' : 'pending',
    delivered_at: delivered ? tx.now : null,
    next_try_at: delivered || retryAfterMs === null ? null : new Date(tx.now.getTime() + retryAfterMs),
  }
}

type ClaimValues = [
  endpoints: string[],
  endpointPlaces: number[],
  takenOfEndpoints: number[],
  merchants: string[],
  takenOfMerchants: number[],
  perMerchant: number,
  total: number,
  leaseMs: number,
]
type TriesValues = [
  merchantIds: string[],
  ids: string[],
  tries: number[],
  statuses: (number | null)[],
  delivered: boolean[],
  errors: (string | null)[],
  retryAfterMs: (number | null)[],
]
