import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import type { PspAccount } from '../port.ts'
import { webhooks } from './webhooks.ts'

const secret = 'whsec_sandbox_0123456789abcdef'
const account: PspAccount = {
  id: 'pspa_1',
  merchantId: 'mer_1',
  psp: 'sandbox',
  name: 'Sandbox',
  config: {},
  credentials: { webhook_secret: secret },
}
const now = new Date('2026-11-23T12:00:00Z')
const at = now.getTime() / 1000

const payment = {
  object: 'payment',
  id: 'pay_1',
  reference: 'att_1',
  status: 'captured',
  amount: { value: 1000, currency: 'EUR' },
  captured: 1000,
  checkout_session: null,
  decline: null,
  action: null,
  card: null,
}
const operation = {
  object: 'capture',
  id: 'cap_1',
  reference: 'att_2',
  payment: 'pay_1',
  amount: { value: 600, currency: 'EUR' },
  status: 'succeeded',
  failure: null,
}
const session = {
  object: 'checkout_session',
  id: 'cs_1',
  reference: 'att_3',
  url: 'https://psp.example/checkout/x',
  status: 'expired',
  amount: { value: 1000, currency: 'EUR' },
  payment: null,
  payments: [],
}
const tried = { ...payment, reference: 'att_3', checkout_session: 'cs_1' }

const sign = (body: string | Buffer, seconds: number | string = at, key = secret) =>
  createHmac('sha256', key).update(`${seconds}.`).update(body).digest('hex')
const verify = (body: string | Buffer, header: string, when = now, of = account) =>
  webhooks.verify(of, { body: Buffer.from(body), headers: { 'sandbox-signature': header }, now: when })
const read = (type: string, data: unknown) => {
  const body = JSON.stringify({ id: 'wev_1', type, created: now.toISOString(), data })
  return verify(body, `t=${at},v1=${sign(body)}`)
}

describe('webhooks of the sandbox', () => {
  const told: [string, object, string][] = [
    ['payment.captured', { payment }, 'attempt att_1 authorize approved'],
    [
      'payment.authorized',
      { payment: { ...payment, status: 'authorized', captured: 0 } },
      'attempt att_1 authorize approved',
    ],
    ['payment.declined', { payment: { ...payment, status: 'declined' } }, 'attempt att_1 authorize declined'],
    ['payment.expired', { payment: { ...payment, status: 'expired' } }, 'attempt att_1 authorize ended'],
    ['payment.captured', { payment: { ...payment, status: 'declined' } }, 'attempt att_1 authorize unknown'],
    ['payment.captured', { payment: { ...payment, status: 'settled' } }, 'attempt att_1 authorize unknown'],
    ['payment.captured', { payment: tried }, 'hosted_payment att_3 approved'],
    ['payment.declined', { payment: { ...tried, status: 'captured' } }, 'hosted_payment att_3 unknown'],
    ['capture.succeeded', { operation, payment }, 'attempt att_2 capture approved'],
    ['capture.failed', { operation: { ...operation, status: 'failed' } }, 'attempt att_2 capture declined'],
    ['capture.succeeded', { operation: { ...operation, status: 'failed' } }, 'attempt att_2 capture unknown'],
    ['capture.succeeded', { operation: { ...operation, object: 'refund' } }, 'attempt att_2 capture unknown'],
    [
      'refund.pending',
      { operation: { ...operation, object: 'refund', status: 'pending' } },
      'attempt att_2 refund unknown',
    ],
    [
      'cancellation.succeeded',
      { operation: { ...operation, object: 'cancellation' } },
      'attempt att_2 cancel approved',
    ],
    ['checkout_session.expired', { checkout_session: session }, 'hosted_session att_3 expired'],
    [
      'checkout_session.completed',
      { checkout_session: { ...session, status: 'completed', payment: tried } },
      'hosted_payment att_3 approved',
    ],
    ['checkout_session.expired', { checkout_session: { ...session, status: 'open' } }, 'nothing'],
    ['payment.disputed', { payment }, 'unforeseen att_1'],
    ['constructor', {}, 'unforeseen'],
    ['payment.captured', { payment: { ...payment, captured: '1000' } }, 'refused'],
    ['payment.captured', {}, 'refused'],
    ['capture.succeeded', { payment }, 'refused'],
    ['checkout_session.expired', {}, 'refused'],
  ]
  for (const [type, data, expected] of told) {
    it(`reads ${type} as: ${expected}`, () => {
      const answer = read(type, data)
      if (!answer.ok) return assert.equal('refused', expected)
      const [event] = answer.events
      assert(event && answer.events.length === 1)
      assert.deepEqual([event.id, event.type], ['wev_1', type])
      const { about } = event
      const words: string[] = [about.kind]
      if ('reference' in about && about.reference !== null) words.push(about.reference)
      if (about.kind === 'attempt') words.push(about.attemptKind, about.outcome.outcome)
      if (about.kind === 'hosted_payment') words.push(about.payment.outcome.outcome)
      if (about.kind === 'hosted_session') words.push(about.status)
      assert.equal(words.join(' '), expected)
    })
  }

  const body = JSON.stringify({ id: 'wev_1', type: 'payment.captured', data: { payment } })
  const right = sign(body)
  const signatures: [string, string, boolean][] = [
    ['one signature', `t=${at},v1=${right}`, true],
    ['an old secret’s and the new one’s', `t=${at},v1=${'0'.repeat(64)},v1=${right}`, true],
    ['299 s ago', `t=${at - 299},v1=${sign(body, at - 299)}`, true],
    ['301 s ago', `t=${at - 301},v1=${sign(body, at - 301)}`, false],
    ['301 s ahead', `t=${at + 301},v1=${sign(body, at + 301)}`, false],
    ['another time than was signed', `t=${at - 1},v1=${right}`, false],
    ['a time with a sign', `t=+${at},v1=${sign(body, `+${at}`)}`, false],
    ['no time', `v1=${right}`, false],
    ['another scheme', `t=${at},v0=${right}`, false],
    ['a signature too short', `t=${at},v1=${right.slice(2)}`, false],
    ['six signatures', `t=${at}${`,v1=${right}`.repeat(6)}`, false],
    ['an empty secret’s', `t=${at},v1=${sign(body, at, '')}`, false],
    ['nothing', '', false],
  ]
  for (const [what, header, isGood] of signatures) {
    it(`${isGood ? 'takes' : 'refuses'} ${what}`, () => {
      assert.equal(verify(body, header).ok, isGood)
    })
  }

  it('refuses what is signed but no event, or too large', () => {
    const large = JSON.stringify({ id: 'wev_1', type: 'payment.captured', data: { padding: 'x'.repeat(300_000) } })
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '{"id":"wev_1"}',
      '{"id":1,"type":"payment.captured","data":{}}',
      large,
      Buffer.from([0xff]),
    ]) {
      assert.equal(verify(text, `t=${at},v1=${sign(text)}`).ok, false)
    }
  })

  it('refuses everything for an account without a webhook secret', () => {
    for (const credentials of [{}, { webhook_secret: '' }, { webhook_secret: 'short' }]) {
      const key = credentials.webhook_secret ?? ''
      assert.equal(verify(body, `t=${at},v1=${sign(body, at, key)}`, now, { ...account, credentials }).ok, false)
    }
  })
})
