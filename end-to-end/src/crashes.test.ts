import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { cardCharge, eventually, type StartedWorld, shareWorld, tokenCharge } from './world.ts'

/**
 * How long before the process is killed a charge was sent, in milliseconds: so each dies at another moment of its life,
 * before the intent, around each durable write, while the PSP works (a slow card), and after the answer. Where each falls
 * is not exact, and need not be.
 */
const moments = [3_100, 600, 200, 60, 25, 15, 10, 6, 3, 1]
const slowCard = '4000000000010118'
const quickCard = '4242424242424242'

type Flow = 'token' | 'raw card'
type Caught = { key: string; flow: Flow; isAnswered: boolean }

const shared = shareWorld()

describe('kill -9 in the middle of charges', () => {
  let world: StartedWorld
  let receiver: Server
  let endpoint: string
  let caught: Record<'payment-service' | 'card-relay', Caught[]>
  const delivered = new Set<string>()
  before(async () => {
    world = await shared.open()
    let secret = ''
    receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks).toString()
      new Webhook(secret).verify(body, request.headers as Record<string, string>)
      const event = JSON.parse(body) as { type: string; data: { object: { id: string } } }
      delivered.add(`${event.type} ${event.data.object.id}`)
      response.end()
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
    const made = await world.api('POST', '/v1/webhook_endpoints', { url, events: ['*'] })
    assert.equal(made.status, 201, made.text)
    secret = String(made.body.secret)
    endpoint = String(made.body.id)
    caught = {
      'payment-service': await killAmidst('payment-service', ['token', 'raw card']),
      'card-relay': await killAmidst('card-relay', ['raw card', 'raw card']),
    }
    // Without a lease's end nothing is proven, so all that is in doubt is waited for at once.
    await eventually('every charge to be settled', async () => {
      const { rowCount } = await world.database.query(`select from charges where status = 'processing' limit 1`)
      return rowCount === 0
    })
  })
  after(async () => {
    await world.api('DELETE', `/v1/webhook_endpoints/${endpoint}`)
    receiver.closeAllConnections()
    receiver.close()
    await shared.close()
  })

  for (const name of ['payment-service', 'card-relay'] as const) {
    it(`of the ${name} moves the money once at most, and tells the merchant`, async () => {
      const found = await Promise.all(caught[name].map(assertSettled))
      assert.ok(found.includes('begun without an answer'), 'no charge was in the middle')
    })
  }

  /** Has a charge of each flow be at each moment of its life when the process dies, and starts it again. */
  async function killAmidst(name: keyof typeof caught, flows: readonly Flow[]): Promise<Caught[]> {
    const send = async (flow: Flow, key: string, number: string) => {
      const body = flow === 'token' ? tokenCharge(await world.token(number)) : cardCharge(number)
      return () => (flow === 'token' ? world.api('POST', '/v1/charges', body, { key }) : world.relay(body, { key }))
    }
    // What is new is slow: without this the last charges would die in their TLS handshake, or before a line of code ran.
    const first = await Promise.all(moments.flatMap(() => flows.map((flow) => send(flow, randomUUID(), quickCard))))
    for (const { status, text } of await Promise.all(first.map((charge) => charge()))) assert.equal(status, 201, text)
    const charges = await Promise.all(
      moments.flatMap((moment) =>
        flows.map(async (flow) => {
          const key = randomUUID()
          return { moment, key, flow, charge: await send(flow, key, moment >= 60 ? slowCard : quickCard) }
        }),
      ),
    )
    const killAt = performance.now() + Math.max(...moments)
    const sent = charges.map(async ({ moment, key, flow, charge }): Promise<Caught> => {
      await sleep(killAt - moment - performance.now())
      const answer = await charge().catch(() => null)
      return { key, flow, isAnswered: answer?.status === 201 }
    })
    await sleep(killAt - performance.now())
    await world.fincore.processes[name].kill('SIGKILL')
    const ended = await Promise.all(sent)
    await world.fincore.processes[name].restart()
    return ended
  }

  /** Whatever had happened when the process died: the end is one movement at most, and FinCore says the same. */
  async function assertSettled({ key, flow, isAnswered }: Caught): Promise<string> {
    const { rows } = await world.database.query<{ object_id: string }>(
      'select object_id from idempotency_keys where key = $1',
      [key],
    )
    const id = rows[0]?.object_id
    if (id === undefined) {
      // Killed before the intent was durable: then the PSP must not have been asked, and nobody has an id to ask by.
      assert.ok(!isAnswered)
      return 'never begun'
    }
    const { body: charge } = await world.api('GET', `/v1/charges/${id}`)
    const [attempt, ...more] = (await world.attempts(id)).filter((candidate) => candidate.kind === 'authorize')
    assert.deepEqual(more, [])
    const { movements } = await world.truth(attempt?.id ?? '')
    const captures = movements.filter((movement) => movement.kind === 'capture')
    assert.ok(captures.length <= 1)
    assert.equal(charge.status, captures.length === 1 ? 'captured' : 'failed', flow)
    assert.equal(charge.amount_captured, captures[0]?.amount ?? 0)
    await eventually(`the webhook about ${id}`, async () => delivered.has(`charge.${charge.status} ${id}`))
    return isAnswered ? 'answered' : 'begun without an answer'
  }
})
