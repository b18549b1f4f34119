import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createWebhookSender, type WebhookSender } from '../webhooks/outbox/send-webhook.ts'
import { type AddressTrick, addressTricks } from './address-tricks.ts'
import { checkWebhookUrl } from './check-webhook-url.ts'
import { createDnsResolve, type Resolve } from './checked-lookup.ts'
import { type DnsAnswer, type DnsStub, startDnsStub } from './testing/dns-stub.ts'

const closed = { allowLoopback: false }
const tricks = Object.entries(addressTricks).flatMap(([group, rows]) => rows.map((row) => ({ group, ...row })))
const post = (sender: WebhookSender, url: string) => sender.send(url, {}, '{}', new AbortController().signal)

describe('the address tricks', { concurrency: false }, () => {
  /** Everything inside, on IPv4 and IPv6: whoever connects has got through. */
  let insides: Server[]
  let connections = 0
  let port: number
  let dns: DnsStub
  let resolve: Resolve
  let sender: WebhookSender
  let stage: 'atSetting' | 'atSending' = 'atSetting'
  const answers = new Map<string, NonNullable<AddressTrick['dns']>>()
  const answerFor = (name: string): DnsAnswer => {
    const known = answers.get(name)
    return known === undefined ? { addresses: [] } : { ...known, addresses: known[stage] }
  }

  before(async () => {
    const listen = async (host: string, at: number) => {
      const server = createTcpServer((socket) => {
        connections++
        socket.destroy()
      }).listen(at, host)
      await once(server, 'listening')
      return server
    }
    const first = await listen('127.0.0.1', 0)
    port = (first.address() as AddressInfo).port
    // A machine may have no IPv6; then nothing can be reached by it either.
    insides = [
      first,
      ...(await Promise.allSettled([listen('::1', port)])).flatMap((one) => ('value' in one ? [one.value] : [])),
    ]
    for (const { url, dns: answer } of tricks)
      if (answer !== undefined) answers.set(new URL(url.replace(':{port}', '')).hostname, answer)
    dns = await startDnsStub(answerFor)
    resolve = createDnsResolve(dns.resolver)
    sender = createWebhookSender(closed, { resolve, timeoutMs: 2_000, connectionsPerOrigin: 1 })
  })
  after(async () => {
    await sender.close()
    await dns.close()
    for (const server of insides) server.close()
  })

  it('would be noticed: the server inside counts whom an open guard lets through', async () => {
    const open = createWebhookSender({ allowLoopback: true }, { timeoutMs: 2_000, connectionsPerOrigin: 1 })
    await post(open, `https://127.0.0.1:${port}/`)
    await open.close()
    assert.equal(connections, 1)
    connections = 0
  })

  for (const { group, url, leadsTo, dns: answer } of tricks.filter((row) => row.redirect === undefined)) {
    it(`${group}: ${JSON.stringify(url)}, which leads to ${leadsTo}`, async () => {
      const spelled = url.replace('{port}', String(port))
      const askedBefore = dns.asked.length
      stage = 'atSetting'
      const refusal = await checkWebhookUrl(spelled, closed, resolve)
      const isToldAtOnce = answer === undefined || answer.atSending === answer.atSetting
      assert.equal(refusal?.refused ?? null, isToldAtOnce ? 'webhook_url_not_allowed' : null)
      stage = 'atSending'
      assert.deepEqual(await post(sender, spelled), { error: 'address_not_allowed' })
      assert.equal(dns.asked.length > askedBefore, answer !== undefined, 'the DNS is asked where only it can tell')
      assert.equal(connections, 0)
    })
  }

  it('Redirects: none is followed, by whichever status', async () => {
    const redirects = tricks.filter((row) => row.redirect !== undefined)
    const queue = redirects.map((row) => row.redirect as number)
    const outside = createServer((_request, response) => {
      response.writeHead(queue[0] ?? 500, { location: `http://127.0.0.1:${port}/` }).end()
    }).listen(0, '127.0.0.1')
    await once(outside, 'listening')
    // The public server stands on loopback here, so the guard is open: only the sender itself stops this trick.
    const open = createWebhookSender({ allowLoopback: true }, { timeoutMs: 2_000, connectionsPerOrigin: 1 })
    for (const { redirect } of redirects) {
      const sent = await post(open, `http://127.0.0.1:${(outside.address() as AddressInfo).port}/`)
      assert.equal('status' in sent && sent.status, redirect)
      queue.shift()
    }
    await open.close()
    outside.close()
    assert.equal(connections, 0)
    assert.deepEqual(
      redirects.map(({ redirect }) => redirect),
      [301, 302, 303, 307, 308],
    )
  })

  it('are at least sixty', (t) => {
    t.diagnostic(`${tricks.length} address tricks, all refused; connections inside: ${connections}`)
    assert.ok(tricks.length >= 60)
    assert.equal(new Set(tricks.map(({ url, redirect }) => `${url} ${redirect}`)).size, tricks.length)
  })
})
