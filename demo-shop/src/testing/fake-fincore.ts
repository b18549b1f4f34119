import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newestVersion, readSdkFile, sdkPath } from '@fincore/browser/served'
import { Webhook } from 'standardwebhooks'

export type SeenCall = { door: 'api' | 'relay'; path: string; key: string | undefined; body: Record<string, unknown> }
type Answer = { status: number; body: unknown }

export type FakeFincore = {
  apiUrl: string
  relayUrl: string
  calls: SeenCall[]
  /** What the next calls are answered, after `delayMs`; a function sees the request. */
  answerWith: (answer: (call: SeenCall) => Answer | 'hang up', delayMs?: number) => void
  close: () => void
}

export const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/**
 * The few answers of FinCore that the shop's own tests need. The whole is tested end to end with the real one.
 *
 * @param makeAccounts the PSP accounts that `/v1/client_config` lists, by the origin of the fake API
 */
export async function startFakeFincore(
  makeAccounts: (apiUrl: string) => object[] = makeTwoAccounts,
): Promise<FakeFincore> {
  const calls: SeenCall[] = []
  let answer: (call: SeenCall) => Answer | 'hang up' = () => ({ status: 500, body: {} })
  let delayMs = 0

  const listen = async (server: Server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const makeHandler = (door: SeenCall['door']) => async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.setHeader('access-control-allow-origin', '*')
    if (request.url === sdkPath(newestVersion().version, 'fincore.js')) {
      response.setHeader('content-type', 'text/javascript')
      response.end(readSdkFile(newestVersion(), 'fincore.js').body)
      return
    }
    if (request.url === '/v1/client_config') {
      response.setHeader('access-control-allow-headers', 'authorization')
      response.end(JSON.stringify({ environment: 'sandbox', psp_accounts: makeAccounts(apiUrl) }))
      return
    }
    const key = request.headers['idempotency-key']
    const body = JSON.parse(Buffer.concat(chunks).toString())
    const call = { door, path: request.url ?? '', key: typeof key === 'string' ? key : undefined, body }
    calls.push(call)
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    const reply = answer(call)
    if (reply === 'hang up') {
      request.socket.destroy()
      return
    }
    response.writeHead(reply.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(reply.body))
  }

  const api = createServer(makeHandler('api'))
  const apiUrl = await listen(api)
  const relay = createServer(makeHandler('relay'))
  const relayUrl = await listen(relay)
  return {
    apiUrl,
    relayUrl,
    calls,
    answerWith(next, delay = 0) {
      answer = next
      delayMs = delay
    },
    close() {
      api.close()
      relay.close()
    },
  }
}

/** An account whose fields are a page, and one whose PSP brings a script. */
function makeTwoAccounts(apiUrl: string) {
  const nothing = { script_src: [], frame_src: [], connect_src: [], img_src: [] }
  const page = { kind: 'iframe', url: `${apiUrl}/fields`, origin: apiUrl }
  const script = { kind: 'stripe', publishable_key: 'pk_test_1', script_url: 'https://js.psp.test/1/psp.js' }
  const needed = {
    script_src: ['https://*.js.psp.test', 'https://js.psp.test/1/psp.js', 'https://psp.test; script-src *'],
    frame_src: ['https://js.psp.test'],
    connect_src: ['https://api.psp.test'],
    img_src: ['https://img.psp.test'],
  }
  return [
    { id: 'pspa_1', psp: 'sandbox', fields: { ...page, content_security_policy: { ...nothing, frame_src: [apiUrl] } } },
    { id: 'pspa_2', psp: 'stripe', fields: { ...script, content_security_policy: needed } },
  ]
}

/** A webhook as FinCore sends it. */
export function signWebhook(event: { id: string; type: string; data: { object?: Record<string, unknown> } }) {
  const payload = JSON.stringify({ object: 'event', created_at: new Date().toISOString(), sequence: 1, ...event })
  const at = new Date()
  const headers = {
    'content-type': 'application/json',
    'webhook-id': event.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(webhookSecret).sign(event.id, at, payload),
  }
  return { payload, headers }
}
