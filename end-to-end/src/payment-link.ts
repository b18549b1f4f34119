import type { PaymentSession } from '@fincore/api-contract/resources'
import type { LinkState } from '@fincore/payment-service/flows/read-link'
import type { Browser, BrowserContext, BrowserContextOptions, Page, Response } from 'playwright-core'
import { type MerchantSite, payOnHostedPage } from './browser.ts'
import type { World } from './world.ts'

/** Every page of ours is there long before; a test that waits in vain says so soon. */
const pageLimitMs = 10_000

/** A payment link in some state, and the browser that finds it so. */
export type FoundLink = { url: string; browser: BrowserContext }

/** What can happen to a link: the columns of docs/link-matrix.md. */
export type LinkEvent = 'get' | 'head' | 'prefetch' | 'get_without_scripts' | 'post' | 'return' | 'cancel'

/** What a browser was shown: the first answer's status, where it ended, and the heading there; HEAD shows none. */
export type Shown = { status: number; url: string; heading: string | null }

export type Links = {
  make(more?: object): Promise<{ id: string; url: string }>
  /** A browser of its own, without cookies unless given. */
  open(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Brings a link of its own into a state. */
  bring(state: LinkState): Promise<FoundLink>
  /** Lets an event happen to a link, each the way that a browser or scanner does it. */
  meet(found: FoundLink, event: LinkEvent): Promise<Shown>
  /** All that a link's use may change, as one text; empty for a link that nobody knows. */
  readMark(url: string): Promise<string>
}

/** A merchant's links, and the browsers that come by them. */
export function useLinks(world: World, chromium: Browser, shop: MerchantSite): Links {
  const { api } = world.fincore.dev

  const open = async (options?: BrowserContextOptions) => {
    const browser = await chromium.newContext(options)
    browser.setDefaultTimeout(pageLimitMs)
    return browser
  }

  async function make(more: object = {}): Promise<{ id: string; url: string }> {
    const way = { success_url: `${shop.origin}/thanks`, cancel_url: `${shop.origin}/basket` }
    const made = await world.api('POST', '/v1/payment_sessions', { amount: 1999, currency: 'EUR', ...way, ...more })
    const session: PaymentSession = JSON.parse(made.text)
    return { id: session.id, url: String(session.url) }
  }

  async function bring(state: LinkState): Promise<FoundLink> {
    if (state === 'unknown') return { url: `${api}/s/${'x'.repeat(43)}`, browser: await open() }
    const { id, url } = await make()
    const browser = await open()
    if (state === 'expired') await world.api('POST', `/v1/payment_sessions/${id}/expire`)
    if (state === 'fresh' || state === 'expired') return { url, browser }
    const page = await browser.newPage()
    await page.goto(url)
    await page.locator('#pay').waitFor()
    if (state === 'completed') await payOnHostedPage(page, 'visa')
    if (state === 'canceled') await page.locator('#cancel').click()
    if (state === 'completed' || state === 'canceled') await page.waitForURL(`${shop.origin}/**`)
    await page.close()
    return { url, browser: state === 'used_elsewhere' ? await open() : browser }
  }

  async function meet(found: FoundLink, event: LinkEvent): Promise<Shown> {
    const { url, browser } = found
    if (event === 'head') {
      const cookie = (await browser.cookies(url)).map(({ name, value }) => `${name}=${value}`).join('; ')
      const { status } = await world.http.send('HEAD', url, { headers: { cookie } })
      return { status, url, heading: null }
    }
    if (event === 'get_without_scripts') {
      const scriptless = await open({ javaScriptEnabled: false, storageState: await browser.storageState() })
      const shown = await visit(await scriptless.newPage(), url)
      await scriptless.close()
      return shown
    }
    const page = await browser.newPage()
    if (event === 'post') return postFrom(page, `${api}/s/elsewhere`, url)
    // The page posts itself when it is shown; only the looking is wanted here. 204 leaves a browser where it is.
    await page.route('**/s/*', (route) =>
      route.request().method() === 'POST' ? route.fulfill({ status: 204 }) : route.continue(),
    )
    if (event === 'prefetch') await page.setExtraHTTPHeaders({ 'sec-purpose': 'prefetch' })
    return visit(page, event === 'return' || event === 'cancel' ? `${url}/${event}` : url)
  }

  async function readMark(url: string): Promise<string> {
    const { rows } = await world.database.query<{ mark: string }>(
      `select concat_ws(' ', status, link_used_at, encode(browser_digest, 'hex'), charge_id, sequence) as mark
       from payment_sessions where link_digest = sha256($1)`,
      [Buffer.from(new URL(url).pathname.slice('/s/'.length))],
    )
    return rows[0]?.mark ?? ''
  }

  return { make, open, bring, meet, readMark }
}

async function visit(page: Page, url: string): Promise<Shown> {
  // Not until it is loaded: a page that posts itself may never be.
  const response = await page.goto(url, { waitUntil: 'commit' })
  return show(page, response)
}

/** Posts a form to the link from another page of its own origin. */
async function postFrom(page: Page, start: string, url: string): Promise<Shown> {
  await page.goto(start)
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.url() === url && answer.request().method() === 'POST'),
    page.evaluate(`{
      const form = document.createElement('form')
      form.method = 'post'
      form.action = ${JSON.stringify(url)}
      document.body.append(form)
      form.submit()
    }`),
  ])
  await page.waitForURL((now) => now.href !== start)
  return show(page, response)
}

async function show(page: Page, response: Response | null): Promise<Shown> {
  let first = response?.request()
  for (let before = first?.redirectedFrom(); before; before = first?.redirectedFrom()) first = before
  const status = (await first?.response())?.status() ?? 0
  const shown = { status, url: page.url(), heading: (await page.locator('h1').textContent()) ?? '' }
  await page.close()
  return shown
}
