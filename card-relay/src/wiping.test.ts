import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instruction } from '@fincore/api-contract/card-door'
import { replyWith, startWorld, type World } from './testing/relay-world.ts'

const number = '4242424242424242'
const wrap = (text: string) => `{"payment_method":{"card":{"number":${text},"cvc":"737"}}}`
const body = wrap(`"${number}"`)

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world.stop())

function send(changes: Partial<Extract<Instruction, { do: 'send' }>> = {}): Instruction {
  const to = world.psp.url
  const template = '{"number":"{{card.number}}","cvc":"{{card.cvc}}"}'
  const fields = { attempt: 'att_1', to, method: 'POST', headers: {}, body: template } as const
  return { do: 'send', ...fields, timeoutMs: 2_000, replyFields: ['status'], ...changes }
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let waits = 0; !isTrue(); waits++) {
    assert.ok(waits < 500, `It did not come to this: ${what}`)
    await sleep(10)
  }
}

function assertWiped({ memory, buffers }: World, least: number): void {
  assert.equal(memory.count(), 0)
  assert.ok(buffers.length >= least, `${buffers.length} buffers were taken`)
  for (const buffer of buffers) assert.ok(buffer.every((value) => value === 0))
}

/** How a charge may end, and how many buffers it takes at least. */
type Exit = { way: string; buffers: number; on?: Partial<World['on']>; go?: () => Promise<unknown> }

const exits: Exit[] = [
  { way: 'success', buffers: 8 },
  { way: 'a refusal by the payment service', buffers: 3, on: { charge: () => replyWith(422, '{}') } },
  { way: 'a body that is no JSON', buffers: 1, go: () => world.post(body.slice(0, -1)) },
  { way: 'a body that is too large', buffers: 1, go: () => world.post(body.padEnd(80_000), { drip: 10_000 }) },
  { way: 'a number that is not valid', buffers: 1, go: () => world.post(wrap('"4242424242424241"')) },
  { way: 'a number in a second place', buffers: 2, go: () => world.post(`{"a":"${number}",${body.slice(1)}`) },
  {
    way: 'a number in the idempotency key',
    buffers: 2,
    go: () => world.post(body, { headers: { 'idempotency-key': number } }),
  },
  { way: 'a client that breaks off half-way', buffers: 1, go: breakOff },
  { way: 'no answer of the payment service', buffers: 3, on: { charge: () => null } },
  {
    way: 'an instruction that cannot be read',
    buffers: 3,
    on: { charge: () => ({ ...send(), body: 7 }) as unknown as Instruction },
  },
  { way: 'a template that is none', buffers: 3, on: { charge: () => send({ body: '{}' }) } },
  { way: 'no connection to the PSP', buffers: 4, on: { charge: () => send({ to: world.closedOrigin }) } },
  { way: 'a PSP of another name', buffers: 4, on: { charge: () => send({ to: world.misnamedPsp.url }) } },
  {
    way: 'a PSP that does not answer',
    buffers: 4,
    on: { psp: () => undefined, charge: () => send({ timeoutMs: 100 }) },
  },
  { way: 'a PSP that resets', buffers: 4, on: { psp: (request) => void request.socket.destroy() } },
  {
    way: 'a reply that breaks off',
    buffers: 5,
    on: {
      psp: (request, _body, response) => {
        response.writeHead(200, { 'content-length': '100' }).write(body)
        setTimeout(() => request.socket.destroy(), 20)
      },
    },
  },
  {
    way: 'a reply that is too large',
    buffers: 5,
    on: { psp: (_request, _body, response) => response.end(number.repeat(5_000)) },
  },
  { way: 'a reply that is no JSON', buffers: 5, on: { psp: (_request, _body, response) => response.end(number) } },
  { way: 'a report that is not taken', buffers: 6, on: { report: () => 409 } },
  { way: 'a client that goes away meanwhile', buffers: 6, go: leaveMeanwhile },
]

async function breakOff(): Promise<void> {
  const { bodyCount } = world.relay
  const before = bodyCount.bytesRead
  const leave = new AbortController()
  const charge = world.post(body, { drip: 4, signal: leave.signal }).catch(() => undefined)
  await until('a part of the body is read', () => bodyCount.bytesRead > before)
  leave.abort()
  await charge
}

async function leaveMeanwhile(): Promise<void> {
  const leave = new AbortController()
  let isReported = false
  world.on.psp = (_request, _body, response) => {
    leave.abort()
    setTimeout(() => response.end(`{"status":"${number}"}`), 50)
  }
  world.on.report = () => {
    isReported = true
    return replyWith(201, '{}')
  }
  await world.post(body, { signal: leave.signal }).catch(() => undefined)
  await until('it is reported', () => isReported)
}

describe('every buffer that card data was in is zero', () => {
  for (const { way, buffers, on, go } of exits) {
    it(`after ${way}`, async () => {
      world.on.charge = () => send()
      world.on.report = () => replyWith(201, '{}')
      world.on.psp = (_request, _body, response) => response.end(`{"status":"${number}","cvc":"737"}`)
      Object.assign(world.on, on)
      world.buffers.length = 0
      await (go?.() ?? world.post(body).catch(() => undefined))
      await until('nothing is held', () => world.memory.count() === 0)
      assertWiped(world, buffers)
      assert.doesNotMatch(world.logLines.join(''), /42424242/)
    })
  }

  it('after a refusal before the body, which takes none', async () => {
    world.on.admission = () => ({ decision: 'refuse', reply: { status: 403, headers: {}, body: '{}' } })
    world.buffers.length = 0
    await world.post(body, { headers: { authorization: 'Bearer sk_test_refused' } })
    // What the payment service answered was in one, since all that is read comes into the same memory.
    assert.ok(world.buffers.length <= 1)
    assertWiped(world, 0)
    world.on.admission = () => ({ decision: 'admit', exemptKeys: [] })
  })

  it('after a shutdown in the middle that waits in vain', async () => {
    const own = await startWorld({ shutdownMs: 100 })
    const atPsp = new Promise<void>((resolve) => {
      own.on.psp = () => resolve()
    })
    own.on.charge = () => send({ to: own.psp.url, timeoutMs: 30_000 })
    const charge = own.post(body).catch(() => undefined)
    await atPsp
    assert.ok(own.memory.count() > 0)
    await own.stop()
    await charge
    assertWiped(own, 4)
  })

  it('after a shutdown while the body comes in', async () => {
    const own = await startWorld({ shutdownMs: 100 })
    const charge = own.post(body, { drip: 1 }).catch(() => undefined)
    await until('its first bytes are read', () => own.relay.bodyCount.bytesRead > 0)
    await own.stop()
    await charge
    assertWiped(own, 1)
  })
})
