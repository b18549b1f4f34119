import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { cardCharge, eventually, type StartedWorld, startWorld, tokenCharge } from './world.ts'

/**
 * Ten moments of a charge's life, in milliseconds after it was sent: before the intent, around each durable write,
 * while the PSP works (a slow card), and after the answer. Where each falls is not exact, and need not be.
 */
const moments = [1, 3, 6, 10, 15, 25, 60, 200, 600, 3_100]
const slowCard = '4000000000010118'

describe('kill -9 in the middle of charges', () => {
  let world: StartedWorld
  let receiver: Server
  const delivered = new Set<string>()
  before(async () => {
    world = await startWorld({ env: { 'payment-service': { PSP_TIMEOUT_MS: '4000' } } })
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
    const endpoint = await world.api('POST', '/v1/webhook_endpoints', { url, events: ['*'] })
    assert.equal(endpoint.status, 201, endpoint.text)
    secret = String(endpoint.body.secret)
  })
  after(async () => {
    receiver.closeAllConnections()
    receiver.close()
    await world.close()
  })

  for (const name of ['payment-service', 'card-relay'] as const) {
    it(`of the ${name} moves the money once at most, and tells the merchant`, async () => {
      const keys: { key: string; flow: 'token' | 'raw_card' }[] = []
      for (const [index, moment] of moments.entries()) {
        const flow = name === 'card-relay' || index % 2 === 1 ? 'raw_card' : 'token'
        const number = moment >= 60 ? slowCard : '4242424242424242'
        const key = randomUUID()
        const body = flow === 'token' ? tokenCharge(await world.token(number)) : cardCharge(number)
        const charge = flow === 'token' ? world.api('POST', '/v1/charges', body, { key }) : world.relay(body, { key })
        const answered = charge.catch(() => null)
        await sleep(moment)
        await world.fincore.processes[name].kill('SIGKILL')
        await answered
        await world.fincore.processes[name].restart()
        keys.push({ key, flow })
      }
      await Promise.all(keys.map(({ key, flow }) => assertSettled(key, flow)))
    })
  }

  /** Whatever had happened when the process died: the end is one movement at most, and FinCore says the same. */
  async function assertSettled(key: string, flow: 'token' | 'raw_card'): Promise<void> {
    const { rows } = await world.database.query<{ object_id: string }>(
      'select object_id from idempotency_keys where key = $1',
      [key],
    )
    const id = rows[0]?.object_id
    // Killed before the intent was durable: then the PSP must not have been asked, and nobody has an id to ask by.
    if (id === undefined) return
    const charge = await eventually(`${flow} charge ${id} to be settled`, async () => {
      const read = await world.api('GET', `/v1/charges/${id}`)
      return read.body.status === 'processing' ? null : read.body
    })
    const [attempt, ...more] = (await world.attempts(id)).filter((candidate) => candidate.kind === 'authorize')
    assert.deepEqual(more, [])
    const { movements } = await world.truth(attempt?.id ?? '')
    const captures = movements.filter((movement) => movement.kind === 'capture')
    assert.ok(captures.length <= 1)
    assert.equal(charge.status, captures.length === 1 ? 'captured' : 'failed')
    assert.equal(charge.amount_captured, captures[0]?.amount ?? 0)
    await eventually(`the webhook about ${id}`, async () => delivered.has(`charge.${charge.status} ${id}`))
  }
})
