import { createServer } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import Stripe from 'stripe'
import { type StandInOptions, startStripeStandIn } from '../stand-in.ts'

const adminToken = 'admin-token-of-the-tests'

export type Delivery = { path: string; body: string; signature: string }
export type Bench = Awaited<ReturnType<typeof openBench>>

/** A stand-in with short waits, an account in it, Stripe's own SDK as its client, and a place where its webhooks arrive. */
export async function openBench(options: Partial<StandInOptions> = {}) {
  const authority = await createCertificateAuthority()
  const server = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  const standIn = await startStripeStandIn({
    tls: { cert: server.certificate, key: server.key },
    adminToken,
    ...options,
    timings: {
      holdMs: 60_000,
      slowReplyMs: 50,
      webhookDelayMs: 1,
      webhookFirstRetryMs: 10,
      refundChangeMs: 20,
      disputeMs: 1,
      searchLagMs: 1_000,
      ...options.timings,
    },
  })
  const inbox = await openInbox()
  const agent = new Agent({ ca: authority.certificate, keepAlive: true })
  const { hostname, port } = new URL(standIn.apiUrl)

  const admin = async (method: string, path: string, body?: object) => {
    const text = await new Promise<string>((resolve, reject) => {
      const call = request(`${standIn.apiUrl}/_stand_in${path}`, {
        method,
        agent,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      })
      call.once('error', reject)
      call.once('response', (response) =>
        response.toArray().then((parts) => resolve(Buffer.concat(parts).toString()), reject),
      )
      call.end(body && JSON.stringify(body))
    })
    return JSON.parse(text)
  }
  const account = await admin('POST', '/accounts', { name: 'Blue Bottle Books', webhook_url: inbox.url })
  const clientOf = (key: string) =>
    new Stripe(key, {
      host: hostname,
      port,
      protocol: 'https',
      httpAgent: agent,
      maxNetworkRetries: 0,
      timeout: 30_000,
    })

  return {
    ...standIn,
    admin,
    account: account as { secret_key: string; publishable_key: string; webhook_secret: string },
    agent,
    inbox,
    stripe: clientOf(account.secret_key),
    shopper: clientOf(account.publishable_key),
    clientOf,
    /** Sends a request as it is, and reads the answer. */
    async send(method: string, path: string, headers: Record<string, string>, body?: string) {
      return new Promise<{ status: number; headers: Record<string, unknown>; body: Record<string, unknown> }>(
        (resolve, reject) => {
          const call = request(`${standIn.apiUrl}${path}`, { method, agent, headers })
          call.once('error', reject)
          call.once('response', async (response) => {
            const text = Buffer.concat(await response.toArray()).toString()
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) })
          })
          call.end(body)
        },
      )
    },
    async truth(reference?: string) {
      const query = reference === undefined ? '' : `?reference=${reference}`
      return admin('GET', `/truth${query}`)
    },
    async close() {
      await standIn.close()
      agent.destroy()
      inbox.close()
    },
  }
}

async function openInbox() {
  const deliveries: Delivery[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    deliveries.push({ path: request.url ?? '', body, signature: String(request.headers['stripe-signature']) })
    response.writeHead(inbox.answers.shift() ?? 200).end()
  })
  const inbox = {
    deliveries,
    /** The statuses that the next deliveries are answered with, before 200. */
    answers: [] as number[],
    url: '',
    /** The first event of this type whose object fits, waiting for it. */
    async waitForEvent(type: string, fits: (object: Record<string, unknown>) => boolean) {
      for (let tries = 0; tries < 2_000; tries++) {
        const events = deliveries.map(({ body }) => JSON.parse(body))
        const found = events.find((event) => event.type === type && fits(event.data.object))
        if (found) return found
        await sleep(10)
      }
      throw new Error(`No ${type} arrived`)
    },
    /** The first delivery of an event of this type about this object, waiting for it. */
    async waitFor(type: string, id: string): Promise<Delivery> {
      const event = await inbox.waitForEvent(type, (object) => object.id === id)
      const found = deliveries.find(({ body }) => JSON.parse(body).id === event.id)
      if (!found) throw new Error('A delivery that was there before')
      return found
    },
    /** Waits until so many deliveries were of events that had come before. */
    async waitForRepeats(count: number) {
      for (let tries = 0; tries < 2_000; tries++) {
        const ids = deliveries.map(({ body }) => JSON.parse(body).id)
        if (ids.length - new Set(ids).size >= count) return
        await sleep(10)
      }
      throw new Error('Nothing came again')
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  inbox.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return inbox
}
