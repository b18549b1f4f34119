import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
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

/** The few answers of FinCore that the shop's own tests need. The whole is tested end to end with the real one. */
export async function startFakeFincore(tls: { key: string; cert: string } | null = null): Promise<FakeFincore> {
  const calls: SeenCall[] = []
  let answer: (call: SeenCall) => Answer | 'hang up' = () => ({ status: 500, body: {} })
  let delayMs = 0

  const listen = async (server: Server, scheme: string) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const makeHandler =
    (door: SeenCall['door']) => async (request: IncomingMessage, response: import('node:http').ServerResponse) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      if (request.url === '/v1/client_config') {
        const fields = { kind: 'iframe', url: `${apiUrl}/fields`, origin: apiUrl }
        response.setHeader('access-control-allow-origin', '*')
        response.setHeader('access-control-allow-headers', 'authorization')
        response.end(
          JSON.stringify({ environment: 'sandbox', psp_accounts: [{ id: 'pspa_1', psp: 'sandbox', fields }] }),
        )
        return
      }
      if (request.url?.startsWith('/fields')) {
        response.setHeader('content-type', 'text/html')
        response.end(fieldsPage)
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
  const apiUrl = await listen(api, 'http')
  const relay = tls === null ? createServer(makeHandler('relay')) : createTlsServer(tls, makeHandler('relay'))
  const relayUrl = await listen(relay as Server, tls === null ? 'http' : 'https')
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

const fieldsPage = `<!doctype html><html lang="en"><title>Card details</title><style>body{margin:0;font:16px sans-serif}input{width:95%;padding:.6rem}</style>
<label>Card number <input></label><script>
  const origin = new URLSearchParams(location.search).get('origin')
  const say = (message) => parent.postMessage({ fincore: 1, ...message }, origin)
  addEventListener('message', ({ data }) =>
    say({ event: 'token', id: data.id, token: 'tok_1', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 } }))
  say({ event: 'ready', height: 80 })
</script></html>`

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
