import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NewAccount } from '../ledger/accounts.ts'
import { type MagicCardName, magicCardNumber, magicCards } from '../magic-cards.ts'
import { type Sandbox, type SandboxConfig, startSandbox } from '../sandbox.ts'
import { makeTestCertificate } from './certificate.ts'

/** All that the tests look at in an answer or a webhook; an answer has the part that is its own. */
export type Body = {
  id: string
  object: string
  status: string
  reference: string
  url: string
  captured: number
  refunded: number
  decline: { code: string } | null
  action: { url: string } | null
  failure: { code: string } | null
  payment: Body
  operation: Body
  checkout_session: Body
  payments: Body[]
  operations: Body[]
  checkout_sessions: Body[]
  movements: { kind: string; id: string; payment: string; own_reference: string; amount: number; currency: string }[]
  calls: number
  declined: number
  error: { code: string; message: string; param: string | null }
}
export type ApiAnswer = { status: number; text: string; body: Body }

export type TestSandbox = Awaited<ReturnType<typeof startTestSandbox>>

const tls = makeTestCertificate()

/** A sandbox on free ports with a throw-away ledger and short waits. */
export async function startTestSandbox(more: Partial<SandboxConfig> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'psp-sandbox-test-'))
  const config: SandboxConfig = {
    host: '127.0.0.1',
    pagesPort: 0,
    apiPort: 0,
    tls,
    dataDir,
    adminToken: 'admin-token-of-the-tests',
    ...more,
    timings: {
      holdMs: 300,
      slowReplyMs: 300,
      refundPendingMs: 100,
      abandonChallengeMs: 100,
      lateApprovalMs: 100,
      outOfOrderMs: 300,
      webhookDelayMs: 10,
      webhookFirstRetryMs: 40,
      ...more.timings,
    },
  }
  let sandbox: Sandbox = await startSandbox(config)
  return {
    sandbox: () => sandbox,
    /** The ledger's own file, to change what only the past could have written. */
    ledgerFile: join(dataDir, 'psp-sandbox.sqlite'),
    /** Stops and starts again on the same ledger and the same ports. */
    async restart() {
      const { pagesUrl, apiUrl } = sandbox
      await sandbox.close()
      sandbox = await startSandbox({
        ...config,
        pagesPort: Number(new URL(pagesUrl).port),
        apiPort: Number(new URL(apiUrl).port),
      })
    },
    async stop() {
      await sandbox.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
    openAccount: async (webhookUrl?: string): Promise<TestAccount> => {
      const body = { name: 'Blue Bottle Books', ...(webhookUrl ? { webhook_url: webhookUrl } : {}) }
      const answer = await callApi(sandbox.apiUrl, 'POST', '/v2/accounts', { token: sandbox.adminToken, body })
      return clientOf(sandbox.apiUrl, sandbox.pagesUrl, answer.body as unknown as NewAccount)
    },
  }
}

export type TestAccount = ReturnType<typeof clientOf>

function clientOf(apiUrl: string, pagesUrl: string, account: NewAccount) {
  const token = account.secret_key
  const call = (method: string, path: string, body?: unknown, key?: string) =>
    callApi(apiUrl, method, path, { token, body, ...(key ? { key } : {}) })
  return {
    ...account,
    pagesUrl,
    call,
    get: async (path: string) => (await call('GET', path)).body,
    post: (path: string, body: unknown, key: string = randomUUID()) => call('POST', path, body, key),
    sendRaw: (path: string, raw: string) => callApi(apiUrl, 'POST', path, { token, key: randomUUID(), raw }),
    pay: (reference: string, card: MagicCardName, more: Record<string, unknown> = {}, key: string = reference) =>
      call('POST', '/v2/payments', { ...paymentOf(reference, card), ...more }, key),
    truth: async (reference: string) => (await call('GET', `/truth?reference=${reference}`)).body,
    lookUp: async (reference: string) => (await call('GET', `/v2/lookup?reference=${reference}`)).body,
    async makeToken(card: MagicCardName): Promise<string> {
      const { type: _type, ...body } = cardSource(card)
      const response = await fetch(`${pagesUrl}/v2/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account.public_key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return ((await response.json()) as { id: string }).id
    },
  }
}

export function cardSource(name: MagicCardName) {
  const cvc = magicCards.find((row) => row.name === name)?.brand === 'amex' ? '1234' : '123'
  return { type: 'card' as const, number: magicCardNumber(name), cvc, expiry_month: 12, expiry_year: 2034 }
}

export function paymentOf(reference: string, card: MagicCardName) {
  return { reference, amount: { value: 1000, currency: 'EUR' }, capture: 'automatic', source: cardSource(card) }
}

/** One call to the API on TLS. Rejects when the connection is cut without an answer. */
export function callApi(
  apiUrl: string,
  method: string,
  path: string,
  options: { token?: string; key?: string; body?: unknown; raw?: string; ca?: string },
): Promise<ApiAnswer> {
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${apiUrl}${path}`,
      {
        method,
        ca: options.ca ?? tls.cert,
        agent: false,
        headers: {
          ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
          ...(options.key ? { 'idempotency-key': options.key } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      async (response) => {
        const text = (await response.setEncoding('utf8').toArray()).join('')
        resolve({ status: response.statusCode ?? 0, text, body: parseOrEmpty(text) })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function parseOrEmpty(text: string): Body {
  try {
    return JSON.parse(text)
  } catch {
    return JSON.parse('{}')
  }
}

export type ReceivedWebhook = {
  headers: IncomingHttpHeaders
  raw: string
  at: number
  type: string
  id: string
  data: Body
}

/** A merchant's webhook endpoint: keeps what it got, answers as `answer` says. */
export async function startWebhookReceiver(answer: (count: number) => number = () => 200) {
  const received: ReceivedWebhook[] = []
  const server = createServer(async (incoming, response) => {
    const raw = (await incoming.setEncoding('utf8').toArray()).join('')
    const { type, id, data } = JSON.parse(raw)
    received.push({ headers: incoming.headers, raw, at: Date.now(), type, id, data })
    response.writeHead(answer(received.length)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    types: () => received.map(({ type }) => type),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Waits until `check` gives something other than null, false or undefined; fails after 5 s. */
export async function eventually<T>(check: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const end = Date.now() + 5000
  for (;;) {
    const found = await check()
    if (found) return found
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}
