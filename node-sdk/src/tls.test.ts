import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { makeTestCertificate } from '@fincore/psp-sandbox/testing/certificate'
import type { CreateCardCharge } from './contract.ts'
import { FincoreUnavailableError } from './errors.ts'
import { Fincore } from './fincore.ts'
import type { ObservedTry } from './observe.ts'

const card = { number: '4242424242424242', cvc: '123', exp_month: 12, exp_year: 2034 }
const request: CreateCardCharge = { amount: 1, currency: 'EUR', payment_method: { type: 'card', card } }

it('a card is sent to nobody whose certificate is not trusted, not even with NODE_TLS_REJECT_UNAUTHORIZED=0', async (t) => {
  const [relay, merchant] = [makeTestCertificate(), makeTestCertificate()]
  let received = 0
  let shownCertificate: string | undefined
  const server = createServer({ ...relay, requestCert: true, rejectUnauthorized: false }, (incoming, response) => {
    received += 1
    shownCertificate = (incoming.socket as import('node:tls').TLSSocket).getPeerX509Certificate()?.toString()
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"object":"charge","status":"captured"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = (ca?: string) => {
    const fincore = new Fincore({ api: url, secretKey: 'sk_test_1', relay: { url, ...merchant, ca } })
    t.after(() => fincore.close())
    return fincore
  }
  t.after(() => server.close())

  t.mock.method(process, 'emitWarning', () => {})
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
  const seen: ObservedTry[] = []
  await assert.rejects(open().charges.create(request, { observe: (tried) => seen.push(tried) }), (error) => {
    assert.ok(error instanceof FincoreUnavailableError)
    assert.match(error.detail, /\(DEPTH_ZERO_SELF_SIGNED_CERT\), so nothing was sent/)
    return true
  })
  assert.deepEqual([received, seen.length], [0, 1])

  assert.equal((await open(relay.cert).charges.create(request)).status, 'captured')
  assert.equal(received, 1)
  assert.equal(shownCertificate?.trim(), merchant.cert.trim())
})
