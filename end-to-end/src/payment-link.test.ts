import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type LinkState, linkStates } from '@fincore/payment-service/flows/read-link'
import { type Cell, type LinkGoal, linkMatrix } from '@fincore/payment-service/http/link/matrix'
import { texts } from '@fincore/payment-service/http/link/texts'
import type { Browser } from 'playwright-core'
import { type MerchantSite, payOnHostedPage, shareBrowser, startMerchantSite } from './browser.ts'
import { type LinkEvent, type Links, type Shown, useLinks } from './payment-link.ts'
import { useWorld, type World } from './world.ts'

const shared = shareBrowser()

describe('a payment link', { concurrency: 1 }, () => {
  let world: World
  let chromium: Browser
  let shop: MerchantSite
  let links: Links
  before(async () => {
    ;[world, chromium, shop] = await Promise.all([useWorld(), shared.open(), startMerchantSite()])
    links = useLinks(world, chromium, shop)
  })
  after(async () => {
    await shared.close()
    shop.close()
    await world.close()
  })

  /** Where a 303 leads, as the beginning of an address. */
  function addressOf(goal: LinkGoal, link: string): string {
    const { psp } = world.fincore.dev
    const addresses = {
      psp: `${psp}/checkout/`,
      link,
      success_url: `${shop.origin}/thanks`,
      cancel_url: `${shop.origin}/basket`,
    }
    return addresses[goal]
  }

  function assertShown(shown: Shown, cell: Cell, link: string): void {
    assert.equal(shown.status, cell.status)
    if (shown.heading === null) return
    if ('goal' in cell) {
      assert.ok(shown.url.startsWith(addressOf(cell.goal, link)), shown.url)
      if (cell.goal.endsWith('_url')) assert.match(shown.url, /\?payment_session=ps_[0-9a-z]{26}$/)
    } else if (cell.page === 'pay') assert.match(shown.heading, /^Payment to .+ €19\.99$/)
    else assert.equal(shown.heading, texts.en[cell.page].title)
  }

  // One browser test per cell of docs/link-matrix.md. Cells that change nothing share a link, and prove that they do not.
  describe('answers in every state as its matrix says', { concurrency: 4 }, () => {
    for (const state of Object.keys(linkStates) as LinkState[]) {
      describe(state, { concurrency: 1 }, () => {
        let shared: Awaited<ReturnType<Links['bring']>>
        before(async () => {
          shared = await links.bring(state)
        })
        for (const [event, cell] of Object.entries(linkMatrix[state]) as [LinkEvent, Cell][]) {
          it(`${event}: ${'goal' in cell ? `on to ${cell.goal}` : `${cell.status} ${cell.page}`}`, async () => {
            const found = cell.changes === undefined ? shared : await links.bring(state)
            const mark = await links.readMark(found.url)
            assertShown(await links.meet(found, event), cell, found.url)
            const marked = await links.readMark(found.url)
            if (cell.changes === undefined) assert.equal(marked, mark)
            else assert.notEqual(marked, mark)
          })
        }
      })
    }
  })

  describe('in a browser', { concurrency: 3 }, () => {
    it('leads to the same page of the PSP when the same browser opens it again', async () => {
      const { url } = await links.make()
      const page = await (await links.open()).newPage()
      await page.goto(url)
      await page.waitForURL('**/checkout/*')
      const checkout = page.url()
      await page.goto(url)
      await page.waitForURL(checkout)
      assert.equal(await page.evaluate('document.referrer'), '', 'the PSP must not learn the link')
    })

    it('is no stop on the way back from the PSP’s page to the shop, and leads there again', async () => {
      const { id, url } = await links.make()
      const basket = shop.serve(`/basket-${id}`, `<!doctype html><title>Shop</title><a href="${url}">Pay</a>`)
      const page = await (await links.open()).newPage()
      await page.goto(basket)
      await page.getByRole('link', { name: 'Pay' }).click()
      await page.waitForURL('**/checkout/*')
      await page.goBack()
      await page.waitForURL(basket)
      await page.getByRole('link', { name: 'Pay' }).click()
      await page.waitForURL('**/checkout/*')
    })

    it('tells a second browser what to do, and leaves the first alone', async () => {
      const { url } = await links.make()
      const first = await (await links.open()).newPage()
      await first.goto(url)
      await first.waitForURL('**/checkout/*')
      const second = await (await links.open()).newPage()
      assert.equal((await second.goto(url))?.status(), 410)
      await second.getByText('Go on where you first opened it, or ask FinCore Demo Shop for a new link.').waitFor()
      assert.equal(await second.locator('form').count(), 0)
      await payOnHostedPage(first, 'visa')
      await first.waitForURL(`${shop.origin}/thanks?**`)
    })

    it('opens for one of many browsers that press at the same time', async () => {
      const { url } = await links.make()
      const browsers = await Promise.all(Array.from({ length: 5 }, () => links.open()))
      const shown = await Promise.all(browsers.map((browser) => links.meet({ url, browser }, 'post')))
      assert.deepEqual(shown.map(({ status }) => status).toSorted(), [303, 410, 410, 410, 410])
    })

    it('binds itself with a cookie that no script and no other site can read', async () => {
      const { id, url } = await links.make()
      const browser = await links.open()
      const page = await browser.newPage()
      await page.goto(url)
      await page.waitForURL('**/checkout/*')
      const [cookie, ...more] = await browser.cookies(url)
      assert.deepEqual(more, [])
      assert.equal(cookie?.name, `__Host-link_${id}`)
      const { httpOnly, secure, sameSite, path } = cookie
      assert.deepEqual(
        { httpOnly, secure, sameSite, path },
        { httpOnly: true, secure: true, sameSite: 'Lax', path: '/' },
      )
    })

    it('pays without JavaScript, by its button', async () => {
      const { id, url } = await links.make()
      const page = await (await links.open({ javaScriptEnabled: false })).newPage()
      await page.goto(url)
      await page.getByRole('button', { name: 'Continue to payment' }).click()
      await payOnHostedPage(page, 'challenge')
      await page.getByRole('button', { name: 'Confirm payment' }).click()
      await page.waitForURL(`${shop.origin}/thanks?payment_session=${id}`)
    })

    it('survives a browser that fetches it ahead of the click, and works after the click', async () => {
      const { id, url } = await links.make()
      const page = await (await links.open()).newPage()
      const rules = JSON.stringify({ prefetch: [{ source: 'list', urls: [url], eagerness: 'immediate' }] })
      const pages = [
        shop.serve(
          `/ahead-${id}`,
          `<!doctype html><title>Shop</title><link rel="prefetch" href="${url}"><a href="${url}">Pay</a>`,
        ),
        shop.serve(
          `/rules-${id}`,
          `<!doctype html><title>Shop</title><script type="speculationrules">${rules}</script><a href="${url}">Pay</a>`,
        ),
      ]
      for (const address of pages) {
        const fetched = page.waitForResponse(url)
        await page.goto(address)
        const response = await fetched
        assert.match((await response.request().allHeaders())['sec-purpose'] ?? '', /^prefetch/)
        assert.equal(response.status(), 200)
        assert.match(await links.readMark(url), /^open 0$/)
      }
      await page.getByRole('link', { name: 'Pay' }).click()
      await page.waitForURL('**/checkout/*')
    })

    it('waits until it is really shown when it is rendered ahead of the click', async () => {
      const { url } = await links.make()
      const page = await (await links.open()).newPage()
      await page.addInitScript("Object.defineProperty(document, 'prerendering', { value: true })")
      await page.goto(url)
      assert.match(await links.readMark(url), /^open 0$/)
      await page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))")
      await page.waitForURL('**/checkout/*')
    })

    it('is not started by another site’s form', async () => {
      const { id, url } = await links.make()
      // The same server by another name is another site.
      const form = `<!doctype html><title>Evil</title><form method="post" action="${url}"><button>Win</button></form>`
      const evil = shop.serve(`/evil-${id}`, form).replace('127.0.0.1', 'localhost')
      const page = await (await links.open()).newPage()
      await page.goto(evil)
      await page.getByRole('button').click()
      await page.getByRole('heading', { name: texts.en.other_site.title }).waitFor()
      assert.match(await links.readMark(url), /^open 0$/)
      await page.getByRole('link', { name: 'Open the payment' }).click()
      await page.waitForURL('**/checkout/*')
    })

    it('knows its browser again when it comes back from a PSP on another site', async () => {
      for (const ending of ['cancel', 'pay'] as const) {
        const { id, url } = await links.make()
        const page = await (await links.open()).newPage()
        await page.goto(url)
        await page.waitForURL('**/checkout/*')
        await page.goto(page.url().replace('127.0.0.1', 'localhost'))
        if (ending === 'cancel') await page.locator('#cancel').click()
        else await payOnHostedPage(page, 'visa')
        await page.waitForURL(`${shop.origin}/${ending === 'cancel' ? 'basket' : 'thanks'}?payment_session=${id}`)
        const { body } = await world.api('GET', `/v1/payment_sessions/${id}`)
        assert.equal(body.status, ending === 'cancel' ? 'canceled' : 'completed')
      }
    })

    it('speaks the session’s language', async () => {
      const { url } = await links.make({ locale: 'de' })
      const page = await (await links.open({ javaScriptEnabled: false })).newPage()
      await page.goto(url)
      assert.equal(await page.locator('html').getAttribute('lang'), 'de')
      await page.getByRole('button', { name: 'Weiter zur Zahlung' }).click()
      await page.getByRole('heading', { name: 'Mit Karte bezahlen' }).waitFor()
    })
  })
})
