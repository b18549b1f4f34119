import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Browser, BrowserContext, Page, Request } from 'playwright-core'
import { shareBrowser } from './browser.ts'
import { assertNotPaid, assertPaidOnce, readMoney, typeIntoCardFields, waitForOrder } from './shopper.ts'
import { useWorld, type World } from './world.ts'

const price = 2800

const shared = shareBrowser()

/** `@fincore/browser` in a real Chromium: the PSP's fields in the shop's own checkout. The bank's ledger is the judge. */
describe('paying in the page with the PSP’s card fields', () => {
  let world: World
  let browser: Browser
  before(async () => {
    ;[world, browser] = await Promise.all([useWorld(), shared.open()])
  })
  after(async () => {
    await shared.close()
    await world?.close()
  })

  let context: BrowserContext
  let page: Page
  /** Every request of every page and frame, the shopper's whole traffic. */
  let requests: Request[]
  beforeEach(async () => {
    context = await browser.newContext()
    context.setDefaultTimeout(15_000)
    requests = []
    context.on('request', (request) => requests.push(request))
    page = await context.newPage()
    await page.goto(`${world.fincore.dev.shop}/checkout/morning-cup`)
    await page.locator('#way-fields').check()
  })
  afterEach(() => context.close())

  const pay = async (number: string) => {
    await typeIntoCardFields(page, number)
    await page.locator('#pay-button').click()
  }
  const challenge = async (decision: 'confirm' | 'fail') => {
    await page.waitForURL(`${world.fincore.dev.psp}/challenge/**`)
    await page.locator(`#${decision}`).click()
  }

  it('succeeds; the card number goes to the PSP and to nobody else', async () => {
    const number = magicCardNumber('visa')
    await pay(number)
    const order = await waitForOrder(page, 'paid')
    await assertPaidOnce(world, order, price)
    await assertOnlyPspSaw(number)
  })

  it('is declined with a reason, and another card pays', async () => {
    await pay(magicCardNumber('insufficient_funds'))
    const declined = await waitForOrder(page, 'failed')
    await page
      .locator('.status .message', { hasText: 'The card has too little money available. Use another card.' })
      .waitFor()
    await assertNotPaid(world, declined, ['failed'])
    assert.equal((await readMoney(world, declined)).bank.declined, 1)

    await page.getByRole('link', { name: 'Try again' }).click()
    await pay(magicCardNumber('mastercard'))
    const paid = await waitForOrder(page, 'paid')
    assert.notEqual(paid, declined)
    await assertPaidOnce(world, paid, price)
    await assertNotPaid(world, declined, ['failed'])
  })

  it('needs 3-D Secure: nothing moves before the shopper confirms, and the order is paid after it', async () => {
    const number = magicCardNumber('challenge')
    const before = new Date()
    await pay(number)
    await page.waitForURL(`${world.fincore.dev.psp}/challenge/**`)
    const { rows } = await world.database.query(
      `select merchant_reference from charges
       where status = 'requires_action' and flow = 'token' and amount = $1 and created_at > $2`,
      [price, before],
    )
    assert.equal(rows.length, 1)
    await assertNotPaid(world, rows[0].merchant_reference, ['requires_action'])
    await challenge('confirm')
    const order = await waitForOrder(page, 'paid')
    assert.equal(order, rows[0].merchant_reference)
    assert.equal(new URL(page.url()).origin, world.fincore.dev.shop)
    assert.match(page.url(), /[?&]charge=ch_/)
    await assertPaidOnce(world, order, price)
    await assertOnlyPspSaw(number)
  })

  it('fails when 3-D Secure fails, and nothing moved', async () => {
    await pay(magicCardNumber('challenge'))
    await challenge('fail')
    const order = await waitForOrder(page, 'failed')
    await page.locator('.status .message', { hasText: 'The bank could not confirm that it is you.' }).waitFor()
    await assertNotPaid(world, order, ['failed'])
  })

  it('says what is wrong with a card that is not complete, and sends nothing', async () => {
    const fields = page.frameLocator('#card-fields iframe')
    await fields.getByLabel('Card number').pressSequentially('4242 4242 4242 4241')
    // A finger presses for a moment, in which the field it left says what is wrong: the button must stay under it.
    await page.locator('#pay-button').click({ delay: 300 })
    await page.locator('#problem', { hasText: 'Check the card number.' }).waitFor()
    assert.deepEqual(
      requests.filter((request) => request.method() === 'POST').map((request) => request.url()),
      [],
    )
    await fields.getByLabel('Card number').fill('')
    await pay(magicCardNumber('visa'))
    await assertPaidOnce(world, await waitForOrder(page, 'paid'), price)
  })

  /** Searches all that left the browser: addresses, headers, bodies. The PSP's own page is where the number belongs. */
  async function assertOnlyPspSaw(number: string): Promise<void> {
    const seers = new Set<string>()
    for (const request of requests) {
      const headers = JSON.stringify(await request.allHeaders().catch(() => request.headers()))
      const body = request.postDataBuffer()?.toString('latin1') ?? ''
      const all = [request.url(), headers, body].map((text) => text.replaceAll(/\D/g, ''))
      if (all.some((digits) => digits.includes(number))) seers.add(new URL(request.url()).origin)
    }
    assert.deepEqual([...seers], [world.fincore.dev.psp])
    const asked = new Set(requests.map((request) => new URL(request.url()).origin))
    assert.ok(asked.has(world.fincore.dev.shop) && asked.has(world.fincore.dev.api), 'shop and FinCore were asked too')
    assert.ok(!(await page.content()).includes(number))
  }
})
