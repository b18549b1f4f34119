import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Charge, PaymentSession, Refund } from '@fincore/api-contract/resources'
import type { Browser, Page } from 'playwright-core'
import { type MerchantSite, payOnHostedPage, shareBrowser, startMerchantSite } from './browser.ts'
import { eventually, type Truth, useWorld, type World } from './world.ts'

const amount = 1999

type Event = { id: string; type: string; data: { object: { id: string } } }

const shared = shareBrowser()

/** A shopper's way from the shop over the PSP's page and back, in a real browser, judged by the sandbox's truth ledger. */
describe('hosted payments', { concurrency: 1 }, () => {
  let world: World
  let browser: Browser
  let shop: MerchantSite
  before(async () => {
    ;[world, browser, shop] = await Promise.all([useWorld(), shared.open(), startMerchantSite()])
  })
  after(async () => {
    await shared.close()
    shop.close()
    await world.close()
  })

  /** Makes a session as the merchant, and opens its link as a shopper until the PSP's page is there. */
  async function openCheckout(more: object = {}): Promise<{ id: string; page: Page }> {
    const way = { success_url: `${shop.origin}/thanks`, cancel_url: `${shop.origin}/basket` }
    const made = await world.api('POST', '/v1/payment_sessions', {
      amount,
      currency: 'EUR',
      description: 'Two cups',
      ...way,
      ...more,
    })
    assert.equal(made.status, 201, made.text)
    const { id, url }: PaymentSession = JSON.parse(made.text)
    const page = await (await browser.newContext()).newPage()
    await page.goto(String(url))
    await page.getByRole('heading', { name: 'Pay by card' }).waitFor()
    return { id, page }
  }

  async function read<T>(path: string): Promise<T> {
    const answer = await world.api('GET', path)
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text)
  }

  const readSession = (id: string) => read<PaymentSession>(`/v1/payment_sessions/${id}`)

  /** The charges of a session, the oldest first. */
  async function listCharges(id: string): Promise<Charge[]> {
    const { data } = await read<{ data: Charge[] }>(`/v1/charges?payment_session=${id}`)
    return data.toReversed()
  }

  async function readTruth(id: string): Promise<Truth> {
    const { rows } = await world.database.query<{ id: string }>(
      "select id from attempts where payment_session_id = $1 and kind = 'create_session'",
      [id],
    )
    return world.truth(rows[0]?.id ?? '')
  }

  /** What the bank moved for a session, as `kind amount`, in the order of its happening. */
  async function listMovements(id: string): Promise<string[]> {
    return (await readTruth(id)).movements.map((movement) => `${movement.kind} ${movement.amount}`)
  }

  /** The types of the events about a session and its charges, the oldest first. */
  async function listEventTypes(id: string): Promise<string[]> {
    const about = [id, ...(await listCharges(id)).map((charge) => charge.id)]
    const lists = await Promise.all(about.map((object) => read<{ data: Event[] }>(`/v1/events?object_id=${object}`)))
    return lists
      .flatMap(({ data }) => data)
      .toSorted((one, other) => (one.id < other.id ? -1 : 1))
      .map((event) => event.type)
  }

  /** The shopper is on the merchant's page, which names the session. */
  async function waitForShop(page: Page, path: '/thanks' | '/basket', id: string): Promise<void> {
    await page.waitForURL(`${shop.origin}${path}?payment_session=${id}`)
  }

  async function expire(id: string): Promise<void> {
    const answer = await world.api('POST', `/v1/payment_sessions/${id}/expire`)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.body.status, 'expired')
  }

  describe('a hosted payment', { concurrency: 3 }, () => {
    it('is paid, and the merchant’s page never races the webhook', async () => {
      const { id, page } = await openCheckout({ metadata: { order: '17' } })
      await payOnHostedPage(page, 'visa')
      await waitForShop(page, '/thanks', id)
      const session = await readSession(id)
      const [charge, ...more] = await listCharges(id)
      assert.deepEqual(more, [])
      assert.equal(session.status, 'completed')
      assert.equal(session.charge, charge?.id)
      assert.equal(session.url, null)
      assert.equal(charge?.status, 'captured')
      assert.equal(charge?.amount_captured, amount)
      assert.equal(charge?.flow, 'hosted')
      assert.deepEqual(charge?.metadata, { order: '17' })
      assert.equal(charge?.payment_method?.card.last4, '4242')
      assert.deepEqual(await listMovements(id), [`authorization ${amount}`, `capture ${amount}`])
      assert.deepEqual(await listEventTypes(id), ['charge.captured', 'payment_session.completed'])
    })

    it('is declined, and succeeds with another card', async () => {
      const { id, page } = await openCheckout()
      await payOnHostedPage(page, 'insufficient_funds')
      await page.getByRole('alert').getByText('The card has too little money available.').waitFor()
      assert.equal((await readSession(id)).status, 'open')
      await payOnHostedPage(page, 'mastercard')
      await waitForShop(page, '/thanks', id)
      const charges = await listCharges(id)
      assert.deepEqual(charges.map(({ status }) => status).toSorted(), ['captured', 'failed'])
      const failed = charges.find(({ status }) => status === 'failed')
      assert.equal(failed?.failure?.code, 'insufficient_funds')
      assert.equal((await readSession(id)).charge, charges.find(({ status }) => status === 'captured')?.id)
      const truth = await readTruth(id)
      assert.equal(truth.declined, 1)
      assert.equal(truth.movements.filter(({ kind }) => kind === 'capture').length, 1)
      const types = await listEventTypes(id)
      assert.deepEqual(types.toSorted(), ['charge.captured', 'charge.failed', 'payment_session.completed'])
    })

    it('is confirmed with 3-D Secure', async () => {
      const { id, page } = await openCheckout()
      await payOnHostedPage(page, 'challenge')
      await page.getByRole('button', { name: 'Confirm payment' }).click()
      await waitForShop(page, '/thanks', id)
      const [charge, ...more] = await listCharges(id)
      assert.deepEqual(more, [])
      assert.equal(charge?.status, 'captured')
      assert.equal((await readSession(id)).status, 'completed')
      assert.deepEqual(await listMovements(id), [`authorization ${amount}`, `capture ${amount}`])
    })

    it('fails at 3-D Secure, and the shopper may try again', async () => {
      const { id, page } = await openCheckout()
      await payOnHostedPage(page, 'challenge')
      await page.getByRole('button', { name: 'Fail the check' }).click()
      await page.getByRole('alert').getByText('Your bank could not confirm that it is you.').waitFor()
      const failed = await eventually('the failed try', async () =>
        (await listCharges(id)).find(({ status }) => status === 'failed'),
      )
      assert.equal(failed.failure?.code, 'authentication_failed')
      assert.equal((await readSession(id)).status, 'open')
      await payOnHostedPage(page, 'visa')
      await waitForShop(page, '/thanks', id)
      assert.deepEqual(await listMovements(id), [`authorization ${amount}`, `capture ${amount}`])
    })

    it('is canceled by the shopper, at the PSP too', async () => {
      const { id, page } = await openCheckout()
      const checkout = page.url()
      await page.getByRole('button', { name: 'Cancel and return to' }).click()
      await waitForShop(page, '/basket', id)
      assert.equal((await readSession(id)).status, 'canceled')
      assert.equal((await page.goto(checkout))?.status(), 410)
      assert.deepEqual(await listMovements(id), [])
      assert.deepEqual(await listEventTypes(id), ['payment_session.canceled'])
    })

    it('is held with manual capture, and captured by the merchant', async () => {
      const { id, page } = await openCheckout({ capture_method: 'manual' })
      await payOnHostedPage(page, 'visa')
      await waitForShop(page, '/thanks', id)
      const session = await readSession(id)
      assert.equal(session.status, 'completed')
      assert.equal((await listCharges(id))[0]?.status, 'authorized')
      assert.deepEqual(await listMovements(id), [`authorization ${amount}`])
      const captured = await world.api('POST', `/v1/charges/${session.charge}/capture`, { amount: 1500 })
      assert.equal(captured.body.amount_captured, 1500, captured.text)
      assert.deepEqual((await listMovements(id)).slice(0, 2), [`authorization ${amount}`, 'capture 1500'])
    })

    it('is ended by the merchant while the shopper types: the PSP takes no card any more', async () => {
      const { id, page } = await openCheckout()
      await expire(id)
      await payOnHostedPage(page, 'visa')
      await page.getByRole('heading', { name: 'This checkout has expired' }).waitFor()
      await page.getByRole('link', { name: 'Back to' }).click()
      await waitForShop(page, '/basket', id)
      assert.equal((await readSession(id)).status, 'expired')
      assert.deepEqual(await listMovements(id), [])
      assert.deepEqual(await listEventTypes(id), ['payment_session.expired'])
    })

    it('ends by itself when its time is over, at the PSP first', async () => {
      const { id, page } = await openCheckout()
      await world.database.query(
        'update payment_sessions set expires_at = now(), next_expiry_try_at = now() where id = $1',
        [id],
      )
      await eventually('the session’s end', async () => (await readSession(id)).status === 'expired')
      await payOnHostedPage(page, 'visa')
      await page.getByRole('heading', { name: 'This checkout has expired' }).waitFor()
      assert.deepEqual(await listMovements(id), [])
    })

    it('that was paid before its end is completed, whoever asks for its end', async () => {
      const { id, page } = await openCheckout()
      // The shopper paid and never comes back: the way back is cut.
      await page.route('**/s/*/return', (route) => route.abort())
      await payOnHostedPage(page, 'visa')
      await eventually('the payment', async () => (await readTruth(id)).movements.length > 0)
      const answer = await world.api('POST', `/v1/payment_sessions/${id}/expire`)
      assert.equal(answer.status, 409, answer.text)
      assert.equal(answer.body.code, 'session_not_open')
      assert.equal((await readSession(id)).status, 'completed')
    })

    for (const captureMethod of ['automatic', 'manual']) {
      it(`gives money back that comes after the end (${captureMethod} capture)`, async () => {
        const { id, page } = await openCheckout({ capture_method: captureMethod })
        await payOnHostedPage(page, 'late_success')
        await page.getByRole('heading', { name: 'Your payment is being processed' }).waitFor()
        await expire(id)
        const back = captureMethod === 'automatic' ? 'refund' : 'cancellation'
        await eventually('the money to go back', async () => (await listMovements(id)).includes(`${back} ${amount}`))
        const charge = await eventually('the charge to say so', async () => (await listCharges(id)).find(isGivenBack))
        assert.deepEqual(charge.flags, ['paid_after_session_end'])
        assert.equal(charge.status, captureMethod === 'automatic' ? 'captured' : 'canceled')
        const session = await readSession(id)
        assert.equal(session.status, 'expired')
        assert.equal(session.charge, null)
        const moved =
          captureMethod === 'automatic' ? ['authorization', 'capture', 'refund'] : ['authorization', 'cancellation']
        assert.deepEqual(
          await listMovements(id),
          moved.map((kind) => `${kind} ${amount}`),
        )
        if (captureMethod === 'manual') return
        const { data } = await read<{ data: Refund[] }>(`/v1/refunds?charge=${charge.id}`)
        assert.deepEqual(
          data.map((refund) => [refund.status, refund.amount]),
          [['succeeded', amount]],
        )
      })
    }

    it('keeps late money when the merchant wants it, and flags it', async () => {
      const { id, page } = await openCheckout({ late_payments: 'keep' })
      await payOnHostedPage(page, 'late_success')
      await page.getByRole('heading', { name: 'Your payment is being processed' }).waitFor()
      await expire(id)
      const charge = await eventually('the late charge', async () =>
        (await listCharges(id)).find(({ status }) => status === 'captured'),
      )
      assert.deepEqual(charge.flags, ['paid_after_session_end'])
      assert.equal(charge.amount_refunded, 0)
      assert.equal((await readSession(id)).status, 'expired')
      assert.deepEqual(await listMovements(id), [`authorization ${amount}`, `capture ${amount}`])
      assert.ok((await listEventTypes(id)).includes('charge.captured'))
    })
  })

  // Return, webhook and expiry each brought the same news in their own order; none of it may be left over.
  it('leave no event of the PSP that matches nothing or contradicts what is recorded', async () => {
    const counts = await eventually('every event of the PSP to be looked at', async () => {
      const { rows } = await world.database.query<{ state: string; count: number }>(
        'select state, count(*)::int from psp_events group by state',
      )
      return rows.every(({ state }) => state !== 'received')
        ? new Map(rows.map(({ state, count }) => [state, count]))
        : null
    })
    assert.ok((counts.get('applied') ?? 0) > 20, JSON.stringify([...counts]))
    assert.equal(counts.get('held'), undefined)
    assert.equal(counts.get('flagged'), undefined)
  })
})

function isGivenBack(charge: Charge): boolean {
  return (
    charge.status === 'canceled' || (charge.amount_refunded === charge.amount && charge.amount_refunds_pending === 0)
  )
}
