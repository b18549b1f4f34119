import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { applyPspEvent } from '../../flows/apply-psp-event.ts'
import { resolveDueAttempts } from '../../flows/resolve-attempts.ts'
import { newId } from '../../ids.ts'
import type { Job } from '../../jobs/run-every.ts'
import { startInbox } from '../../webhooks/inbox/inbox.ts'
import { type ApiWorld, callerOf, createApiWorld } from '../../webhooks/testing/api-world.ts'
import type { Bench, TestCard } from '../conformance/bench.ts'
import { readItem } from './events.ts'
import { openAdyenBench } from './testing/bench.ts'

let world: ApiWorld
let bench: Bench
let inbox: Job
let call: ReturnType<typeof callerOf>
let account: string
let forwarding: NodeJS.Timeout
/** Whether Adyen's webhooks are late. */
let isHeldBack = false
/** How FinCore answered the webhooks that it got, each of them twice. */
const answers: { status: number; text: string }[] = []

before(async () => {
  world = await createApiWorld()
  bench = await openAdyenBench()
  world.deps.send = (request) => bench.send(request)
  const merchant = await world.addMerchant()
  const scopes = ['read', 'payment_sessions:write', 'charges:write', 'refunds:write']
  call = callerOf(world.app, await world.addKey(merchant, scopes))
  account = newId('pspAccount')
  const { config, credentials } = bench.account
  await world.pool.query(
    `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, 'adyen', 'Adyen', $3, $4)`,
    [merchant, account, config, world.vault.seal(JSON.stringify(credentials), account)],
  )
  inbox = startInbox(world.deps, applyPspEvent)
  let forwarded = 0
  forwarding = setInterval(() => {
    if (isHeldBack) return
    for (const { body, headers } of bench.deliveries().slice(forwarded)) {
      forwarded += 1
      // FinCore overwrites what it has read.
      for (const _ of ['once', 'and again']) void deliver(Buffer.from(body), headers)
    }
  }, 20)
})
after(async () => {
  clearInterval(forwarding)
  await inbox.stop(5_000)
  await bench.close()
  await world.close()
})

async function deliver(payload: Buffer, { authorization = '', ...headers }: Record<string, string>) {
  const content = headers['content-type'] ?? ''
  const answer = await world.app.inject({
    method: 'POST',
    url: `/v1/psp_webhooks/${account}`,
    headers: { authorization, 'content-type': content },
    payload,
  })
  answers.push({ status: answer.statusCode, text: answer.payload })
}

async function eventually<T>(find: () => Promise<T | undefined>, what: string): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 30))) {
    const found = await find()
    if (found !== undefined) return found
  }
  return assert.fail(`waited in vain for ${what}`)
}
const become = (path: string, status: string) =>
  eventually(async () => {
    const { body } = await call('GET', path)
    return body.status === status ? body : undefined
  }, `${path} to be ${status}`)

async function charge(card: TestCard, more: object = {}) {
  const token = await bench.makeToken(card)
  const request = { amount: 1999, currency: 'EUR', payment_method: { type: 'token', token }, ...more }
  const { status, body } = await call('POST', '/charges', request)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}
const attemptsOf = async (chargeId: string, kind: string): Promise<string[]> => {
  const { rows } = await world.pool.query('select id from attempts where charge_id = $1 and kind = $2', [
    chargeId,
    kind,
  ])
  return rows.map(({ id }) => id)
}
const truthOf = async (chargeId: string) => {
  const [reference = ''] = await attemptsOf(chargeId, 'authorize')
  return (await bench.truth(reference)).map(({ kind, amount }) => `${kind} ${amount}`)
}
const cardThat = (name: string): TestCard => {
  const found = bench.faults.find((fault) => fault.name === name)
  assert(found)
  return found.card
}

describe('FinCore at Adyen', () => {
  it('never calls a payment failed whose answer was lost: the webhook tells that it was made', async () => {
    const lost = await charge(cardThat('reset_after'))
    assert.equal(lost.status, 'processing')
    const { amount_captured } = await become(`/charges/${lost.id}`, 'captured')
    assert.equal(amount_captured, 1999)
    assert.deepEqual(await truthOf(lost.id), ['authorization 1999', 'capture 1999'])
  })

  it('calls a capture and a refund done when Adyen says so, and not when it has taken the request', async () => {
    const held = await charge(bench.cards.approves, { capture_method: 'manual' })
    assert.equal(held.status, 'authorized')
    const asked = await call('POST', `/charges/${held.id}/capture`, { amount: 1500 })
    assert.deepEqual([asked.status, asked.body.status], [200, 'authorized'])
    const captured = await become(`/charges/${held.id}`, 'captured')
    assert.equal(captured.amount_captured, 1500)
    const refund = await call('POST', '/refunds', { charge: held.id, amount: 500 })
    assert.deepEqual([refund.status, refund.body.status], [201, 'pending'])
    await become(`/refunds/${refund.body.id}`, 'succeeded')
    assert.deepEqual(await truthOf(held.id), ['authorization 1999', 'capture 1500', 'refund 500'])
  })

  it('refuses a part that Adyen could only be asked for by rounding, before anything is written', async () => {
    const paid = await charge(bench.cards.approves, { amount: 150_000, currency: 'IDR' })
    const refused = await call('POST', '/refunds', { charge: paid.id, amount: 1_050 })
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.param],
      [422, 'capability_not_supported', 'amount'],
    )
    const refund = await call('POST', '/refunds', { charge: paid.id, amount: 1_000 })
    await become(`/refunds/${refund.body.id}`, 'succeeded')
    const held = await charge(bench.cards.approves, { amount: 150_000, currency: 'IDR', capture_method: 'manual' })
    assert.equal((await call('POST', `/charges/${held.id}/capture`, { amount: 1_050 })).status, 422)
    assert.equal((await call('GET', `/charges/${held.id}`)).body.status, 'authorized')
    assert.deepEqual(await truthOf(paid.id), ['authorization 150000', 'capture 150000', 'refund 1000'])
  })

  it('asks after a lost answer by the same request, which does what never arrived, and not once Adyen has it', async () => {
    const paid = await charge(bench.cards.approves)
    const { send, now } = world.deps
    let refunds = 0
    world.deps.send = async (request, timeoutMs) => {
      if (!request.url.endsWith('/refunds')) return send(request, timeoutMs)
      refunds += 1
      return refunds === 1 ? { failure: 'timeout', requestWasSent: true } : send(request, timeoutMs)
    }
    isHeldBack = true
    const refund = await call('POST', '/refunds', { charge: paid.id, amount: 500 })
    for (const [aheadMs, sent] of [
      [3_000, 2],
      [600_000, 2],
    ] as const) {
      world.deps.now = () => new Date(Date.now() + aheadMs)
      await resolveDueAttempts(world.deps)
      assert.equal(refunds, sent)
      assert.equal((await call('GET', `/refunds/${refund.body.id}`)).body.status, 'pending')
    }
    Object.assign(world.deps, { send, now })
    isHeldBack = false
    await become(`/refunds/${refund.body.id}`, 'succeeded')
    assert.deepEqual(await truthOf(paid.id), ['authorization 1999', 'capture 1999', 'refund 500'])
  })

  it('believes the bank’s page only what Adyen confirms of it, once', async () => {
    const { id, next_action, status } = await charge(bench.cards['needs the shopper'], {
      return_url: 'https://shop.example/thanks',
    })
    assert.equal(status, 'requires_action')
    const query = new URLSearchParams(await bench.answerChallenge(next_action.url, 'confirm'))
    const back = async (added: URLSearchParams) => {
      const url = world.deps.vault.linkToken('return', id)
      const { statusCode } = await world.app.inject({ url: `/c/${url}/return?${added}` })
      assert.equal(statusCode, 303)
    }
    await back(new URLSearchParams({ redirectResult: 'forged' }))
    assert.equal((await call('GET', `/charges/${id}`)).body.status, 'requires_action')
    assert.deepEqual(await truthOf(id), [])
    await back(query)
    assert.equal((await call('GET', `/charges/${id}`)).body.status, 'captured')
    await back(query)
    assert.deepEqual(await truthOf(id), ['authorization 1999', 'capture 1999'])
  })

  it('makes a charge of each try on a payment link, and completes the session with the one that was paid', async () => {
    const { status, body: session } = await call('POST', '/payment_sessions', {
      amount: 2500,
      currency: 'EUR',
      success_url: 'https://shop.example/thanks',
      cancel_url: 'https://shop.example/cart',
    })
    assert.equal(status, 201, JSON.stringify(session))
    const { rows } = await world.pool.query('select psp_url from payment_sessions where id = $1', [session.id])
    const [declined] = bench.declines
    assert(declined)
    await bench.payHosted(rows[0].psp_url, declined.card)
    await bench.payHosted(rows[0].psp_url, bench.cards.approves)
    const completed = await become(`/payment_sessions/${session.id}`, 'completed')
    const tries = await eventually(async () => {
      const found = await world.pool.query('select status from charges where payment_session_id = $1', [session.id])
      return found.rowCount === 2 ? found.rows.map((row) => row.status).sort() : undefined
    }, 'two charges of the session')
    assert.deepEqual(tries, ['captured', 'failed'])
    assert.equal((await call('GET', `/charges/${completed.charge}`)).body.status, 'captured')
  })

  it('lets a hold on a payment link lapse, once its payment is known', async () => {
    const { body: session } = await call('POST', '/payment_sessions', {
      amount: 2500,
      currency: 'EUR',
      capture_method: 'manual',
      success_url: 'https://shop.example/a',
      cancel_url: 'https://shop.example/b',
    })
    const { rows } = await world.pool.query(
      `select s.psp_url, s.merchant_id, a.id as reference from payment_sessions s
       join attempts a on a.payment_session_id = s.id where s.id = $1`,
      [session.id],
    )
    const { psp_url, merchant_id, reference } = rows[0]
    const lapse = (originalReference: string) =>
      applyPspEvent(
        world.deps,
        merchant_id,
        account,
        readItem({
          eventCode: 'EXPIRE',
          success: 'true',
          pspReference: 'K3TT7NP6H4JW8X82',
          originalReference,
          merchantAccountCode: 'AcmeBooksECOM',
          merchantReference: `${reference}-manual`,
          amount: { value: 2500, currency: 'EUR' },
          additionalData: {},
        }),
      )
    assert.equal(await lapse('X7DHPQRN6H4JW8X9'), 'held')
    await bench.payHosted(psp_url, bench.cards.approves)
    const { charge: id } = await become(`/payment_sessions/${session.id}`, 'completed')
    const held = (await call('GET', `/charges/${id}`)).body
    assert.equal(held.status, 'authorized')
    for (const _ of ['once', 'and again']) assert.equal(await lapse(held.psp.reference), 'applied')
    const { status, cancellation_reason } = (await call('GET', `/charges/${id}`)).body
    assert.deepEqual([status, cancellation_reason], ['canceled', 'authorization_expired'])
  })

  it('closes a payment link when the session ends', async () => {
    const request = {
      amount: 2500,
      currency: 'EUR',
      success_url: 'https://shop.example/a',
      cancel_url: 'https://shop.example/b',
    }
    const { body: session } = await call('POST', '/payment_sessions', request)
    const expired = await call('POST', `/payment_sessions/${session.id}/expire`)
    assert.equal(expired.body.status, 'expired', JSON.stringify(expired.body))
    const { rows } = await world.pool.query('select psp_url from payment_sessions where id = $1', [session.id])
    await assert.rejects(bench.payHosted(rows[0].psp_url, bench.cards.approves))
  })

  it('told Adyen every time, in its own words, that it has the webhook', () => {
    assert(answers.length > 10)
    for (const { status, text } of answers) assert.deepEqual([status, text], [200, '[accepted]'])
  })
})
