import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chooseFreePorts } from '@fincore/dev/addresses'
import type { ManagedProcess } from '@fincore/dev/managed-process'
import { addressesOf, planPaymentService, planPsp } from '@fincore/dev/process-plans'
import { createTestDatabase } from '@fincore/dev/test-database'
import type pg from 'pg'
import { buildOnGround, type DrillGround } from '../drill-ground.ts'
import { addPspAccount, makeMerchant } from '../merchants.ts'
import { type HangingPsp, startHangingPsp } from './hanging-psp.ts'
import type { Payer } from './load.ts'
import { makePost, openRawConnections } from './raw-connections.ts'

export type Merchant = Payer & { id: string; publicKey: string }
export type MerchantWish = {
  name: string
  /** Its PSP takes every request and answers none. */
  pspHangs?: boolean
  /** Whether it has a webhook endpoint. */
  hasEndpoint?: boolean
}

/** Payment service and sandbox PSP as processes of their own, and merchants of several manners. */
export type Bench = DrillGround & {
  api: string
  database: pg.Pool
  paymentService: ManagedProcess
  hangingPsp: HangingPsp
  addMerchant(wish: MerchantWish): Promise<Merchant>
  /** Makes so many more tokens at the sandbox, as its card fields do. */
  addTokens(merchant: Merchant, count: number): Promise<void>
  /** From now on the merchant's endpoint takes so long to answer. */
  slowDown(merchant: Merchant, answersAfterMs: number): void
  /** How long after its event each webhook arrived, in ms, by merchant. */
  webhookDelaysMs: ReadonlyMap<string, number[]>
  /** What the bank really did, of all accounts. */
  truth(): Promise<Truth>
  /** The memory that the payment service has at this moment, in MiB. */
  memoryMb(): number
}
export type Truth = { movements: { kind: string; reference: string; amount: number }[]; calls: number }

export function startBench(pspTimeoutMs: number): Promise<Bench> {
  return buildOnGround('overload', async (ground) => {
    const testDatabase = await createTestDatabase()
    ground.keep({ close: testDatabase.drop })
    const { ownerUrl, appUrl } = testDatabase
    // The sandbox waits for its disk at every payment. In memory it is fast enough not to be what is overloaded.
    const ledgerDir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fincore-ledger-'))
    ground.keep({ close: () => rmSync(ledgerDir, { recursive: true, force: true }) })
    const overrides = {
      psp: { SANDBOX_DATA_DIR: ledgerDir },
      'payment-service': { PSP_TIMEOUT_MS: String(pspTimeoutMs), LOG_LEVEL: 'warn' },
    }
    const ports = await chooseFreePorts()
    const input = ground.planWith(ports, { ownerUrl, appUrl, overrides })
    const [, paymentService] = await Promise.all([
      ground.start(planPsp(input)),
      ground.start(planPaymentService(input)),
    ] as const)
    const addresses = addressesOf(ports)
    const { http, secrets } = ground
    const hangingPsp = ground.keep(await startHangingPsp(ground.certificates, addresses.psp_api))
    const operators = ground.operatorsAt(addresses)
    const pages = ground.keep(openRawConnections(addresses.psp, 16))
    const webhookDelaysMs = new Map<string, number[]>()
    const answerAfterMs = new Map<string, number>()
    return {
      api: addresses.api,
      database: ground.openPool(ownerUrl),
      paymentService,
      hangingPsp,
      webhookDelaysMs,
      async addMerchant({ name, pspHangs = false, hasEndpoint = false }) {
        const scopes = ['charges:write', 'read', 'webhook_endpoints:write']
        const merchant = await makeMerchant(operators, { grant: 'none', scopes })
        const apiUrl = pspHangs ? hangingPsp.url : addresses.psp_api
        const { publicKey } = await addPspAccount(operators, merchant, { name, apiUrl, hasWebhooks: true })
        if (hasEndpoint) {
          const delays: number[] = []
          webhookDelaysMs.set(name, delays)
          const { url } = ground.keep(await startReceiver(() => answerAfterMs.get(name) ?? 0, delays))
          const headers = { 'idempotency-key': merchant.id }
          await http.json('POST', `${addresses.api}/v1/webhook_endpoints`, {
            bearer: merchant.key,
            headers,
            json: { url, events: ['*'] },
          })
        }
        return { name, id: merchant.id, key: merchant.key, publicKey, tokens: [], pspHangs }
      },
      slowDown: ({ name }, answersAfterMs) => void answerAfterMs.set(name, answersAfterMs),
      async addTokens(merchant, count) {
        const card = '{"number":"4242424242424242","cvc":"123","expiry_month":12,"expiry_year":2034}'
        const request = makePost('/v2/tokens', merchant.publicKey, card)
        let left = count
        const make = async () => {
          while (left-- > 0) {
            const { answer } = await pages.send(request)
            const token = /"(tok_\w+)"/.exec(answer?.body ?? '')?.[1]
            if (token === undefined) throw new Error(`The sandbox made no token: ${answer?.status} ${answer?.body}`)
            merchant.tokens.push(token)
          }
        }
        await Promise.all(Array.from({ length: 16 }, make))
      },
      truth: () => http.json<Truth>('GET', `${addresses.psp_api}/truth`, { bearer: secrets.psp_admin_token }),
      memoryMb() {
        const status = readFileSync(`/proc/${paymentService.pid}/status`, 'utf8')
        return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024)
      },
    }
  })
}

/** A merchant's webhook endpoint. */
async function startReceiver(
  answersAfterMs: () => number,
  delaysMs: number[],
): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    response.on('error', () => {})
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const event = JSON.parse(Buffer.concat(chunks).toString()) as { created_at: string }
    delaysMs.push(Date.now() - Date.parse(event.created_at))
    if (answersAfterMs() > 0) await sleep(answersAfterMs(), undefined, { ref: false })
    response.end()
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
