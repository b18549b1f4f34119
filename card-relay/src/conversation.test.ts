import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import type { AdmissionAnswer, Instruction, SendReport } from '@fincore/api-contract/card-door'
import { replyWith, startWorld, type World } from './testing/relay-world.ts'

const number = '4242424242424242'
const body = JSON.stringify({ amount: 1000, payment_method: { card: { number, cvc: '737', exp_month: 12 } } })
const template = '{"source":{"number":"{{card.number}}","cvc":"{{card.cvc}}"}}'

type Send = Extract<Instruction, { do: 'send' }>

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world.stop())

function send(changes: Partial<Send> = {}): Send {
  return {
    do: 'send',
    attempt: 'att_1',
    to: `${world.psp.url}/v2/payments`,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk_sandbox_1' },
    body: template,
    timeoutMs: 2_000,
    replyFields: ['status'],
    ...changes,
  }
}

describe('the conversation of one charge', () => {
  beforeEach(() => {
    world.on.charge = () => send()
    world.on.report = () => replyWith(201, '{"object":"charge","status":"captured"}')
    world.on.psp = (_request, _body, response) => response.end('{"status":"captured"}')
    world.seen.charges.length = 0
    world.seen.reports.length = 0
    world.psp.calls.length = 0
    world.misnamedPsp.calls.length = 0
    world.buffers.length = 0
  })

  function assertWiped() {
    assert.equal(world.memory.count(), 0)
    for (const buffer of world.buffers) assert.ok(buffer.every((value) => value === 0))
  }

  it('tells the payment service how long its parts took, under the request’s id, which is a UUIDv7’s in its form', async () => {
    world.on.psp = (_request, _body, response) => void setTimeout(() => response.end('{"status":"captured"}'), 60)
    world.seen.times.length = 0
    const answer = await world.post(body, { drip: 1 })
    const [asked, reported] = world.seen.times
    assert.match(String(answer.headers['x-request-id']), /^req_01[0-9a-hjkmnp-tv-z]{24}$/)
    assert.equal(reported?.requestId, answer.headers['x-request-id'])
    const [readMs, askedMs, pspMs, reportedMs] = [asked?.readMs, asked?.elapsedMs, reported?.pspMs, reported?.elapsedMs]
    for (const ms of [readMs, askedMs, pspMs, reportedMs]) assert.ok(ms !== undefined && ms > 0 && ms < 5_000, `${ms}`)
    const [read = 0, psp = 0, before = 0, after = 0] = [readMs, pspMs, askedMs, reportedMs]
    assert.ok(read <= before && psp >= 59 && after >= before + psp - 1, `${read} ${before} ${psp} ${after}`)
  })

  it('lives while it stops, and is not ready', async () => {
    const own = await startWorld()
    own.on.psp = (_request, _body, response) => void setTimeout(() => response.end('{"status":"captured"}'), 500)
    own.on.charge = () => send({ to: `${own.psp.url}/v2/payments` })
    const charge = own.post(body)
    const { port } = new URL(own.relay.url)
    const ask = async (path: string) => {
      const socket = tls.connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      socket.write(`GET ${path} HTTP/1.1\r\nhost: relay\r\n`)
      return socket
    }
    const asked = [await ask('/health/live'), await ask('/health/ready')]
    // What has begun is no idle connection, and there is a charge to wait for.
    while (own.psp.calls.length === 0) await sleep(5)
    const stopped = own.stop()
    const answers = asked.map(async (socket) => {
      socket.write('\r\n')
      const [data] = await once(socket, 'data')
      return String(data).slice(9, 12)
    })
    assert.deepEqual(await Promise.all(answers), ['200', '503'])
    assert.equal((await charge).status, 201)
    await stopped
  })

  it('sends the card to the PSP and to nobody else, reports, answers, and wipes everything', async () => {
    const answer = await world.post(body)
    assert.deepEqual([answer.status, answer.body], [201, '{"object":"charge","status":"captured"}'])
    assert.deepEqual(
      world.psp.calls.map((call) => call.body),
      [`{"source":{"number":"${number}","cvc":"737"}}`],
    )
    assert.equal(world.psp.calls[0]?.headers.authorization, 'Bearer sk_sandbox_1')
    // As values of their own: a digest of the key or the certificate may hold any three digits by chance.
    assert.doesNotMatch(JSON.stringify(world.seen), /4242424242|(?<![0-9a-z])737(?![0-9a-z])/)
    const [report] = world.seen.reports
    assert.ok(report && 'status' in report)
    assert.deepEqual([report.status, report.body], [200, '{"status":"captured"}'])
    // The body as it came, the number, the code, the spliced request, the reply: more than four, and all of them zero.
    assert.ok(world.buffers.length > 4)
    assertWiped()
    assert.doesNotMatch(world.logLines.join(''), /42424242/)
  })

  it('splices a form as it does JSON, and a template without the code', async () => {
    world.on.charge = () => send({ body: 'number={{card.number}}&é=1', headers: {} })
    await world.post(body)
    assert.equal(world.psp.calls[0]?.body, `number=${number}&é=1`)
  })

  it('sends again when the payment service says so, at most four times', async () => {
    world.on.report = () => send()
    const answer = await world.post(body)
    assert.equal(answer.status, 503)
    assert.equal(world.psp.calls.length, 4)
    assert.deepEqual(world.seen.reports.at(-1), { failure: 'refused', requestWasSent: false })
    assertWiped()
  })

  it('does not send a card whose time was over when the instruction came', async () => {
    world.on.charge = () => sleep(200, send({ timeoutMs: 150 }))
    await world.post(body)
    assert.deepEqual(world.seen.reports, [{ failure: 'refused', requestWasSent: false }])
    assert.equal(world.psp.calls.length, 0)
    assertWiped()
  })

  it('gives the PSP only what is left of the time since the question', async () => {
    world.on.charge = () => sleep(400, send({ timeoutMs: 700 }))
    world.on.psp = () => undefined
    const startedAt = performance.now()
    let reportedAfterMs = 0
    world.on.report = () => {
      reportedAfterMs = performance.now() - startedAt
      return replyWith(201, '{}')
    }
    await world.post(body)
    assert.deepEqual(world.seen.reports, [{ failure: 'timeout', requestWasSent: true }])
    assert.ok(reportedAfterMs < 1_050, `${reportedAfterMs} ms`)
  })

  it('does not send again when the time of the second instruction was over', async () => {
    world.on.report = () =>
      world.seen.reports.length === 1 ? sleep(200, send({ timeoutMs: 150 })) : replyWith(201, '{}')
    await world.post(body)
    assert.equal(world.psp.calls.length, 1)
    assert.deepEqual(world.seen.reports[1], { failure: 'refused', requestWasSent: false })
    assertWiped()
  })

  it('measures a try to report from that try, not from one that was not answered', async () => {
    let tries = 0
    world.on.report = () => {
      tries += 1
      if (tries === 1) return 500
      return tries === 2 ? send({ timeoutMs: 190 }) : replyWith(201, '{}')
    }
    await world.post(body)
    assert.equal(world.psp.calls.length, 2)
  })

  const failures: {
    it: string
    to?: () => string
    psp?: World['on']['psp']
    timeoutMs?: number
    report: SendReport
  }[] = [
    {
      it: 'no connection',
      to: () => world.closedOrigin,
      report: { failure: 'refused', requestWasSent: false },
    },
    {
      it: 'a certificate for another host',
      to: () => world.misnamedPsp.url,
      report: { failure: 'tls', requestWasSent: false },
    },
    {
      it: 'a reset after the request',
      psp: (request) => request.socket.destroy(),
      report: { failure: 'reset', requestWasSent: true },
    },
    {
      it: 'a reply that breaks off',
      psp: (request, _body, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{"status":')
        setTimeout(() => request.socket.destroy(), 20)
      },
      report: { failure: 'reset', requestWasSent: true },
    },
    {
      it: 'a reply of more than 64 KiB',
      psp: (_request, _body, response) => response.end('a'.repeat(65_537)),
      report: { failure: 'reset', requestWasSent: true },
    },
    {
      it: 'no reply in time',
      psp: () => undefined,
      // Long enough for a handshake on a busy machine.
      timeoutMs: 600,
      report: { failure: 'timeout', requestWasSent: true },
    },
    {
      it: 'a reply that drips past its time',
      psp: (_request, _body, response) => {
        response.write('{')
      },
      timeoutMs: 600,
      report: { failure: 'timeout', requestWasSent: true },
    },
  ]
  for (const failure of failures) {
    it(`reports ${failure.it} as ${JSON.stringify(failure.report)}`, async () => {
      world.on.charge = () => send({ to: failure.to?.() ?? world.psp.url, timeoutMs: failure.timeoutMs ?? 2_000 })
      if (failure.psp) world.on.psp = failure.psp
      assert.equal((await world.post(body)).status, 201)
      assert.deepEqual(world.seen.reports, [failure.report])
      assert.equal(world.misnamedPsp.calls.length, 0)
      assertWiped()
    })
  }

  it('tells nothing of a compressed reply but its status', async () => {
    world.on.psp = (_request, _body, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(number)
    }
    await world.post(body)
    const [report] = world.seen.reports
    assert.ok(report && 'status' in report)
    assert.deepEqual([report.status, report.body], [200, ''])
  })

  it('reports again while the payment service does not answer', async () => {
    let tries = 0
    world.on.report = () => {
      tries += 1
      return tries < 3 ? 500 : replyWith(201, 'settled')
    }
    assert.equal((await world.post(body)).body, 'settled')
    assert.equal(world.psp.calls.length, 1)
  })

  it('answers 503 with the advice to retry when the report is not taken, and never sends twice', async () => {
    world.on.report = () => 409
    const answer = await world.post(body)
    assert.equal(answer.status, 503)
    assert.match(JSON.parse(answer.body).detail, /same idempotency key/)
    assert.equal(world.psp.calls.length, 1)
    assertWiped()
  })

  it('sends nothing and answers 503 when the payment service gives no instruction, or one of another shape', async () => {
    const { headers: _, ...headless } = send()
    const reply = { status: 201, headers: {}, body: '{}' }
    const unreadable: unknown[] = [
      null,
      'send',
      [],
      {},
      { do: 'wait' },
      { ...send(), do: 'wait' },
      { ...send(), attempt: 7 },
      { ...send(), to: null },
      headless,
      { ...send(), headers: null },
      { ...send(), headers: { a: 1 } },
      { ...send(), body: 7 },
      { ...send(), replyFields: null },
      { ...send(), replyFields: [7] },
      { ...send(), replyFields: { a: 'status' } },
      { ...send(), replyFields: 'status' },
      { ...send(), timeoutMs: 'long' },
      { ...send(), timeoutMs: '2000' },
      { ...send(), timeoutMs: null },
      { do: 'reply' },
      { do: 'reply', reply: 7 },
      { do: 'reply', reply: { ...reply, status: 'fine' } },
      { do: 'reply', reply: { ...reply, status: 7 } },
      { do: 'reply', reply: { ...reply, headers: { a: 'x\ny' } } },
      { do: 'reply', reply: { ...reply, headers: null } },
      { do: 'reply', reply: { ...reply, body: null } },
    ]
    for (const instruction of unreadable) {
      world.on.charge = () => instruction as Instruction
      const answer = await world.post(body)
      const said = JSON.stringify(instruction)
      assert.deepEqual([answer.status, answer.headers['content-type']], [503, 'application/problem+json'], said)
      assert.equal(JSON.parse(answer.body).code, 'service_unavailable', said)
      assertWiped()
    }
    assert.equal(world.psp.calls.length, 0)
    assert.equal(world.seen.reports.length, 0)
  })

  it('answers 503 when what follows a report is of another shape, and sends the card no second time', async () => {
    for (const next of [{ ...send(), body: 7 }, { do: 'reply' }]) {
      world.psp.calls.length = 0
      world.on.report = () => next as unknown as Instruction
      assert.equal((await world.post(body)).status, 503)
      assert.equal(world.psp.calls.length, 1)
    }
  })

  it('answers 503 when admission’s answer is of another shape, and reads no byte of the body', async () => {
    const before = world.relay.bodyCount.bytesRead
    for (const [index, answer] of ['admit', {}, { decision: 'refuse' }, { decision: 'admit' }].entries()) {
      world.on.admission = () => answer as unknown as AdmissionAnswer
      const { status } = await world.post(body, { headers: { authorization: `Bearer sk_test_shape${index}` } })
      assert.equal(status, 503, JSON.stringify(answer))
    }
    world.on.admission = () => ({ decision: 'admit', exemptKeys: [] })
    assert.equal(world.relay.bodyCount.bytesRead, before)
  })

  it('finishes the conversation when the client goes away', async () => {
    const reported = new Promise((resolve) => {
      world.on.report = () => {
        resolve(undefined)
        return replyWith(201, '{}')
      }
    })
    const leave = new AbortController()
    world.on.psp = (_request, _body, response) => {
      leave.abort()
      setTimeout(() => response.end('{}'), 50)
    }
    await assert.rejects(world.post(body, { signal: leave.signal }))
    await reported
    assert.equal(world.seen.reports.length, 1)
  })

  it('finishes what is under way when it is stopped, and then takes nothing more', async () => {
    const own = await startWorld()
    const atPsp = new Promise<void>((resolve) => {
      own.on.psp = (_request, _body, response) => {
        resolve()
        setTimeout(() => response.end('{}'), 200)
      }
    })
    own.on.charge = () => send({ to: own.psp.url })
    const charge = own.post(body)
    await atPsp
    const stopped = own.stop()
    assert.equal((await charge).status, 201)
    await stopped
    for (const buffer of own.buffers) assert.ok(buffer.every((value) => value === 0))
  })
})
