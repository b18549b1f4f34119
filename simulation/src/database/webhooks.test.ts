import { describe } from 'node:test'
import { insertEvent } from '@fincore/payment-service/store/events'
import { inTransaction } from '@fincore/payment-service/store/pool'
import {
  claimDueDeliveries,
  deliveryIdOf,
  type WebhookDeliveryRow,
} from '@fincore/payment-service/store/webhook-deliveries'
import {
  deleteWebhookEndpoint,
  insertWebhookEndpoint,
  lockWebhookEndpoint,
  updateWebhookEndpoint,
} from '@fincore/payment-service/store/webhook-endpoints'
import { recordTries, type TryResult } from '@fincore/payment-service/store/webhook-tries'
import { eventOf, merchantId, minute, playOnBoth } from './testing/scenario.ts'
import { open } from './testing/side.ts'
import { outcomeOf } from './testing/twin.ts'

describe('events, their endpoints and their deliveries', { concurrency: false }, () =>
  playOnBoth([
    {
      does: 'lets no event wait for the endpoint that it goes to, while a merchant changes it',
      async play({ pool, waits }) {
        const [merchant, id] = ['mer_1', 'whe_11']
        const changing = await open(pool)
        const endpoint = await lockWebhookEndpoint(changing.tx, merchant, id)
        const late = insertEvent(pool, eventOf(merchant, 'evt_endpoint', 'ch_endpoint'))
        const saw = await waits(late)
        if (endpoint !== null) await updateWebhookEndpoint(changing.tx, { ...endpoint, url: 'https://c.example' })
        await changing.commit()
        await late
        const taken = { ofEndpoints: new Map(), takenOfMerchants: new Map() }
        const limits = { total: 99, perMerchant: 99, leaseMs: minute }
        const claimed = await claimDueDeliveries(pool, limits, taken)
        return [saw, claimed.find((one) => one.id === deliveryIdOf('evt_endpoint', id))?.url]
      },
      comesTo: ['ended', 'https://c.example'],
    },
    {
      does: 'takes an event whose endpoint is deleted while it is written, and has no delivery of it',
      async play({ pool, waits, rows }) {
        const endpoint = { description: null, url: 'https://d.example', events: ['*'], secret: Buffer.from('x') }
        await inTransaction(pool, (tx) =>
          insertWebhookEndpoint(tx, { merchant_id: merchantId, id: 'whe_deleted', ...endpoint }, 9),
        )
        const deleting = await open(pool)
        await deleteWebhookEndpoint(deleting.tx, merchantId, 'whe_deleted')
        const late = outcomeOf(insertEvent(pool, eventOf(merchantId, 'evt_deleted', 'ch_deleted')))
        const saw = await waits(late)
        await deleting.commit()
        const end = await late
        const made = (await rows('webhook_deliveries')) as WebhookDeliveryRow[]
        return [saw, end, made.some(({ endpoint_id }) => endpoint_id === 'whe_deleted')]
      },
      comesTo: ['waits', { result: undefined }, false],
    },
    {
      does: 'lets the creations of one merchant’s endpoints take turns',
      async play({ pool, waits }) {
        const endpoint = { description: null, url: 'https://e.example', events: ['*'], secret: Buffer.from('x') }
        const first = await open(pool)
        const insert = (tx: typeof first.tx, id: string) =>
          insertWebhookEndpoint(tx, { merchant_id: merchantId, id, ...endpoint }, 1)
        await insert(first.tx, 'whe_turn1')
        const second = inTransaction(pool, (tx) => insert(tx, 'whe_turn2'))
        const saw = await waits(second)
        await first.commit()
        return [saw, await second]
      },
      comesTo: ['waits', null],
    },
    {
      does: 'keeps the first result of a delivery that two processes made, and lets a success overtake a failure',
      async play({ pool, rows }) {
        const [merchant, endpoint] = ['mer_1', 'whe_11']
        await insertEvent(pool, eventOf(merchant, 'evt_tries', 'ch_tries'))
        const ofEndpoint = { endpointId: endpoint, url: 'https://elsewhere.example' }
        const delivery = { merchantId: merchant, id: deliveryIdOf('evt_tries', endpoint), tries: 0, ...ofEndpoint }
        const made = { delivery, triedAt: new Date(0), tookMs: 1, answer: null }
        const failed = { ...made, status: 500, delivered: false, error: 'status_500', retryAfterMs: minute } as const
        const states: unknown[] = []
        const results: Omit<TryResult, 'id'>[] = [
          failed,
          { ...failed, status: 501 },
          { ...made, status: 200, delivered: true },
          { ...made, status: 204, delivered: true },
          { ...failed, status: 502 },
        ]
        for (const [index, result] of results.entries()) {
          await recordTries(pool, [{ ...result, id: `try_${index}` } as TryResult])
          const all = (await rows('webhook_deliveries')) as WebhookDeliveryRow[]
          const row = all.find(({ id }) => id === delivery.id)
          states.push([row?.state, row?.tries, row?.last_status])
        }
        return states
      },
      comesTo: [
        ['pending', 1, 500],
        ['pending', 1, 500],
        ['delivered', 1, 200],
        ['delivered', 1, 200],
        ['delivered', 1, 200],
      ],
    },
  ]),
)
