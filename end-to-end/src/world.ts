import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DevFile, readDevFile } from '@fincore/dev/dev-file'
import { type FinCore, type StartFinCoreOptions, startFinCore } from '@fincore/dev/fincore'
import { createHttpClient, type HttpAnswer, type HttpClient } from '@fincore/dev/http-client'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import { shareAmongFiles } from './shared.ts'

// Between two looks of `eventually`.
const shortestPauseMs = 50
const longestPauseMs = 1_000

/** The whole of FinCore as separate processes, and a merchant's hands on it. */
export type World = {
  fincore: { dev: DevFile }
  /** As the owner of the tables: a test may look at what no API shows. */
  database: pg.Pool
  /** Calls the public API with the merchant's secret key. */
  api(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>
  /** Calls the card relay with the merchant's key and client certificate. */
  relay(body: unknown, options?: CallOptions): Promise<Answer>
  /** Makes a token at the sandbox PSP, as its card fields do in the shopper's browser. */
  token(cardNumber: string): Promise<string>
  /** What the sandbox's bank really did about a reference of ours (an attempt's id). */
  truth(reference: string): Promise<Truth>
  /** Every attempt of a charge, the oldest first. */
  attempts(charge: string): Promise<{ id: string; kind: string; state: string }[]>
  http: HttpClient
  close(): Promise<void>
}

export type CallOptions = { key?: string; bearer?: string; headers?: Record<string, string>; at?: string }
export type Answer = {
  status: number
  headers: HttpAnswer['headers']
  text: string
  body: { readonly [field: string]: unknown }
}
export type Truth = {
  movements: { kind: 'authorization' | 'capture' | 'cancellation' | 'refund'; id: string; amount: number }[]
  calls: number
  declined: number
}

/** One of a test's own, on a throw-away data directory: it may kill processes, and count what nobody else writes. */
export type StartedWorld = World & { fincore: FinCore }

export type StartWorldOptions = Pick<StartFinCoreOptions, 'env' | 'databaseUrl'> & {
  /** A PostgreSQL server of its own, its files in the data directory, for who looks into those. Default: a database of the tests' server. */
  ownPostgres?: boolean
}

/** Starts a world; a test file starts one and shares it among its tests, because each takes seconds. */
export async function startWorld(options: StartWorldOptions = {}): Promise<StartedWorld> {
  const { ownPostgres = false, env, databaseUrl } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-world-'))
  const made = ownPostgres || databaseUrl !== undefined ? undefined : await createTestDatabase()
  const where = made?.ownerUrl ?? databaseUrl
  const fincore = await startFinCore({
    dataDir,
    ports: 'free',
    cardTesting: 'off',
    ...(env === undefined ? {} : { env }),
    ...(where === undefined ? {} : { databaseUrl: where }),
  })
  const world = openWorld(fincore.dev)
  return {
    ...world,
    fincore,
    async close() {
      await world.close()
      await fincore.stop()
      await made?.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/**
 * One for those files of a process that use no other, one after another: what they count, nobody else writes. What is in
 * doubt there is known soon.
 */
export const shareWorld = shareAmongFiles(
  () => startWorld({ env: { 'payment-service': { PSP_TIMEOUT_MS: '4000' } } }),
  async () => undefined,
  (world) => world.close(),
)

/**
 * The world that the test run has started for all files that only pay and look: no test of them stops a process, changes
 * a setting or counts what others make too. A file that is run by itself starts its own.
 */
export async function useWorld(): Promise<World> {
  const dataDir = process.env.TEST_WORLD_DIR
  if (dataDir === undefined) return startWorld()
  return openWorld(await eventually('the world of the test run', async () => readDevFile(dataDir), 60_000))
}

function openWorld(dev: DevFile): World {
  const http = createHttpClient({ ca: dev.ca })
  const merchant = createHttpClient({ ca: dev.ca, cert: dev.client_cert, key: dev.client_key })
  const database = new pg.Pool({ connectionString: dev.database_url, max: 4 })
  database.on('error', () => {})
  const call = async (
    client: HttpClient,
    method: string,
    url: string,
    body: unknown,
    options: CallOptions,
  ): Promise<Answer> => {
    const headers = {
      ...(method === 'POST' ? { 'idempotency-key': options.key ?? randomUUID() } : {}),
      ...options.headers,
    }
    const answer = await client.send(method, url, {
      bearer: options.bearer ?? dev.secret_key,
      headers,
      ...(body === undefined ? {} : { json: body }),
    })
    return { ...answer, body: answer.text.startsWith('{') ? JSON.parse(answer.text) : {} }
  }
  return {
    fincore: { dev },
    database,
    http,
    api: (method, path, body, options = {}) => call(http, method, (options.at ?? dev.api) + path, body, options),
    relay: (body, options = {}) => call(merchant, 'POST', `${options.at ?? dev.relay}/v1/charges`, body, options),
    async token(number) {
      const card = { number, cvc: number.startsWith('37') ? '1234' : '123', expiry_month: 12, expiry_year: 2034 }
      const answer = await http.json<{ token?: string; id?: string }>('POST', `${dev.psp}/v2/tokens`, {
        bearer: dev.psp_public_key,
        json: card,
      })
      return answer.token ?? answer.id ?? ''
    },
    truth: (reference) =>
      http.json<Truth>('GET', `${dev.psp_api}/truth?reference=${reference}`, { bearer: dev.psp_secret_key }),
    async attempts(charge) {
      const { rows } = await database.query<{ id: string; kind: string; state: string }>(
        'select id, kind, state from attempts where charge_id = $1 order by id',
        [charge],
      )
      return rows
    },
    async close() {
      await Promise.all([http.close(), merchant.close()])
      await database.end()
    },
  }
}

/**
 * Waits until `look` finds something, and says what it waited for when it does not. It looks the less often the longer it
 * has waited: what takes seconds is not found sooner by asking ten times in each.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  withinMs = 30_000,
): Promise<T> {
  const startedAt = Date.now()
  for (;;) {
    const found = await look()
    if (found) return found
    const waited = Date.now() - startedAt
    if (waited > withinMs) throw new Error(`Waited ${withinMs} ms in vain for ${what}`)
    await sleep(Math.max(shortestPauseMs, Math.min(waited / 8, longestPauseMs)))
  }
}

/** A token charge of 10.00 EUR. */
export function tokenCharge(token: string, more: object = {}): object {
  return {
    amount: 1000,
    currency: 'EUR',
    payment_method: { type: 'token', token },
    return_url: 'https://shop.example/back',
    ...more,
  }
}

/** A raw-card charge of 10.00 EUR. */
export function cardCharge(number: string, more: object = {}): object {
  const card = { number, cvc: number.startsWith('37') ? '1234' : '123', exp_month: 12, exp_year: 2034 }
  return {
    amount: 1000,
    currency: 'EUR',
    payment_method: { type: 'card', card },
    return_url: 'https://shop.example/back',
    ...more,
  }
}
