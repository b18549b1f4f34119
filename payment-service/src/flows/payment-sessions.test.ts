import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, type LinkWorld, openLinkWorld } from '../http/link/testing/link-world.ts'
import type { HostedPayment, PspRequest } from '../psp-gateway/port.ts'
import { expireDueSessions } from './expire-payment-session.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { closeSession, settleHostedPayment } from './settle-session.ts'

describe('payment sessions', () => {
  let world: LinkWorld
  before(async () => {
    world = await openLinkWorld()
  })
  after(() => world.close())
  afterEach(() => {
    world.state.fault = () => null
    world.state.aheadMs = 0
  })

  const request = {
    amount: 1999,
    currency: 'EUR',
    success_url: 'https://shop.example/ok',
    cancel_url: 'https://shop.example/no',
  }
  const timeout = { failure: 'timeout', requestWasSent: true } as const
  /** Lets the PSP act, and loses its answer. */
  const loseAnswersOf =
    (path: RegExp): Fault =>
    (asked) => {
      if (!path.test(asked.url) || asked.method !== 'POST') return null
      world.state.fault = () => null
      return world.deps.send(asked, 5_000).then(() => {
        world.state.fault = loseAnswersOf(path)
        return timeout
      })
    }
  const beUnreachable: Fault = async () => ({ failure: 'refused', requestWasSent: false })
  const open = async (url: string) => {
    const browser = new Map()
    const { location } = await world.visit(browser, 'POST', url)
    return { browser, pspUrl: location ?? '' }
  }
  const paid = async (more: object = {}) => {
    const session = await world.createSession(more)
    const opened = await open(session.url)
    await world.pay(opened.pspUrl, 'visa')
    return { session, ...opened }
  }
  const rowOf = async (table: 'attempts' | 'refunds', column: string, id: string) =>
    (await world.deps.pool.query(`select * from ${table} where ${column} = $1 order by id`, [id])).rows

  describe('making one', () => {
    it('answers with the link, and a repeat with the same answer', async () => {
      const first = await world.call('POST', '/v1/payment_sessions', request, 'key-1')
      assert.equal(first.status, 201)
      assert.match(first.body.url, /^http:\/\/127\.0\.0\.1:4000\/s\/[\w-]{43}$/)
      const again = await world.call('POST', '/v1/payment_sessions', { ...request }, 'key-1')
      assert.deepEqual(again.body, first.body)
      assert.equal(again.headers['idempotent-replayed'], 'true')
      const { rows } = await world.deps.pool.query(
        `select to_jsonb(stored)::text as row from idempotency_keys stored where key = 'key-1'`,
      )
      assert.ok(!rows[0].row.includes(first.body.url.slice(-43)), 'the link is in no stored answer')
      assert.deepEqual(await world.findSession(first.body.id), first.body)
      const other = await world.call('POST', '/v1/payment_sessions', { ...request, amount: 2000 }, 'key-1')
      assert.equal(other.body.code, 'idempotency_key_reused')
    })

    it('says what is wrong, and writes nothing', async () => {
      const wrong = [
        { more: { currency: 'XXZ' }, code: 'currency_unsupported', param: 'currency' },
        { more: { success_url: 'https://[shop' }, code: 'parameter_invalid', param: 'success_url' },
        { more: { cancel_url: 'javascript:alert(1)' }, code: 'parameter_invalid', param: 'cancel_url' },
        { more: { expires_in: 59 }, code: 'parameter_invalid', param: 'expires_in' },
        { more: { late_payments: 'lose' }, code: 'parameter_invalid', param: 'late_payments' },
        { more: { extra: 1 }, code: 'parameter_unknown', param: 'extra' },
        { more: { psp_account: `pspa_${'0'.repeat(26)}` }, code: 'psp_account_missing', param: 'psp_account' },
      ]
      const count = async () => (await world.deps.pool.query('select count(*) from payment_sessions')).rows[0].count
      const earlier = await count()
      for (const { more, code, param } of wrong) {
        const { body } = await world.call('POST', '/v1/payment_sessions', { ...request, ...more })
        assert.deepEqual([body.code, body.param], [code, param])
      }
      assert.equal(await count(), earlier)
    })

    it('goes on with the same session when the PSP’s answer was lost', async () => {
      world.state.fault = loseAnswersOf(/checkout_sessions$/)
      const lost = await world.call('POST', '/v1/payment_sessions', request, 'key-2')
      assert.equal(lost.body.code, 'psp_unavailable')
      world.state.fault = () => null
      const again = await world.call('POST', '/v1/payment_sessions', request, 'key-2')
      assert.equal(again.status, 201)
      const attempts = await rowOf('attempts', 'payment_session_id', again.body.id)
      assert.deepEqual(
        attempts.map(({ kind, state }) => [kind, state]),
        [['create_session', 'approved']],
      )
      const { rows } = await world.deps.pool.query(`select count(*) from idempotency_keys where key = 'key-2'`)
      assert.equal(rows[0].count, 1n)
    })

    it('has a link that makes the PSP’s page when nobody retried', async () => {
      world.state.fault = loseAnswersOf(/checkout_sessions$/)
      await world.call('POST', '/v1/payment_sessions', request, 'key-3')
      const { rows } = await world.deps.pool.query(`select object_id from idempotency_keys where key = 'key-3'`)
      const link = (await world.findSession(rows[0].object_id)).url ?? ''
      world.state.fault = beUnreachable
      const notNow = await world.visit(new Map(), 'POST', link)
      assert.equal(notNow.status, 503)
      assert.match(notNow.text, /your link is still good.*<form method="post"/s)
      world.state.fault = () => null
      assert.ok((await open(link)).pspUrl.startsWith(world.sandbox.pagesUrl))
    })

    it('cancels a session that the PSP refused to make, and keeps to that answer', async () => {
      world.state.fault = async () => ({
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: '{"error":{"code":"account_closed","message":"…","param":null}}',
      })
      const first = await world.call('POST', '/v1/payment_sessions', request, 'key-4')
      assert.deepEqual([first.status, first.body.code], [422, 'payment_session_declined'])
      assert.match(first.body.detail, /account_closed.*new idempotency key/)
      world.state.fault = () => null
      const again = await world.call('POST', '/v1/payment_sessions', request, 'key-4')
      assert.deepEqual([again.body.code, again.body.detail], [first.body.code, first.body.detail])
      const { rows } = await world.deps.pool.query(`select object_id from idempotency_keys where key = 'key-4'`)
      assert.equal((await world.findSession(rows[0].object_id)).status, 'canceled')
      assert.deepEqual(await world.eventsOf(rows[0].object_id), [])
    })

    it('is listed, by status and by the merchant’s own reference', async () => {
      const session = await world.createSession({ merchant_reference: 'order-77' })
      const { body } = await world.call('GET', '/v1/payment_sessions?merchant_reference=order-77&status=open')
      assert.deepEqual(body, { object: 'list', data: [session], has_more: false })
      assert.deepEqual(
        (await world.call('GET', '/v1/payment_sessions?merchant_reference=order-77&status=expired')).body.data,
        [],
      )
      assert.equal(
        (await world.call('GET', `/v1/payment_sessions/ps_${'0'.repeat(26)}`)).body.code,
        'resource_not_found',
      )
    })
  })

  describe('paying one', () => {
    it('completes it with the charge, once, whoever brings the news how often', async () => {
      const { session, browser } = await paid()
      const back = await world.visit(browser, 'GET', `${session.url}/return`)
      assert.equal(back.location, `https://shop.example/thanks?order=7&payment_session=${session.id}`)
      await Promise.all([1, 2, 3].map(() => world.visit(browser, 'GET', `${session.url}/return`)))
      const now = await world.findSession(session.id)
      const [charge, ...others] = await world.chargesOf(session.id)
      assert.deepEqual([now.status, now.charge, now.url], ['completed', charge.id, null])
      assert.deepEqual(others, [])
      assert.deepEqual(
        [charge.status, charge.captured, charge.flow, charge.card.last4],
        ['captured', 1999n, 'hosted', '4242'],
      )
      assert.deepEqual(await world.eventsOf(charge.id), ['charge.captured'])
      assert.deepEqual(await world.eventsOf(session.id), ['payment_session.completed'])
      assert.deepEqual(
        (await rowOf('attempts', 'charge_id', charge.id)).map(({ kind, state }) => [kind, state]),
        [['authorize', 'approved']],
      )
      assert.deepEqual(await world.truthOf(session.id), ['authorization 1999', 'capture 1999'])
    })

    it('leaves it open after a declined try, which is a failed charge', async () => {
      const session = await world.createSession({ capture_method: 'manual' })
      const { browser, pspUrl } = await open(session.url)
      assert.equal(
        new URL((await world.pay(pspUrl, 'insufficient_funds')) ?? '', pspUrl).pathname,
        new URL(pspUrl).pathname,
      )
      assert.equal((await world.visit(browser, 'GET', `${session.url}/return`)).location, pspUrl)
      await world.pay(pspUrl, 'mastercard')
      await world.visit(browser, 'GET', `${session.url}/return`)
      const charges = await world.chargesOf(session.id)
      assert.deepEqual(
        charges.map(({ status, failure }) => [status, failure?.code]),
        [
          ['failed', 'insufficient_funds'],
          ['authorized', undefined],
        ],
      )
      assert.equal((await world.findSession(session.id)).charge, charges[1].id)
      assert.deepEqual(await world.eventsOf(session.id), ['payment_session.completed'])
    })

    it('follows a try through 3-D Secure', async () => {
      const session = await world.createSession()
      const { browser, pspUrl } = await open(session.url)
      const challenge = new URL((await world.pay(pspUrl, 'challenge')) ?? '', pspUrl).href
      await world.visit(browser, 'GET', `${session.url}/return`)
      assert.deepEqual(
        (await world.chargesOf(session.id)).map(({ status }) => status),
        ['requires_action'],
      )
      await fetch(challenge, { method: 'POST', body: new URLSearchParams({ decision: 'confirm' }), redirect: 'manual' })
      await world.visit(browser, 'GET', `${session.url}/return`)
      const [charge] = await world.chargesOf(session.id)
      assert.deepEqual(await world.eventsOf(charge.id), ['charge.requires_action', 'charge.captured'])
      assert.equal((await world.findSession(session.id)).status, 'completed')
    })

    it('shows that it is being confirmed while the PSP does not answer, and for how long at most', async () => {
      const { session, browser } = await paid()
      world.state.fault = beUnreachable
      const { pathname } = new URL(session.url)
      const [waiting, final] = await Promise.all([
        world.visit(browser, 'GET', `${session.url}/return`),
        world.visit(browser, 'GET', `${session.url}/return?wait=10`),
      ])
      assert.equal(waiting.status, 200)
      assert.equal(waiting.headers.refresh, `3; url=${pathname}/return?wait=1`)
      assert.match(waiting.text, /Confirming your payment/)
      assert.equal(final.headers.refresh, undefined)
      assert.match(final.text, /Please do not pay again/)
    })

    it('keeps a payment of another amount out of the books, and shows it to an operator', async () => {
      const session = await world.createSession()
      const createAttemptId = await world.createAttemptOf(session.id)
      const payment: HostedPayment = {
        pspReference: 'pay_odd',
        amount: { amount: 1n, currency: 'EUR' },
        outcome: { outcome: 'approved', pspReference: 'pay_odd', captured: 1n, card: null },
      }
      assert.equal(
        await settleHostedPayment(world.deps, {
          merchantId: world.merchant.id,
          createAttemptId,
          payment,
          source: 'webhook',
        }),
        'flagged',
      )
      assert.deepEqual(await world.chargesOf(session.id), [])
      assert.match(world.errors.at(-1) ?? '', /an operator must look/)
    })
  })

  describe('money that comes after the end', () => {
    /** The sandbox's card that is approved after its session has ended. */
    const payLate = async (more: object) => {
      const session = await world.createSession(more)
      const { browser, pspUrl } = await open(session.url)
      await world.pay(pspUrl, 'late_success')
      assert.equal((await world.call('POST', `/v1/payment_sessions/${session.id}/expire`)).body.status, 'expired')
      for (const deadline = Date.now() + 10_000; (await world.truthOf(session.id)).length === 0; await sleep(50))
        assert.ok(Date.now() < deadline, 'the sandbox approved it late')
      const back = await world.visit(browser, 'GET', `${session.url}/return`)
      assert.equal(back.status, 410)
      await resolveDueAttempts(world.deps)
      return session
    }

    it('is recorded, flagged and refunded', async () => {
      const session = await payLate({})
      const [charge] = await world.chargesOf(session.id)
      assert.deepEqual(
        [charge.status, charge.flags, charge.refunded, charge.refunds_pending],
        ['captured', ['paid_after_session_end'], 1999n, 0n],
      )
      assert.deepEqual(await world.truthOf(session.id), ['authorization 1999', 'capture 1999', 'refund 1999'])
      assert.deepEqual(await world.eventsOf(charge.id), ['charge.captured', 'charge.refunded'])
      const [refund] = await rowOf('refunds', 'charge_id', charge.id)
      assert.deepEqual(await world.eventsOf(refund.id), ['refund.created', 'refund.succeeded'])
      assert.equal((await world.findSession(session.id)).status, 'expired')
    })

    it('is released when it was only held', async () => {
      const session = await payLate({ capture_method: 'manual' })
      const [charge] = await world.chargesOf(session.id)
      assert.deepEqual([charge.status, charge.flags], ['canceled', ['paid_after_session_end']])
      assert.deepEqual(await world.truthOf(session.id), ['authorization 1999', 'cancellation 1999'])
    })

    it('is kept, and flagged, when the merchant wants it', async () => {
      const session = await payLate({ late_payments: 'keep' })
      const [charge] = await world.chargesOf(session.id)
      assert.deepEqual([charge.status, charge.flags, charge.refunded], ['captured', ['paid_after_session_end'], 0n])
      assert.deepEqual(await world.truthOf(session.id), ['authorization 1999', 'capture 1999'])
    })

    it('goes back once, although the first try to send it was lost', async () => {
      world.state.fault = (asked) => (asked.url.endsWith('/refunds') ? Promise.resolve(timeout) : null)
      const session = await payLate({})
      const [charge] = await world.chargesOf(session.id)
      assert.equal(charge.refunds_pending, 1999n)
      world.state.fault = () => null
      world.state.aheadMs = 60_000
      await resolveDueAttempts(world.deps)
      await resolveDueAttempts(world.deps)
      assert.deepEqual(await world.truthOf(session.id), ['authorization 1999', 'capture 1999', 'refund 1999'])
      assert.equal((await world.chargesOf(session.id))[0].refunded, 1999n)
    })

    it('goes back in the end, although the PSP could not be reached at first', async () => {
      const refused = { failure: 'refused', requestWasSent: false } as const
      world.state.fault = (asked) => (asked.url.endsWith('/refunds') ? Promise.resolve(refused) : null)
      const session = await payLate({})
      const [waiting] = await world.chargesOf(session.id)
      assert.deepEqual([waiting.refunds_pending, waiting.flags], [1999n, ['paid_after_session_end']])
      world.state.fault = () => null
      world.state.aheadMs = 60_000
      await resolveDueAttempts(world.deps)
      assert.deepEqual(await world.truthOf(session.id), ['authorization 1999', 'capture 1999', 'refund 1999'])
    })

    it('is also a second payment of a session that is paid already', async () => {
      const { session, browser } = await paid()
      await world.visit(browser, 'GET', `${session.url}/return`)
      const payment: HostedPayment = {
        pspReference: 'pay_second',
        amount: { amount: 1999n, currency: 'EUR' },
        outcome: { outcome: 'approved', pspReference: 'pay_second', captured: 1999n, card: null },
      }
      const createAttemptId = await world.createAttemptOf(session.id)
      assert.equal(
        await settleHostedPayment(world.deps, {
          merchantId: world.merchant.id,
          createAttemptId,
          payment,
          source: 'webhook',
        }),
        'applied',
      )
      const [first, second] = await world.chargesOf(session.id)
      assert.equal((await world.findSession(session.id)).charge, first.id)
      // The sandbox has no such payment, so it cannot be given back: an operator sees the flag.
      await resolveDueAttempts(world.deps)
      const [, refused] = await world.chargesOf(session.id)
      assert.equal(refused.id, second.id)
      assert.deepEqual(refused.flags, ['paid_after_session_end', 'give_back_failed'])
    })
  })

  describe('ending one', () => {
    it('ends at its time, at the PSP first', async () => {
      const session = await world.createSession({ expires_in: 60 })
      const { pspUrl } = await open(session.url)
      await expireDueSessions(world.deps)
      assert.equal((await world.findSession(session.id)).status, 'open')
      world.state.aheadMs = 61_000
      await expireDueSessions(world.deps)
      const now = await world.findSession(session.id)
      assert.deepEqual([now.status, now.url], ['expired', null])
      assert.deepEqual(await world.eventsOf(session.id), ['payment_session.expired'])
      assert.equal((await fetch(pspUrl)).status, 410)
    })

    it('ends a session that never reached the PSP only when that is proven', async () => {
      world.state.fault = beUnreachable
      await world.call('POST', '/v1/payment_sessions', { ...request, expires_in: 60 }, 'key-5')
      const { rows } = await world.deps.pool.query(`select object_id from idempotency_keys where key = 'key-5'`)
      world.state.aheadMs = 61_000
      await expireDueSessions(world.deps)
      assert.equal((await world.findSession(rows[0].object_id)).status, 'open', 'the PSP has not been heard')
      world.state.fault = () => null
      world.state.aheadMs = 75_000
      await expireDueSessions(world.deps)
      assert.equal((await world.findSession(rows[0].object_id)).status, 'expired')
    })

    it('ends when its merchant asks, and only once', async () => {
      const session = await world.createSession()
      const first = await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, {}, 'key-6')
      assert.deepEqual([first.status, first.body.status, first.body.url], [200, 'expired', null])
      const again = await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, {}, 'key-6')
      assert.deepEqual(again.body, first.body)
      assert.equal(again.headers['idempotent-replayed'], 'true')
      assert.equal(
        (await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, {}, 'key-7')).body.code,
        'session_not_open',
      )
      assert.equal(
        (await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, { a: 1 }, 'key-8')).body.code,
        'parameter_unknown',
      )
      assert.equal(
        (await world.call('POST', `/v1/payment_sessions/ps_${'0'.repeat(26)}/expire`, {}, 'key-9')).body.code,
        'resource_not_found',
      )
    })

    it('is paid, not expired, when the shopper was faster', async () => {
      const { session } = await paid()
      const answer = await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, {}, 'key-10')
      assert.equal(answer.body.code, 'session_not_open')
      assert.match(answer.body.detail, /is completed/)
      assert.deepEqual(
        (await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, {}, 'key-10')).body.detail,
        answer.body.detail,
      )
      assert.equal((await world.findSession(session.id)).status, 'completed')
    })

    it('stays open while the PSP cannot be reached, and is ended soon after', async () => {
      const session = await world.createSession()
      world.state.fault = beUnreachable
      assert.equal(
        (await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, {}, 'key-11')).body.code,
        'psp_unavailable',
      )
      assert.equal((await world.findSession(session.id)).status, 'open')
      world.state.fault = () => null
      world.state.aheadMs = 6_000
      await expireDueSessions(world.deps)
      assert.equal((await world.findSession(session.id)).status, 'expired')
      const retried = await world.call('POST', `/v1/payment_sessions/${session.id}/expire`, {}, 'key-11')
      assert.deepEqual([retried.status, retried.body.status], [200, 'expired'])
    })

    it('believes the truth when the answer to closing was lost', async () => {
      const session = await world.createSession()
      const { browser } = await open(session.url)
      world.state.fault = loseAnswersOf(/\/expire$/)
      const { location } = await world.visit(browser, 'GET', `${session.url}/cancel`)
      assert.equal(location, `https://shop.example/cart?payment_session=${session.id}#items`)
      assert.equal((await world.findSession(session.id)).status, 'canceled')
      assert.deepEqual(await world.eventsOf(session.id), ['payment_session.canceled'])
    })

    it('is canceled, not expired, although the PSP announces the closing that we asked for', async () => {
      const session = await world.createSession()
      const { browser } = await open(session.url)
      const createAttemptId = await world.createAttemptOf(session.id)
      const announceFirst = async (asked: PspRequest) => {
        world.state.fault = () => null
        await closeSession(world.deps, { merchantId: world.merchant.id, createAttemptId, as: 'expired' })
        return world.deps.send(asked, 5_000)
      }
      world.state.fault = (asked) => (asked.url.endsWith('/expire') ? announceFirst(asked) : null)
      await world.visit(browser, 'GET', `${session.url}/cancel`)
      assert.deepEqual(await world.eventsOf(session.id), ['payment_session.canceled'])
    })

    it('ends when the PSP says by itself that its page is closed', async () => {
      const session = await world.createSession()
      const createAttemptId = await world.createAttemptOf(session.id)
      for (const as of ['expired', 'expired', 'canceled'] as const)
        await closeSession(world.deps, { merchantId: world.merchant.id, createAttemptId, as })
      assert.deepEqual(await world.eventsOf(session.id), ['payment_session.expired'])
    })

    it('leads a shopper who cancels after paying in another tab to success', async () => {
      const { session, browser } = await paid()
      const { location } = await world.visit(browser, 'GET', `${session.url}/cancel`)
      assert.equal(location, `https://shop.example/thanks?order=7&payment_session=${session.id}`)
      assert.equal((await world.findSession(session.id)).status, 'completed')
    })

    it('never disagrees with the bank when payment and expiry race', async () => {
      const sessions = await Promise.all(Array.from({ length: 16 }, () => world.createSession({ expires_in: 60 })))
      const opened = await Promise.all(sessions.map(async (session) => ({ session, ...(await open(session.url)) })))
      world.state.aheadMs = 61_000
      const pay = (pspUrl: string) =>
        fetch(pspUrl, {
          method: 'POST',
          body: new URLSearchParams({ number: '4242424242424242', expiry: '12/34', cvc: '123' }),
          redirect: 'manual',
        })
      await Promise.all([
        ...opened.map(({ pspUrl }, index) => sleep(index * 4).then(() => pay(pspUrl))),
        expireDueSessions(world.deps),
        expireDueSessions(world.deps),
        ...opened.map(({ session, browser }) => world.visit(browser, 'GET', `${session.url}/return`)),
      ])
      await Promise.all(opened.map(({ session, browser }) => world.visit(browser, 'GET', `${session.url}/return`)))
      for (const { session } of opened) {
        const { status } = await world.findSession(session.id)
        const truth = await world.truthOf(session.id)
        const charges = await world.chargesOf(session.id)
        assert.deepEqual(
          truth,
          status === 'completed' ? ['authorization 1999', 'capture 1999'] : [],
          `${status}: ${charges.length}`,
        )
        assert.equal(charges.length, status === 'completed' ? 1 : 0)
        assert.equal((await world.eventsOf(session.id)).length, 1)
      }
    })
  })

  describe('coming back from the bank', () => {
    it('asks for the truth and goes on to the merchant with the charge', async () => {
      const { charge, challenge, back } = await startChallenge()
      await fetch(challenge, { method: 'POST', body: new URLSearchParams({ decision: 'confirm' }), redirect: 'manual' })
      const answer = await world.visit(new Map(), 'GET', back)
      assert.deepEqual([answer.status, answer.location], [303, `https://shop.example/3ds?charge=${charge.id}`])
      assert.equal((await world.call('GET', `/v1/charges/${charge.id}`)).body.status, 'captured')
      assert.equal((await world.visit(new Map(), 'GET', `/c/${'x'.repeat(43)}/return`)).status, 404)
    })

    const startChallenge = async () => {
      const account = await world.deps.directory.findPspAccount(world.merchant.account)
      const token = await fetch(`${world.sandbox.pagesUrl}/v2/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account?.credentials.public_key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ number: '4000002500003155', cvc: '123', expiry_month: 12, expiry_year: 2034 }),
      })
      const { id } = (await token.json()) as { id: string }
      const { body: charge } = await world.call('POST', '/v1/charges', {
        amount: 500,
        currency: 'EUR',
        return_url: 'https://shop.example/3ds',
        payment_method: { type: 'token', token: id },
      })
      return {
        charge,
        challenge: charge.next_action.url,
        back: `/c/${world.deps.vault.linkToken('return', charge.id)}/return`,
      }
    }
  })
})
