import { createHmac, randomUUID } from 'node:crypto'
import { createTestDatabase } from '@fincore/dev/test-database'
import { loadConfig } from '../../config.ts'
import { newId } from '../../ids.ts'
import { type PaymentService, startPaymentService } from '../../payment-service.ts'
import { digestOf } from '../../secrets.ts'
import { openPool, type Pool } from '../../store/pool.ts'

export const operators = { ada: 'a'.repeat(32), ben: 'b'.repeat(32) }
const internalToken = 'i'.repeat(40)
const webhookSecret = 'whsec_sandbox_0123456789abcdef'
export const certificate = 'ab'.repeat(32)

type Answer = { status: number; body: Record<string, unknown> & { id: string } }
type Merchant = { id: string; key: string; keyId: string; account: string }

/** A whole payment service behind its real doors, on a database of its own. */
export type AuditedService = Awaited<ReturnType<typeof startAuditedService>>

export async function startAuditedService() {
  const database = await createTestDatabase()
  const owner: Pool = openPool(database.ownerUrl, 2)
  const start = (more: Record<string, string> = {}): Promise<PaymentService> =>
    startPaymentService(
      loadConfig({
        DATABASE_URL: database.appUrl,
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        INTERNAL_TOKEN: internalToken,
        PUBLIC_URL: 'http://127.0.0.1:4000',
        RELAY_URL: 'https://127.0.0.1:4001',
        API_PORT: '0',
        ADMIN_PORT: '0',
        INTERNAL_PORT: '0',
        MANAGEMENT_PORT: '0',
        LOG_LEVEL: 'silent',
        PSP_TIMEOUT_MS: '200',
        ALLOW_LOOPBACK_WEBHOOKS: 'true',
        BOOTSTRAP_OPERATORS: JSON.stringify(Object.entries(operators).map(([name, token]) => ({ name, token }))),
        ...more,
      }),
    )
  const service = await start()
  const { api = '', admin: adminUrl = '', internal = '' } = service.addresses

  const send = async (url: string, method: string, headers: Record<string, string>, body?: object | string) => {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: text.startsWith('{') && !text.includes('\n') ? JSON.parse(text) : {},
    } as Answer
  }
  const admin = (who: keyof typeof operators | null, method: string, path: string, body?: object) =>
    send(
      `${adminUrl}/admin/v1${path}`,
      method,
      who === null ? {} : { authorization: `Bearer ${operators[who]}` },
      body ?? (method === 'POST' ? {} : undefined),
    )
  const relay = (path: string, body: object) =>
    send(`${internal}/internal${path}`, 'POST', { authorization: `Bearer ${internalToken}` }, body)

  return {
    database,
    owner,
    service,
    start,
    admin,
    call: (key: string, method: string, path: string, body?: object) =>
      send(
        `${api}/v1${path}`,
        method,
        { authorization: `Bearer ${key}`, ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}) },
        body,
      ),
    async exportLog(from: string, to: string): Promise<string> {
      const url = `${adminUrl}/admin/v1/audit_log/export?${new URLSearchParams({ from, to })}`
      return (await fetch(url, { headers: { authorization: `Bearer ${operators.ada}` } })).text()
    },
    /** What the card relay asks. */
    admission: (key: string | null) => relay('/admission', { requestId: 'req_test', caller: callerOf(key) }),
    cardCharge: (key: string, change: { amount?: number; idempotencyKey?: string } = {}) =>
      relay('/card_charges', {
        requestId: 'req_test',
        caller: callerOf(key),
        idempotencyKey: change.idempotencyKey ?? randomUUID(),
        blankedBody: JSON.stringify({
          amount: change.amount ?? 1000,
          currency: 'EUR',
          payment_method: { type: 'card', card: { number: '****', cvc: '***', exp_month: 12, exp_year: 2034 } },
        }),
        card: { brand: 'visa', first6: '411111', last4: '1111', length: 16, luhnOk: true, cvcLength: 3 },
      }),
    report: (attempt: string, report: object) => relay(`/card_charges/${attempt}/report`, report),
    pspWebhook: (account: string, event: object, secret = webhookSecret) => {
      const body = JSON.stringify(event)
      const seconds = Math.floor(Date.now() / 1000)
      const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
      return send(
        `${api}/v1/psp_webhooks/${account}`,
        'POST',
        { 'sandbox-signature': `t=${seconds},v1=${signature}` },
        body,
      )
    },
    /** A merchant with a key for everything, and an account at a PSP that nobody can reach. */
    async merchant(): Promise<Merchant> {
      const { id } = (await admin('ada', 'POST', '/merchants', { name: 'Shop' })).body
      const scopes = ['read', 'charges:write', 'charges:raw_card', 'webhook_endpoints:write']
      const key = (await admin('ada', 'POST', `/merchants/${id}/api_keys`, { kind: 'secret', scopes })).body
      const account = (await admin('ada', 'POST', `/merchants/${id}/psp_accounts`, accountRequest)).body
      return { id, key: String(key.key), keyId: key.id, account: account.id }
    },
    async requestGrant(merchant: string): Promise<string> {
      return (await admin('ada', 'POST', `/merchants/${merchant}/raw_card_grants`, grantRequest())).body.id
    },
    async grant(merchant: string): Promise<string> {
      const { body } = await admin('ada', 'POST', `/merchants/${merchant}/raw_card_grants`, grantRequest())
      await admin('ben', 'POST', `/merchants/${merchant}/raw_card_grants/${body.id}/approve`)
      return body.id
    },
    async close() {
      await service.stop()
      await owner.end()
      await database.drop()
    },
  }
}

export const accountRequest = {
  psp: 'sandbox',
  // Port 1 takes no connection.
  config: { api_url: 'https://127.0.0.1:1', pages_url: 'http://127.0.0.1:1' },
  credentials: {
    secret_key: 'sk_sandbox_0123456789abcdef',
    public_key: 'pk_sandbox_0123456789abcdef',
    webhook_secret: webhookSecret,
  },
}

export function grantRequest(validForDays = 300) {
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  return {
    evidence_kind: 'saq_d',
    evidence_reference: 'SAQ D',
    evidence_sha256: certificate,
    evidence_date: day(-30),
    valid_until: day(validForDays),
    address_ranges: ['127.0.0.0/8'],
    certificate_fingerprints: [certificate],
  }
}

function callerOf(key: string | null) {
  const keyDigest = key === null ? null : digestOf(key).toString('hex')
  return { keyDigest, certificateFingerprint: certificate, sourceAddress: '127.0.0.1' }
}

/** A payment at the sandbox PSP, captured. */
export function capturedPayment(attempt: string, id = `pay_${attempt}`) {
  const now = new Date().toISOString()
  const payment = {
    object: 'payment',
    id,
    reference: attempt,
    status: 'captured',
    amount: { value: 1000, currency: 'EUR' },
    captured: 1000,
    refunded: 0,
    checkout_session: null,
    decline: null,
    action: null,
    card: null,
    created: now,
    updated: now,
  }
  return { id: `wev_${newId('request')}`, type: 'payment.captured', created: now, data: { payment } }
}
