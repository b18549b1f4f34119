import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Instruction, SendReport } from '@fincore/api-contract/card-door'
import { type Authority, makeAuthority, makeSelfSigned } from './testing/certificates.ts'
import { startCountingPsp } from './testing/counting-psp.ts'
import { replyWith, startWorld, type World } from './testing/relay-world.ts'

const number = '4242424242424242'
const body = JSON.stringify({ payment_method: { card: { number, cvc: '737' } } })
const template = '{"number":"{{card.number}}","cvc":"{{card.cvc}}"}'
type Send = Extract<Instruction, { do: 'send' }>
type CountingPsp = Awaited<ReturnType<typeof startCountingPsp>>

async function startPsps(authority: Authority) {
  const strangers = await makeAuthority('An authority that nobody trusts')
  const own = await authority.issue({ name: 'psp', use: 'server' })
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  return {
    good: await startCountingPsp(own),
    unlisted: await startCountingPsp(own),
    plain: await startCountingPsp(null),
    expired: await startCountingPsp(await authority.issue({ name: 'psp', use: 'server', expired: true })),
    ofAnotherHost: await startCountingPsp(await authority.issue({ name: 'psp', use: 'server', host: 'psp.example' })),
    forClients: await startCountingPsp(await authority.issue({ name: 'psp', use: 'client' })),
    selfSigned: await startCountingPsp(await makeSelfSigned('psp')),
    ofStrangers: await startCountingPsp(await strangers.issue({ name: 'psp', use: 'server' })),
    withTls11: await startCountingPsp(own, old),
  }
}

let psps: Awaited<ReturnType<typeof startPsps>>
let world: World
before(async () => {
  const authority = await makeAuthority('PSP authority')
  psps = await startPsps(authority)
  const pspOrigins = Object.entries(psps).flatMap(([name, psp]) => (name === 'unlisted' ? [] : [psp.origin]))
  world = await startWorld({}, { pspCa: authority.cert, pspOrigins })
})
after(async () => {
  await world.stop()
  for (const psp of Object.values(psps)) await psp.stop()
})

async function charge(changes: Partial<Send>): Promise<SendReport[]> {
  const send: Send = {
    do: 'send',
    attempt: 'att_1',
    to: `${psps.good.origin}/v2/payments`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: template,
    timeoutMs: 3_000,
    replyFields: [],
    ...changes,
  }
  world.on.charge = () => send
  world.on.report = () => replyWith(201, '{}')
  world.seen.reports.length = 0
  assert.equal((await world.post(body)).status, 201)
  return world.seen.reports
}

/** Not one byte for the server behind TLS; over TCP at most what ends a handshake and the alert that ends a connection. */
function assertNothingArrived({ count }: CountingPsp): void {
  assert.equal(count.text, '')
  assert.ok(count.protectedBytes < 150, `${count.protectedBytes} protected bytes`)
}

describe('a template that could leak', () => {
  beforeEach(() => {
    for (const { count } of Object.values(psps)) Object.assign(count, { connections: 0, text: '', protectedBytes: 0 })
  })

  it('is not one that is good: its bytes arrive, and the card among them', async () => {
    assert.deepEqual(await charge({ timeoutMs: 300 }), [{ failure: 'timeout', requestWasSent: true }])
    await psps.good.settle()
    assert.ok(psps.good.count.text.includes(`{"number":"${number}","cvc":"737"}`))
    assert.ok(psps.good.count.protectedBytes > 250, `${psps.good.count.protectedBytes} protected bytes`)
  })

  const good = () => psps.good.origin
  const templates: [what: string, () => Partial<Send>][] = [
    ['an origin outside the allow-list', () => ({ to: `${psps.unlisted.origin}/v2/payments` })],
    ['another port of a listed host', () => ({ to: 'https://127.0.0.1:1/v2/payments' })],
    ['a listed origin as the user of another', () => ({ to: `${good()}@${psps.unlisted.origin.slice(8)}/` })],
    ['a user and a password', () => ({ to: good().replace('://', '://a:b@') })],
    ['plain HTTP', () => ({ to: `${psps.plain.origin}/v2/payments` })],
    ['plain HTTP to a TLS port', () => ({ to: good().replace('https', 'http') })],
    ['no address', () => ({ to: 'nowhere' })],
    ['an address that is no text', () => ({ to: '' })],
    ['a placeholder in the path', () => ({ to: `${good()}/{{card.number}}` })],
    ['a placeholder in the path, percent-encoded', () => ({ to: `${good()}/%7B%7Bcard.number%7D%7D` })],
    ['a placeholder in the query', () => ({ to: `${good()}/?n={{card.number}}` })],
    ['a placeholder in the query, percent-encoded', () => ({ to: `${good()}/?n=%7b%7Bcard.cvc}}` })],
    ['a placeholder in the fragment', () => ({ to: `${good()}/#{{card.number}}` })],
    ['a placeholder in the host', () => ({ to: 'https://{{card.number}}.psp.example/' })],
    ['a placeholder in a header’s value', () => ({ headers: { 'x-card': 'a {{card.number}}' } })],
    ['a placeholder in a header’s name', () => ({ headers: { '{{card.number}}': 'a' } })],
    ['a header that HTTP does not allow', () => ({ headers: { 'x-a': 'b\r\nc: d' } })],
    ['the number twice', () => ({ body: `${template}{{card.number}}` })],
    ['the code twice', () => ({ body: `${template}{{card.cvc}}` })],
    ['the code alone', () => ({ body: '{"cvc":"{{card.cvc}}"}' })],
    ['no placeholder', () => ({ body: '{}' })],
    ['an empty body', () => ({ body: '' })],
    ['an unknown placeholder', () => ({ body: `${template}{{card.expiry}}` })],
    ['a broken placeholder at the end', () => ({ body: `${template}{{card.number` })],
    ['a broken placeholder in the middle', () => ({ body: `{{card.number}${template}` })],
    ['a placeholder in a placeholder', () => ({ body: '{{card.{{card.number}}}}' })],
    ['more fields of the reply than there may be', () => ({ replyFields: Array.from({ length: 65 }, () => 'a') })],
    ['no time left', () => ({ timeoutMs: 0 })],
  ]
  for (const [what, changes] of templates) {
    it(`is one with ${what}: nothing leaves, and that is said`, async () => {
      assert.deepEqual(await charge(changes()), [{ failure: 'refused', requestWasSent: false }])
      for (const psp of Object.values(psps)) {
        assertNothingArrived(psp)
        assert.deepEqual([psp.count.connections, psp.count.protectedBytes], [0, 0])
      }
    })
  }

  it('may write no header of the connection', async () => {
    await charge({ headers: { Host: 'other.example', 'Content-Length': '1', Expect: '100-continue' }, timeoutMs: 300 })
    await psps.good.settle()
    assert.ok(
      psps.good.count.text.includes(`Host: ${psps.good.origin.slice(8)}`) ||
        psps.good.count.text.includes(`host: ${psps.good.origin.slice(8)}`),
    )
    assert.doesNotMatch(psps.good.count.text, /other\.example|100-continue|content-length: 1\r/i)
  })

  const certificates = [
    ['expired', 'a certificate that is out of date'],
    ['selfSigned', 'a certificate that vouches for itself'],
    ['ofAnotherHost', 'a certificate for another host'],
    ['ofStrangers', 'a certificate of another authority'],
    ['forClients', 'a certificate for clients'],
    ['withTls11', 'no TLS above 1.1'],
  ] as const
  for (const [name, what] of certificates) {
    it(`goes to no PSP that has ${what}: nothing leaves, and that is said`, async () => {
      const psp = psps[name]
      assert.deepEqual(await charge({ to: psp.origin }), [{ failure: 'tls', requestWasSent: false }])
      assert.ok(psp.count.connections > 0, 'it was tried')
      await psp.settle()
      assertNothingArrived(psp)
    })
  }
})
