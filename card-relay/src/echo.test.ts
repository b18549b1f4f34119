import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { replyWith, startWorld, type World } from './testing/relay-world.ts'
import { quote, saysDigits, spellDigits, spellInside } from './testing/spellings.ts'

const number = '4242424242424242'
/** A code that is part of nothing else here. */
const code = '0937'
const body = JSON.stringify({ payment_method: { card: { number, cvc: code } } })
const numbers = spellInside(number)
const codes = spellDigits(code)

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world.stop())

/** Charges a card at a PSP that answers like this, and gives all that reached the payment service. */
async function hear(answer: (response: ServerResponse) => unknown, replyFields: string[]) {
  world.on.charge = () => ({
    do: 'send',
    attempt: 'att_1',
    to: world.psp.url,
    method: 'POST',
    headers: {},
    body: '{"number":"{{card.number}}","cvc":"{{card.cvc}}"}',
    timeoutMs: 20_000,
    replyFields,
  })
  world.on.report = () => replyWith(201, '{}')
  world.on.psp = (_request, _body, response) => void answer(response)
  for (const list of Object.values(world.seen)) list.length = 0
  world.psp.calls.length = 0
  assert.equal((await world.post(body)).status, 201)
  assert.deepEqual(
    world.psp.calls.map((call) => call.body),
    [`{"number":"${number}","cvc":"${code}"}`],
  )
  const [report] = world.seen.reports
  assert.ok(report && 'status' in report)
  return { report, texts: collectTexts(world.seen) }
}

function collectTexts(value: unknown): string[] {
  if (typeof value === 'string') {
    const inner = value.startsWith('{') ? collectTexts(JSON.parse(value)) : []
    return [value, ...inner]
  }
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.entries(value).flatMap(([key, inner]) => [key, ...collectTexts(inner)])
}

/** A reply with every spelling in a wanted field of its own, in an unwanted one, in a key and in an array. */
function makeReply(): { reply: string; replyFields: string[] } {
  const spellings = [...numbers, ...codes]
  const wanted = spellings.map((spelling, index) => `"wanted_${index}":${quote(spelling)}`)
  const unwanted = spellings.map((spelling) => `{${quote(spelling)}:${quote(spelling)}}`)
  const reply = `{"status":"captured",${wanted.join(',')},"note":[${unwanted.join(',')}],"number":${number},"cvc":937}`
  return { reply, replyFields: ['status', ...spellings.map((_, index) => `wanted_${index}`)] }
}

describe('a PSP’s echo of the card', () => {
  const { reply, replyFields } = makeReply()

  function assertNothingSaid(texts: readonly string[], passed: Record<string, string>): void {
    assert.equal(saysDigits(texts, number), false)
    assert.equal(passed.status, 'captured')
    for (const [index, { name }] of [...numbers, ...codes].entries()) {
      assert.match(passed[`wanted_${index}`] ?? 'missing', /^\*+$/, name)
    }
    assert.doesNotMatch(JSON.stringify(passed), /(?<![0-9a-z])0?937(?![0-9a-z])/)
  }

  it('is found by the check itself', () => {
    assert.equal(saysDigits([reply], number), true)
    for (const spelling of numbers) assert.equal(saysDigits([JSON.parse(quote(spelling))], number), true, spelling.name)
    assert.ok(replyFields.length <= 64)
  })

  it('reaches the payment service in no spelling, neither in wanted fields nor in others', async () => {
    const { report, texts } = await hear((response) => response.end(reply), replyFields)
    assertNothingSaid(texts, JSON.parse(report.body))
  })

  it('reaches it in no spelling when it comes in pieces of a few bytes', async () => {
    const { report, texts } = await hear(async (response) => {
      const bytes = Buffer.from(reply)
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7))
        await setImmediate()
      }
      response.end()
    }, replyFields)
    assertNothingSaid(texts, JSON.parse(report.body))
  })

  it('reaches it in no header, whatever its name', async () => {
    const { report, texts } = await hear(
      (response) => {
        const printable = [...numbers, ...codes].filter(({ text }) => /^[\x20-\x7e]*$/.test(text))
        for (const [index, { text }] of printable.entries()) response.setHeader(`x-echo-${index}`, text)
        response.setHeader('x-cvv', code).setHeader('set-cookie', [`number=${number}`, `cvc=${code}`])
        response.writeHead(200, `Card ${number}`)
        response.end('{"status":"captured"}')
      },
      ['status'],
    )
    assert.deepEqual(report, { status: 200, headers: {}, body: '{"status":"captured"}' })
    assert.equal(saysDigits(texts, number), false)
  })

  it('reaches it in no trailer, announced or not', async () => {
    for (const announced of [{ trailer: 'x-echo, x-cvv' }, {}]) {
      const { report, texts } = await hear(
        (response) => {
          response.writeHead(200, { 'transfer-encoding': 'chunked', ...announced })
          response.write('{"status":"captured"}')
          response.addTrailers({ 'x-echo': number, 'x-cvv': code, [`x-${number}`]: 'x' })
          response.end()
        },
        ['status'],
      )
      assert.deepEqual(report, { status: 200, headers: {}, body: '{"status":"captured"}' })
      assert.equal(saysDigits(texts, number), false)
    }
  })

  const unreadable: [string, (response: ServerResponse) => unknown][] = [
    ['a form', (response) => response.end(`number=${number}&cvc=${code}`)],
    ['XML', (response) => response.end(`<number>${number}</number>`)],
    ['UTF-16', (response) => response.end(Buffer.from(JSON.stringify({ status: number }), 'utf16le'))],
    ['JSON in an array', (response) => response.end(`[{"status":"${number}"}]`)],
    ['JSON that breaks off', (response) => response.end(`{"status":"${number}"`)],
    ['two JSON objects', (response) => response.end(`{"status":"captured"}{"status":"${number}"}`)],
    ['bytes that are no UTF-8', (response) => response.end(Buffer.from(`{"status":"${number}\xff"}`, 'latin1'))],
    ['a key twice', (response) => response.end(`{"status":"${number}","status":"captured"}`)],
    ['a compressed body', (response) => response.setHeader('content-encoding', 'gzip').end(`{"status":"${number}"}`)],
    ['nothing', (response) => response.end()],
  ]
  for (const [what, answer] of unreadable) {
    it(`is not passed on with a reply that is ${what}: its body is empty`, async () => {
      const { report } = await hear(answer, ['status'])
      assert.deepEqual(report, { status: 200, headers: {}, body: '' })
    })
  }
})
