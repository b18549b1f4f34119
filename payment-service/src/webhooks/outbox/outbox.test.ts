import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import type { ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { Webhook } from 'standardwebhooks'
import type { Job } from '../../jobs/run-every.ts'
import { inTransaction } from '../../store/pool.ts'
import {
  createWebhookWorld,
  type Received,
  type Receiver,
  startReceiver,
  until,
  type WebhookWorld,
} from '../testing/webhook-world.ts'
import { type OutboxOptions, startOutbox } from './outbox.ts'
import { tryDelaysMs } from './schedule.ts'

let world: WebhookWorld
before(async () => {
  world = await createWebhookWorld()
})
after(async () => {
  await stopAll()
  await world.close()
})

const opened: { close(): Promise<void> }[] = []
const outboxes: Job[] = []
async function receive(...how: Parameters<typeof startReceiver>): Promise<Receiver> {
  const receiver = await startReceiver(...how)
  opened.push(receiver)
  return receiver
}
function deliver(options: OutboxOptions = {}): Job {
  const outbox = startOutbox(world, options)
  outboxes.push(outbox)
  return outbox
}
/** Every test starts the outbox that it needs, and none is left to deliver the next test's events. */
async function stopAll(): Promise<void> {
  await Promise.all(outboxes.splice(0).map((outbox) => outbox.stop()))
  await Promise.all(opened.splice(0).map((server) => server.close()))
}
function verify(secret: string, { body, headers }: Received): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>)
}
const makeDue = (endpointId: string) =>
  world.pool.query(`update webhook_deliveries set next_try_at = now() where endpoint_id = $1 and state = 'pending'`, [
    endpointId,
  ])

describe('the outbox', { concurrency: false }, () => {
  it('delivers an event at once, signed, as the exact text that is stored', async () => {
    const receiver = await receive()
    const merchant = await world.addMerchant()
    const { id, secret } = await world.addEndpoint(merchant, receiver.url)
    const outbox = deliver()
    const event = await world.addEvent(merchant)
    outbox.wake()
    await until('delivered', async () => (await world.deliveriesOf(id))[0]?.state === 'delivered')
    const [got] = receiver.received
    assert.ok(got)
    assert.equal(got.body, event.body)
    assert.equal(got.headers['webhook-id'], event.id)
    assert.deepEqual(verify(secret, got), JSON.parse(event.body))
    assert.throws(() => verify(secret, { ...got, body: got.body.replace('captured', 'refunded') }))
    const [row] = await world.deliveriesOf(id)
    assert.deepEqual([row?.tries, row?.last_status, row?.last_error, row?.next_try_at], [1, 200, null, null])
    await stopAll()
  })

  it('signs with both secrets during a rotation, and with the new one alone afterwards', async () => {
    const receiver = await receive()
    const merchant = await world.addMerchant()
    const { id, secret: old } = await world.addEndpoint(merchant, receiver.url)
    const fresh = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
    await world.pool.query(
      `update webhook_endpoints set previous_secret = secret, previous_secret_until = now() + interval '1 hour', secret = $2 where id = $1`,
      [id, world.vault.seal(fresh, id)],
    )
    deliver()
    await world.addEvent(merchant)
    await until('the first came', () => receiver.received.length === 1)
    await world.pool.query(
      `update webhook_endpoints set previous_secret_until = now() - interval '1 second' where id = $1`,
      [id],
    )
    await world.addEvent(merchant)
    await until('the second came', () => receiver.received.length === 2)
    const [during, later] = receiver.received as [Received, Received]
    verify(old, during)
    verify(fresh, during)
    verify(fresh, later)
    assert.throws(() => verify(old, later))
    await stopAll()
  })

  it('tries again by the schedule, later when Retry-After says so, and fails after the tenth try', async () => {
    const receiver = await receive((response, { path }) =>
      response.writeHead(503, path.startsWith('/hook') ? {} : { 'retry-after': '7200' }).end('no'),
    )
    const merchant = await world.addMerchant()
    const plain = await world.addEndpoint(merchant, receiver.url)
    const polite = await world.addEndpoint(merchant, new URL('/polite', receiver.url).href)
    await world.addEvent(merchant)
    const outbox = deliver()
    const delaysMs: number[] = []
    for (let tries = 1; tries <= 10; tries++) {
      await until(`try ${tries}`, async () => (await world.deliveriesOf(plain.id))[0]?.tries === tries)
      const [row] = await world.deliveriesOf(plain.id)
      assert.ok(row)
      assert.deepEqual(
        [row.last_status, row.last_error, row.state],
        [503, 'status_503', tries === 10 ? 'failed' : 'pending'],
      )
      if (row.next_try_at !== null && row.last_try_at !== null)
        delaysMs.push(row.next_try_at.getTime() - row.last_try_at.getTime())
      await makeDue(plain.id)
      outbox.wake()
    }
    for (const [index, delayMs] of delaysMs.entries()) {
      const expected = tryDelaysMs[index + 1] ?? 0
      assert.ok(Math.abs(delayMs - expected) <= expected * 0.1 + 1, `${delayMs} instead of ${expected}`)
    }
    assert.equal(delaysMs.length, 9)
    const [row] = await world.deliveriesOf(polite.id)
    assert.ok(row?.next_try_at && row.last_try_at)
    assert.equal(row.next_try_at.getTime() - row.last_try_at.getTime(), 7_200_000)
    await stopAll()
  })

  it('stops at 410: the endpoint is disabled, and what waits for it is canceled', async () => {
    const receiver = await receive((response) => response.writeHead(410).end())
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, receiver.url)
    for (let events = 0; events < 12; events++) await world.addEvent(merchant)
    deliver()
    await until('nothing waits', async () => (await world.deliveriesOf(id)).every((row) => row.state !== 'pending'))
    const { rows } = await world.pool.query('select status, disabled_reason from webhook_endpoints where id = $1', [id])
    assert.deepEqual(rows, [{ status: 'disabled', disabled_reason: 'gone' }])
    const states = (await world.deliveriesOf(id)).map((row) => row.state)
    assert.ok(receiver.received.length < 12 && states.includes('canceled') && states.includes('failed'))
    await world.addEvent(merchant)
    assert.equal((await world.deliveriesOf(id)).length, 12, 'a disabled endpoint gets no more deliveries')
    await stopAll()
  })

  it('never lets a slow endpoint delay another, and sends it four at a time', async () => {
    let inside = 0
    let most = 0
    const slow = await receive((response) => {
      most = Math.max(most, ++inside)
      setTimeout(() => {
        inside--
        response.end()
      }, 700)
    })
    const quick = await receive()
    const merchant = await world.addMerchant()
    const slowEndpoint = await world.addEndpoint(merchant, slow.url)
    for (let events = 0; events < 100; events++) await world.addEvent(merchant)
    const other = await world.addMerchant()
    const quickEndpoint = await world.addEndpoint(other, quick.url)
    deliver()
    await until('the slow one is busy', () => inside === 4)
    for (let events = 0; events < 20; events++) await world.addEvent(other)
    await until('the quick one has all', () => quick.received.length === 20)
    assert.equal(most, 4)
    assert.ok(slow.received.length < 40, 'they did not wait behind the slow one’s hundred')
    await stopAll()
    const delivered = await world.deliveriesOf(slowEndpoint.id)
    assert.ok(
      delivered.some((row) => row.state === 'delivered'),
      'stopping waits for what is under way',
    )
    assert.ok((await world.deliveriesOf(quickEndpoint.id)).every((row) => row.state === 'delivered'))
    await world.pool.query('delete from webhook_deliveries where endpoint_id = $1', [slowEndpoint.id])
  })

  it('gives one merchant 64 places at most, however many endpoints it has', async () => {
    let inside = 0
    const silent = await receive(() => {
      inside++
    })
    const quick = await receive()
    const merchant = await world.addMerchant()
    for (let count = 0; count < 70; count++) await world.addEndpoint(merchant, silent.url)
    await world.addEvent(merchant)
    const other = await world.addMerchant()
    const { id } = await world.addEndpoint(other, quick.url)
    deliver()
    await until('the merchant’s places are taken', () => inside === 64)
    await world.addEvent(other)
    await until('the other merchant’s event came', async () => (await world.deliveriesOf(id))[0]?.state === 'delivered')
    await sleep(600)
    assert.equal(inside, 64)
    await world.pool.query('delete from webhook_deliveries where merchant_id = $1', [merchant])
    await Promise.all(opened.splice(0).map((server) => server.close()))
    await stopAll()
  })

  it('keeps places for others when many merchants’ endpoints hang at once', async () => {
    let inside = 0
    const silent = await receive(() => {
      inside++
    })
    const quick = await receive()
    const hanging: string[] = []
    for (let count = 0; count < 5; count++) {
      const merchant = await world.addMerchant()
      hanging.push(merchant)
      for (let endpoints = 0; endpoints < 64; endpoints++) await world.addEndpoint(merchant, silent.url)
      await world.addEvent(merchant)
    }
    const other = await world.addMerchant()
    const { id } = await world.addEndpoint(other, quick.url)
    deliver()
    await until('what they may take is taken', () => inside === 192)
    await world.addEvent(other)
    await until('the other merchant’s event came', async () => (await world.deliveriesOf(id))[0]?.state === 'delivered')
    await sleep(600)
    assert.equal(inside, 192)
    await world.pool.query('delete from webhook_deliveries where merchant_id = any ($1)', [hanging])
    await Promise.all(opened.splice(0).map((server) => server.close()))
    await stopAll()
  })

  it('lets no delivery wait while it cancels those of an endpoint that was disabled', async () => {
    const quick = await receive()
    const merchant = await world.addMerchant()
    const { id: disabledId } = await world.addEndpoint(merchant, quick.url)
    await world.addEvents(merchant, 2)
    await world.pool.query(`update webhook_endpoints set status = 'disabled' where id = $1`, [disabledId])
    const other = await world.addMerchant()
    const { id } = await world.addEndpoint(other, quick.url)
    await world.addEvent(other)
    // Somebody works on the other delivery of the disabled endpoint, so cancelling has to wait.
    const client = await world.pool.connect()
    await client.query('begin')
    await client.query('select 1 from webhook_deliveries where endpoint_id = $1 order by id desc limit 1 for update', [
      disabledId,
    ])
    deliver()
    await until('the other merchant’s event came', async () => (await world.deliveriesOf(id))[0]?.state === 'delivered')
    await client.query('commit')
    client.release()
    await until('what waited is canceled', async () =>
      (await world.deliveriesOf(disabledId)).every(({ state }) => state === 'canceled'),
    )
    assert.equal(quick.received.length, 1)
    await stopAll()
  })

  it('gives an endpoint one place until its first success, and one more with each', async () => {
    const held: ServerResponse[] = []
    const receiver = await receive((response) => held.push(response))
    const merchant = await world.addMerchant()
    await world.addEndpoint(merchant, receiver.url)
    await world.addEvents(merchant, 20)
    deliver()
    for (const [answered, expected] of [
      [0, 1],
      [1, 3],
      [3, 7],
    ] as const) {
      for (const response of held.slice(0, answered)) response.end()
      await until(`${expected} have come`, () => held.length === expected)
      await sleep(300)
      assert.equal(held.length, expected)
    }
    await world.pool.query('delete from webhook_deliveries where merchant_id = $1', [merchant])
    for (const response of held) response.end()
    await stopAll()
  })

  it('judges an endpoint by the time that it took, and not by how long its answer waits to be recorded', async () => {
    const held: ServerResponse[] = []
    const receiver = await receive((response) => {
      if (receiver.received.length === 1) response.end()
      else held.push(response)
    })
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, receiver.url)
    await world.addEvents(merchant, 4)
    // A record locks its endpoint, so it waits.
    await inTransaction(world.pool, async (tx) => {
      await tx.query('select from webhook_endpoints where merchant_id = $1 and id = $2 for update', [merchant, id])
      deliver()
      await until('the first is answered', () => receiver.received.length === 1)
      await sleep(3_200)
    })
    await until('two are held', () => held.length === 2)
    await world.pool.query('delete from webhook_deliveries where merchant_id = $1', [merchant])
    for (const response of held) response.end()
    await stopAll()
  })

  it('keeps pace with a merchant that has 10,000 waiting, and lets another’s one event not wait for them', async () => {
    let inside = 0
    let most = 0
    const busy = await receive((response) => {
      most = Math.max(most, ++inside)
      setTimeout(() => {
        inside--
        response.end()
      }, 100)
    })
    const quick = await receive()
    const merchant = await world.addMerchant()
    const { id: busyId } = await world.addEndpoint(merchant, busy.url)
    await world.addEvents(merchant, 10_000)
    const other = await world.addMerchant()
    const { id } = await world.addEndpoint(other, quick.url)
    deliver()
    await until('many are under way', () => inside >= 32)
    await world.addEvent(other)
    await until('the other merchant’s event came', async () => (await world.deliveriesOf(id))[0]?.state === 'delivered')
    const { rows } = await world.pool.query(
      `select count(*)::integer as waiting from webhook_deliveries where endpoint_id = $1 and state = 'pending'`,
      [busyId],
    )
    assert.ok(rows[0].waiting > 5_000, `${rows[0].waiting} of the first merchant’s still wait`)
    assert.ok(most <= 48, `${most} at once`)
    await stopAll()
    assert.equal(new Set(busy.received.map((one) => one.headers['webhook-id'])).size, busy.received.length)
    await world.pool.query('delete from webhook_deliveries where endpoint_id = $1', [busyId])
  })

  it('sends one at a time to an endpoint that was quick and fails now', async () => {
    const held: ServerResponse[] = []
    let isDown = false
    const receiver = await receive((response) => {
      if (isDown) held.push(response)
      else setTimeout(() => response.end(), 20)
      if (receiver.received.length === 200) isDown = true
    })
    const merchant = await world.addMerchant()
    await world.addEndpoint(merchant, receiver.url)
    await world.addEvents(merchant, 400)
    deliver()
    // What was on its way when it went down may still be answered well, and call for more.
    await until('those under way are held', async () => {
      const before = held.length
      await sleep(600)
      return before > 4 && held.length === before
    })
    for (const response of held.splice(0)) response.writeHead(500).end()
    await until('the next is held', () => held.length === 1)
    await sleep(600)
    assert.equal(held.length, 1)
    await world.pool.query('delete from webhook_deliveries where merchant_id = $1', [merchant])
    for (const response of held) response.end()
    await stopAll()
  })

  it('sends to an origin while another endpoint of the same origin is slow', async () => {
    const held: ServerResponse[] = []
    let isSlow = false
    const shared = await receive((response, { path }) => {
      if (isSlow && path === '/slow') held.push(response)
      else response.end()
    })
    const merchant = await world.addMerchant()
    const slow = await world.addEndpoint(merchant, new URL('/slow', shared.url).href)
    await world.addEvent(merchant)
    const outbox = deliver()
    await until('it has proved itself', async () => (await world.deliveriesOf(slow.id))[0]?.state === 'delivered')
    isSlow = true
    for (let events = 0; events < 4; events++) await world.addEvent(merchant)
    await until('all its places are held', () => held.length === 2)
    const other = await world.addMerchant()
    const { id } = await world.addEndpoint(other, new URL('/quick', shared.url).href)
    await world.addEvent(other)
    outbox.wake()
    await until('the quick one has its event', async () => (await world.deliveriesOf(id))[0]?.state === 'delivered')
    for (const response of held) response.end()
    await stopAll()
  })

  it('gives up on an answer that does not come, and on one that does not end', async () => {
    const silent = await receive(() => {})
    const endless = await receive((response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('x'.repeat(1000)), 1)
      response.on('close', () => clearInterval(drip))
    })
    const merchant = await world.addMerchant()
    const [first, second] = [
      await world.addEndpoint(merchant, silent.url),
      await world.addEndpoint(merchant, endless.url),
    ]
    await world.addEvent(merchant)
    deliver({ timeoutMs: 300 })
    await until(
      'the silent one timed out',
      async () => (await world.deliveriesOf(first.id))[0]?.last_error === 'timeout',
    )
    await until(
      'the endless one counts by its status',
      async () => (await world.deliveriesOf(second.id))[0]?.state === 'delivered',
    )
    await stopAll()
  })

  it('speaks only to a server whose certificate is trusted', async () => {
    const { certificate, key } = await issueCertificate(await createCertificateAuthority(), {
      kind: 'server',
      commonName: 'shop',
    })
    const server = createSecureServer({ cert: certificate, key }, () => assert.fail('a stranger was given an event'))
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    opened.push({ close: async () => void server.close() })
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, `https://127.0.0.1:${(server.address() as AddressInfo).port}/hook`)
    await world.addEvent(merchant)
    deliver()
    await until('refused', async () => (await world.deliveriesOf(id))[0]?.last_error === 'tls')
    await stopAll()
  })

  it('follows no redirect', async () => {
    const elsewhere = await receive()
    const receiver = await receive((response) => response.writeHead(307, { location: elsewhere.url }).end())
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, receiver.url)
    await world.addEvent(merchant)
    deliver()
    await until('tried', async () => (await world.deliveriesOf(id))[0]?.last_error === 'status_307')
    assert.equal(elsewhere.received.length, 0)
    await stopAll()
  })

  it('connects to the address that it checked, and to nothing when the name is re-bound to a forbidden one', async () => {
    const receiver = await receive()
    const { port } = new URL(receiver.url)
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, `http://rebinding.example:${port}/hook`)
    let addresses: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }]
    let asked = 0
    const resolve: OutboxOptions['resolve'] = (name, done) => {
      assert.equal(name, 'rebinding.example')
      asked++
      done(null, addresses)
    }
    await world.addEvent(merchant)
    deliver({ resolve })
    await until('the honest address got it', () => receiver.received.length === 1)
    assert.equal(asked, 1, 'the name is resolved once for a connection')
    await stopAll()
    // The name leads inside now; one forbidden address among others is enough.
    for (const bad of ['169.254.169.254', '::ffff:10.0.0.1', '64:ff9b::7f00:1']) {
      addresses = [
        { address: '127.0.0.1', family: 4 },
        { address: bad, family: bad.includes(':') ? 6 : 4 },
      ]
      await world.pool.query('delete from webhook_deliveries where endpoint_id = $1', [id])
      await world.addEvent(merchant)
      deliver({ resolve })
      await until(
        `${bad} was refused`,
        async () => (await world.deliveriesOf(id))[0]?.last_error === 'address_not_allowed',
      )
      await stopAll()
    }
    assert.equal(receiver.received.length, 1)
  })

  it('checks an address that stands in the URL, which no resolver sees', async () => {
    const merchant = await world.addMerchant()
    const urls = [
      'http://10.0.0.1/',
      'https://169.254.169.254/',
      'https://[::ffff:a00:1]/',
      'http://93.184.216.34/',
      'https://0xa9fea9fe/',
    ]
    const endpoints = await Promise.all(urls.map((url) => world.addEndpoint(merchant, url)))
    await world.addEvent(merchant)
    deliver({ resolve: () => assert.fail('asked for an address literal') })
    for (const { id } of endpoints) {
      await until('refused', async () => (await world.deliveriesOf(id))[0]?.last_error === 'address_not_allowed')
    }
    await stopAll()
  })

  it('sends again what a dead process had taken, once its lease has ended', async () => {
    const receiver = await receive()
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, receiver.url)
    const event = await world.addEvent(merchant)
    // What a killed process leaves behind: a claim without a result.
    await world.pool.query(
      `update webhook_deliveries set next_try_at = now() + interval '1 second' where endpoint_id = $1`,
      [id],
    )
    deliver()
    await sleep(400)
    assert.equal(receiver.received.length, 0, 'a lease is respected')
    await until('delivered', async () => (await world.deliveriesOf(id))[0]?.state === 'delivered')
    assert.equal(receiver.received[0]?.headers['webhook-id'], event.id)
    await stopAll()
  })

  it('leases what it sends for longer than a try takes, and two outboxes never send the same', async () => {
    const receiver = await receive((response) => setTimeout(() => response.end(), 50))
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, receiver.url)
    for (let events = 0; events < 40; events++) await world.addEvent(merchant)
    const both = [deliver(), deliver()]
    await until('one is under way', async () => receiver.received.length > 0)
    const { rows } = await world.pool.query<{ seconds: number }>(
      `select max(extract(epoch from next_try_at - now()))::float8 as seconds from webhook_deliveries where endpoint_id = $1`,
      [id],
    )
    const seconds = rows[0]?.seconds ?? 0
    assert.ok(seconds > 15 && seconds < 21, `${seconds} s`)
    await until('all are delivered', async () =>
      (await world.deliveriesOf(id)).every((row) => row.state === 'delivered'),
    )
    assert.equal(both.length, 2)
    assert.equal(new Set(receiver.received.map((one) => one.headers['webhook-id'])).size, 40)
    assert.equal(receiver.received.length, 40)
    await stopAll()
  })

  it('sends nothing to an endpoint that was disabled while the event was being written', async () => {
    const receiver = await receive()
    const merchant = await world.addMerchant()
    const { id } = await world.addEndpoint(merchant, receiver.url)
    await world.addEvent(merchant)
    await world.pool.query(`update webhook_endpoints set status = 'disabled' where id = $1`, [id])
    deliver()
    await until('canceled', async () => (await world.deliveriesOf(id))[0]?.state === 'canceled')
    assert.equal(receiver.received.length, 0)
    await stopAll()
  })
})
