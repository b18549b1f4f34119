import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { type AdyenStandIn, startAdyenStandIn } from '../stand-in.ts'
import type { Timings } from '../timings.ts'
import { type Answer, send } from './sdk-client.ts'

export const adminToken = 'admin-token-of-the-tests'

/** Short waits, so that a test waits for none. */
const timings: Partial<Timings> = {
  holdMs: 300,
  slowReplyMs: 200,
  modificationMs: 10,
  slowRefundMs: 100,
  lateFailureMs: 30,
  webhookDelayMs: 5,
  webhookFirstRetryMs: 20,
}

export type Item = Record<string, unknown> & {
  additionalData: Record<string, string>
  amount: { value: number; currency: string }
  eventCode: string
  success: string
  pspReference: string
  merchantReference: string
}

export type TestAccount = Record<
  'merchant_account' | 'api_key' | 'client_key' | 'hmac_key' | 'webhook_user' | 'webhook_password',
  string
>

/** A stand-in of its own with one account, the SDK as a client, and an endpoint that takes its webhooks. */
export async function openStandIn() {
  const authority = await createCertificateAuthority()
  const tls = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  const standIn: AdyenStandIn = await startAdyenStandIn({
    tls: { cert: tls.certificate, key: tls.key },
    adminToken,
    timings,
  })
  const inbox = await openInbox()
  const admin = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await send(new URL(`${standIn.apiUrl}/_stand_in${path}`), authority.certificate, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`)
    return JSON.parse(answer.body) as T
  }
  const account = await admin<TestAccount>('POST', '/accounts', { name: 'Blue Bottle Books', webhook_url: inbox.url })

  return {
    ...standIn,
    ca: authority.certificate,
    account,
    admin,
    inbox,
    /** One request below the API's version, as it is, and what was answered. */
    async call(
      method: string,
      path: string,
      body: unknown,
      headers: Record<string, string> = {},
    ): Promise<Answer & { json: Record<string, unknown> }> {
      const answer = await send(new URL(`${standIn.apiUrl}${path}`), authority.certificate, {
        method,
        headers: { 'x-api-key': account.api_key, 'content-type': 'application/json', ...headers },
        body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = answer.body.startsWith('{') ? answer.body : '{}'
      return { ...answer, json: readJson(text) }
    },
    encrypt: (number: string, holderName?: string) =>
      admin<Record<string, string>>('POST', '/encrypt', {
        number,
        cvc: /^3[47]/.test(number) ? '7373' : '737',
        expiry_month: 3,
        expiry_year: 2030,
        ...(holderName === undefined ? {} : { holder_name: holderName }),
      }),
    truth: (reference: string) =>
      admin<{
        movements: { kind: string; reference: string; own_reference: string; amount: number; currency: string }[]
        calls: number
        declined: number
      }>('GET', `/truth?reference=${encodeURIComponent(reference)}`),
    async close() {
      await standIn.close()
      inbox.close()
    },
  }
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** Waits until it is so. @throws after 5 s. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 5_000
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A merchant's endpoint. `answer` is what it says; the events that it took can be waited for. */
async function openInbox() {
  const messages: { authorization: string; live: string; items: Item[] }[] = []
  const inbox = { answer: '[accepted]' }
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString('utf8')
    const body = JSON.parse(text) as { live: string; notificationItems: { NotificationRequestItem: Item }[] }
    messages.push({
      authorization: request.headers.authorization ?? '',
      live: body.live,
      items: body.notificationItems.map((item) => item.NotificationRequestItem),
    })
    response.end(inbox.answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const find = (isIt: (item: Item) => boolean) => messages.flatMap(({ items }) => items).find(isIt)
  return {
    messages,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    answerWith(text: string) {
      inbox.answer = text
    },
    async hear(eventCode: string, merchantReference: string): Promise<Item> {
      const isIt = (item: Item) => item.eventCode === eventCode && item.merchantReference === merchantReference
      await until(() => find(isIt) !== undefined, `${eventCode} of ${merchantReference}`)
      return find(isIt) as Item
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
