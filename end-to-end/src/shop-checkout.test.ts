import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { payOnHostedPage, shareBrowser } from './browser.ts'
import { readWorldFiles } from './card-traces.ts'
import { assertNotPaid, assertPaidOnce, fillCardForm, readMoney, typeIntoCardFields, waitForOrder } from './shopper.ts'
import { startWorld, type World } from './world.ts'

const price = 2800

describe('the shop’s checkout', () => {
  let world: World
  const shared = shareBrowser()
  let browser: Browser
  before(async () => {
    // Of its own: all orders of the shop are counted.
    ;[world, browser] = await Promise.all([startWorld(), shared.open()])
  })
  after(async () => {
    await shared.close()
    await world?.close()
  })
  const openCheckout = async (
    t: TestContext,
    way: 'hosted' | 'fields' | 'server',
    options: BrowserContextOptions = {},
  ): Promise<Page> => {
    const context = await browser.newContext(options)
    t.after(() => context.close())
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    await page.goto(`${world.fincore.dev.shop}/checkout/morning-cup?way=${way}`)
    return page
  }

  it('on the secure page: the shopper goes there, pays, comes back, and the signed webhook turns the order to paid', async (t) => {
    const { shop, psp, secret_key } = world.fincore.dev
    const page = await openCheckout(t, 'hosted')
    await page.locator('#pay-button').click()
    await page.waitForURL(`${psp}/checkout/**`)
    await payOnHostedPage(page, 'visa')
    await page.waitForURL(`${shop}/orders/**`)
    const order = await waitForOrder(page, 'paid')
    await page.locator('summary', { hasText: 'payment_session.completed' }).waitFor()
    await assertPaidOnce(world, order, price)

    const hood = page.locator('.hood')
    await hood.locator('summary', { hasText: '/v1/payment_sessions' }).waitFor()
    const text = (await hood.textContent()) ?? ''
    assert.match(text, /webhook-signature: v1,/)
    assert.match(text, new RegExp(`Bearer sk_test_••••${secret_key.slice(-4)}`))
    assert.ok(!(await page.content()).includes(secret_key))
  })

  it('on the secure page, left by its cancel button: the order shows as canceled and nothing moved', async (t) => {
    const { shop, psp } = world.fincore.dev
    const page = await openCheckout(t, 'hosted')
    await page.locator('#pay-button').click()
    await page.waitForURL(`${psp}/checkout/**`)
    await page.locator('#cancel').click()
    await page.waitForURL(`${shop}/orders/**`)
    await assertNotPaid(world, await waitForOrder(page, 'canceled'), [])
  })

  // Without scripts the order's page looks again every four seconds only, so these wait side by side.
  describe('without JavaScript', { concurrency: 2 }, () => {
    it('on the secure page', async (t) => {
      const { shop, api, psp } = world.fincore.dev
      const page = await openCheckout(t, 'hosted', { javaScriptEnabled: false })
      await page.locator('#pay-button').click()
      await page.waitForURL(`${api}/s/**`)
      await page.getByRole('button').click()
      await page.waitForURL(`${psp}/checkout/**`)
      await payOnHostedPage(page, 'visa')
      await page.waitForURL(`${shop}/orders/**`)
      const order = await waitForOrder(page, 'paid')
      await assertPaidOnce(world, order, price)
    })

    it('from server to server', async (t) => {
      const page = await openCheckout(t, 'server', { javaScriptEnabled: false })
      await fillCardForm(page, magicCardNumber('visa'))
      await page.locator('#pay-button').click()
      await assertPaidOnce(world, await waitForOrder(page, 'paid'), price)
    })
  })

  it('from server to server: the order is paid, and the shop has forgotten the card', async (t) => {
    const number = magicCardNumber('amex')
    const page = await openCheckout(t, 'server')
    await fillCardForm(page, number)
    await page.locator('#cvc').fill('1234')
    await page.locator('#pay-button').click()
    const order = await waitForOrder(page, 'paid')
    await assertPaidOnce(world, order, price)

    const hood = (await page.locator('.hood').textContent()) ?? ''
    assert.match(hood, /card relay/)
    assert.match(hood, /"number": "378282••••0005"/)
    assert.match(hood, /"cvc": "•••"/)
    await page.locator('summary', { hasText: 'charge.captured' }).waitFor()
    assert.ok(!(await page.content()).includes(number))
    const files = readWorldFiles(world).filter(({ path }) => path.startsWith('demo-shop/') || path.startsWith('logs/'))
    assert.ok(
      files.some(({ bytes }) => bytes.includes(order)),
      'the search finds what is there',
    )
    assert.deepEqual(
      files.filter(({ bytes }) => bytes.includes(number)).map(({ path }) => path),
      [],
    )
  })

  it('from server to server, declined: the shopper reads why, and another card pays', async (t) => {
    const page = await openCheckout(t, 'server')
    await fillCardForm(page, magicCardNumber('expired_card'))
    await page.locator('#pay-button').click()
    const declined = await waitForOrder(page, 'failed')
    await page.locator('.status .message', { hasText: 'The card has expired. Use another card.' }).waitFor()
    await assertNotPaid(world, declined, ['failed'])

    await page.getByRole('link', { name: 'Try again' }).click()
    assert.equal(await page.locator('#number').inputValue(), '')
    await fillCardForm(page, magicCardNumber('visa'))
    await page.locator('#pay-button').click()
    await assertPaidOnce(world, await waitForOrder(page, 'paid'), price)
    await assertNotPaid(world, declined, ['failed'])
  })

  it('from server to server with 3-D Secure', async (t) => {
    const page = await openCheckout(t, 'server')
    await fillCardForm(page, magicCardNumber('challenge'))
    await page.locator('#pay-button').click()
    await page.waitForURL(`${world.fincore.dev.psp}/challenge/**`)
    await page.locator('#confirm').click()
    await assertPaidOnce(world, await waitForOrder(page, 'paid'), price)
  })

  for (const way of ['server', 'fields'] as const) {
    it(`a double click pays once: ${way}`, async (t) => {
      const ordersBefore = await countOrders()
      const page = await openCheckout(t, way)
      if (way === 'server') await fillCardForm(page, magicCardNumber('visa'))
      else await typeIntoCardFields(page, magicCardNumber('visa'))
      await page.locator('#pay-button').dblclick()
      const order = await waitForOrder(page, 'paid')
      await assertPaidOnce(world, order, price)
      assert.equal((await readMoney(world, order)).bank.calls, 1)
      assert.equal(await countOrders(), ordersBefore + 1)
    })
  }

  it('the same form sent five times at once, as without JavaScript, pays once', async (t) => {
    const { shop } = world.fincore.dev
    const page = await openCheckout(t, 'server')
    const attempt = await page.locator('input[name=attempt]').inputValue()
    const ordersBefore = await countOrders()
    const form = { attempt, way: 'server', number: magicCardNumber('visa'), expiry: '12/34', cvc: '123' }
    const send = async () => {
      const url = `${shop}/checkout/morning-cup`
      const answer = await fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(form) })
      return answer.headers.get('location')
    }
    const pages = await Promise.all(Array.from({ length: 5 }, send))
    assert.equal(new Set(pages).size, 1)
    await page.goto(`${shop}${pages[0]}`)
    const order = await waitForOrder(page, 'paid')
    await assertPaidOnce(world, order, price)
    assert.equal(await countOrders(), ordersBefore + 1)
    // Sent once more, it leads to the same order and asks nobody.
    assert.equal(await send(), `/orders/${order}`)
    await assertPaidOnce(world, order, price)
  })

  it('a webhook with a forged signature changes nothing; only the signature made the difference', async (t) => {
    const { shop, webhook_secret } = world.fincore.dev
    const page = await openCheckout(t, 'hosted')
    const attempt = await page.locator('input[name=attempt]').inputValue()
    const answer = await fetch(`${shop}/checkout/morning-cup`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ attempt, way: 'hosted' }),
    })
    assert.equal(answer.status, 303)
    const { body } = await world.api('GET', '/v1/payment_sessions?limit=1')
    const [session] = body.data as unknown as { merchant_reference: string }[]
    const order = session?.merchant_reference ?? ''
    await page.goto(`${shop}/orders/${order}`)
    await waitForOrder(page, 'pending')
    const recordsBefore = await page.locator('.hood details').count()

    const event = makeEvent('payment_session.completed', { ...session, status: 'completed' })
    const forged = new Webhook(`whsec_${Buffer.from('x'.repeat(32)).toString('base64')}`)
    const genuine = new Webhook(webhook_secret)
    const old = new Date(Date.now() - 3_600_000)
    const signed = signHeaders(genuine, event, new Date())
    const forgeries: [string, Record<string, string>, string][] = [
      ['signed with another secret', signHeaders(forged, event, new Date()), event.text],
      ['not signed', {}, event.text],
      ['signed for another body', signed, event.text.replace('"EUR"', '"EUR" ')],
      ['signed for another id', { ...signed, 'webhook-id': 'evt_other' }, event.text],
      ['signed an hour ago', signHeaders(genuine, event, old), event.text],
    ]
    for (const [what, headers, text] of forgeries) {
      assert.equal(await sendWebhook(headers, text), 400, what)
    }
    await page.reload()
    await waitForOrder(page, 'pending')
    assert.equal(await page.locator('.hood details').count(), recordsBefore)

    assert.equal(await sendWebhook(signed, event.text), 204)
    await waitForOrder(page, 'paid')
  })

  const sendWebhook = async (headers: Record<string, string>, body: string) => {
    const all = { 'content-type': 'application/json', ...headers }
    return (await fetch(`${world.fincore.dev.shop}/webhooks`, { method: 'POST', headers: all, body })).status
  }

  /** Each order of the shop asks FinCore for one charge or one payment session. */
  const countOrders = async (): Promise<number> => {
    const { rows } = await world.database.query<{ count: string }>(
      `select count(distinct merchant_reference) from (select merchant_reference from charges
         union select merchant_reference from payment_sessions) as payments`,
    )
    return Number(rows[0]?.count)
  }
})

type SentEvent = { id: string; text: string }

function makeEvent(type: string, object: object): SentEvent {
  const id = `evt_${'0'.repeat(26)}`
  const created_at = new Date().toISOString()
  return { id, text: JSON.stringify({ object: 'event', id, type, created_at, sequence: 1, data: { object } }) }
}

function signHeaders(webhook: Webhook, event: SentEvent, at: Date): Record<string, string> {
  return {
    'webhook-id': event.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': webhook.sign(event.id, at, event.text),
  }
}
