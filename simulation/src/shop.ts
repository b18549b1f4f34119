import { createHmac, createSecretKey } from 'node:crypto'
import type { PspAccount } from '@fincore/payment-service/psp-gateway/port'
import type { SendResult } from '@fincore/payment-service/webhooks/outbox/send-webhook'
import type { Database } from './database/database.ts'
import type { Ground } from './ground.ts'
import { vault } from './service.ts'

export const merchantId = 'mer_00000000000000000000000000'

/** Two accounts, so that a card can be tried at the second when the first certainly did nothing. */
export const accounts = ['first', 'second'].map(
  (name, index): PspAccount => ({
    id: `pspa_${String(index).padStart(26, '0')}`,
    merchantId,
    psp: 'sandbox',
    name,
    config: { api_url: 'https://psp.example', pages_url: 'https://pay.psp.example' },
    credentials: {
      secret_key: `sk_sandbox_0123456789-${name}`,
      public_key: `pk_sandbox_0123456789-${name}`,
      webhook_secret: `webhooks-of-the-${name}-account`,
    },
  }),
)

/** Its answers are empty. */
const nothing = { contentType: null, body: '', isCut: false }
const endpointId = 'whe_00000000000000000000000000'
const endpointKey = Buffer.alloc(32, 9)
const endpointSigner = createSecretKey(endpointKey)
const sealedSecret = vault.seal(`whsec_${endpointKey.toString('base64')}`, endpointId)

/** Brings the merchant on board. */
export function addShop(database: Database): void {
  database.addMerchant({ merchant_id: merchantId, name: 'shop' })
  for (const { id, psp, name, config } of accounts)
    database.addPspAccount({ merchant_id: merchantId, id, psp, name, config, credentials: Buffer.alloc(0) })
  database.addWebhookEndpoint({
    merchant_id: merchantId,
    id: endpointId,
    url: 'https://shop.example/hooks',
    events: ['*'],
    secret: sealedSecret,
  })
}

/** The merchant's server for webhooks, which checks them as Standard Webhooks says and may fail in the usual ways. */
export function makeEndpoint({ clock, choices, trace, fault }: Ground) {
  const received = new Set<string>()
  const charges = new Map<string, string>()
  return {
    /** The ids of events that arrived. */
    received,
    /** The charge that events told of, by its story. */
    charges,
    async receive(headers: Readonly<Record<string, string>>, body: string): Promise<SendResult> {
      const id = headers['webhook-id'] ?? ''
      const event = JSON.parse(body) as {
        id: string
        data: { object: { object: string; id: string; description?: string } }
      }
      const signed = `${id}.${headers['webhook-timestamp']}.${body}`
      const signature = createHmac('sha256', endpointSigner).update(signed).digest('base64')
      if (headers['webhook-signature'] !== `v1,${signature}` || event.id !== id)
        throw new Error('A webhook is not signed right')
      const { object } = event.data
      const story = object.description ?? object.id
      const way = choices.within(story).pick('merchant’s endpoint', {
        takes: 88,
        'answers 500': 6,
        'takes it, and the answer is lost': 4,
        'is away': 2,
      })
      if (way !== 'takes') fault(`endpoint ${way}`)
      trace(`FinCore → merchant   ${story}: webhook ${id}, endpoint ${way}`)
      await clock.wait(20 + 200 * choices.spread('endpoint takes'))
      if (way === 'is away') return { error: 'refused' }
      if (way === 'answers 500') return { status: 500, retryAfter: null, answer: nothing }
      received.add(id)
      if (object.object === 'charge' && object.description) charges.set(object.description, object.id)
      return way === 'takes' ? { status: 200, retryAfter: null, answer: nothing } : { error: 'timeout' }
    },
  }
}
