import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { comparePage, fetchPage } from '@fincore/dev/pci/compare-page'
import type { Browser, Page } from 'playwright-core'
import { type MerchantSite, shareBrowser, startMerchantSite } from './browser.ts'
import {
  listForeignScripts,
  openPlanted,
  type Plant,
  plantNames,
  plantTags,
  tamper,
  waitUntilRead,
  watchScripts,
} from './page-scripts.ts'
import { listSandboxPages, listServicePages, listShopPages, manifest, type ShownPage } from './pages-look.ts'
import { type Links, useLinks } from './payment-link.ts'
import { eventually, useWorld, type World } from './world.ts'

/** Which of the looks at a page loads all of it, or is made with least; of every other page the first is taken. */
const bestLooks = ['link-fresh-opening', 'link-unknown', 'psp-unknown', 'shop-checkout-fields']
/** Seen where shoppers see it: in a frame of the shop's checkout. */
const shownInFrame = { of: 'demo-shop checkout', page: 'psp-sandbox card fields' }
const shownPages = [...manifest.keys()].filter((name) => name !== shownInFrame.page)

const filesOf = (name: string) => manifest.get(name)?.files ?? []
const scriptsOf = (name: string) => filesOf(name).filter(({ kind }) => kind !== 'style')

const shared = shareBrowser()

/** PCI DSS 6.4.3 and 11.6.1, in a real Chromium: what runs on our pages is what the manifest says, and nothing else. */
describe('the scripts of our pages', { concurrency: 1 }, () => {
  let world: World
  let chromium: Browser
  let merchant: MerchantSite
  let links: Links
  let shown: Map<string, ShownPage>
  before(async () => {
    ;[world, chromium, merchant] = await Promise.all([useWorld(), shared.open(), startMerchantSite()])
    links = useLinks(world, chromium, merchant)
    const all = [...(await listServicePages(world, links)), ...listSandboxPages(world, links), ...listShopPages(world)]
    const best = all.filter(({ name }) => bestLooks.includes(name))
    // The last one of a name stays.
    shown = new Map([...all.toReversed(), ...best].map((look) => [look.of, look]))
  })
  after(async () => {
    await shared.close()
    merchant?.close()
    await world?.close()
  })

  /** A page in a browser of its own, arranged but not opened. */
  async function arrange(name: string): Promise<{ page: Page; url: string; look: ShownPage }> {
    const look = shown.get(name) ?? assert.fail(`nothing shows ${name}`)
    const { url, cookies = [] } = await look.arrange()
    const context = await links.open()
    await context.addCookies(cookies)
    const page = await context.newPage()
    await look.prepare?.(page)
    return { page, url, look }
  }

  for (const name of shownPages) {
    it(`${name}: what ran is the manifest, byte by byte, and the page is served as it says`, async () => {
      const { page, url, look } = await arrange(name)
      const scripts = await watchScripts(page)
      // A page that posts itself may never be loaded.
      await page.goto(url, { waitUntil: look.prepare ? 'commit' : 'load' })
      await page.locator('h1').first().waitFor()
      await look.act?.(page)
      const framed = name === shownInFrame.of ? scriptsOf(shownInFrame.page) : []
      const wanted = [...scriptsOf(name), ...framed].map(({ path, integrity }) => ({ path, integrity }))
      const ran = (await scripts.list()).map((script) => ({
        path: new URL(script.url).pathname,
        integrity: script.integrity,
      }))
      const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)
      // A page that reloads itself runs its scripts again.
      const once = [...new Map(ran.map((script) => [JSON.stringify(script), script])).values()]
      assert.deepEqual(once.sort(byPath), wanted.sort(byPath))
      const frames = page.frames().slice(1)
      await page.context().close()

      for (const at of [url, ...frames.map((frame) => frame.url())]) {
        const { faults, page: found } = await comparePage(at)
        assert.deepEqual(faults, [], found ?? at)
      }
    })
  }

  describe('that are foreign do not run', () => {
    /** Without guards these do their work; if they did not, their failing with guards would show nothing. */
    const unguarded: Plant[] = [
      'inline',
      'inline_module',
      'other_origin',
      'other_origin_with_hash',
      'other_file_of_the_origin',
      'event_handler',
      'frame_of_text',
      'frame_of_script',
    ]
    for (const name of ['payment-service pay', 'psp-sandbox checkout', 'psp-sandbox challenge', 'demo-shop checkout']) {
      it(`planted in ${name}`, async () => {
        const { url } = await arrange(name)
        const open = async (withoutGuards: boolean) => {
          const page = await (await links.open()).newPage()
          // A payment link that posts itself leaves, and with it what the page would still load.
          await page.route('**/link-assets/*.js', (route) => route.abort())
          await openPlanted(page, url, merchant.origin, withoutGuards)
          await waitUntilRead(page)
          return page
        }
        const guarded = await open(false)
        assert.deepEqual(await listForeignScripts(guarded), [])
        await guarded.context().close()
        const page = await open(true)
        await eventually('every foreign script that nothing stops', async () => {
          const ran = await listForeignScripts(page)
          return unguarded.every((plant) => ran.includes(plant))
        })
        await page.context().close()
      })
    }

    const changed = [...manifest].flatMap(([name]) =>
      name === shownInFrame.page ? [] : scriptsOf(name).map(({ path }) => ({ name, path })),
    )
    for (const { name, path } of changed) {
      it(`changed on the way: ${path} of ${name}`, async () => {
        const { page, url } = await arrange(name)
        await tamper(page, path)
        await page.goto(url, { waitUntil: 'commit' })
        await waitUntilRead(page)
        assert.deepEqual(await listForeignScripts(page), [])
        await page.context().close()
      })
    }
    for (const { path } of scriptsOf(shownInFrame.page)) {
      it(`changed on the way: ${path} in the frame of the card fields`, async () => {
        const { page, url } = await arrange(shownInFrame.of)
        await tamper(page, path)
        await page.goto(url, { waitUntil: 'load' })
        await page.locator('#card-fields iframe').waitFor({ state: 'attached' })
        const frame = page.frames()[1] ?? assert.fail('the fields have no frame')
        await waitUntilRead(frame)
        assert.deepEqual(await listForeignScripts(frame), [])
        await page.context().close()
      })
    }
  })

  it('are missed by nobody who compares a page: each change of its headers, tags and files is found', async () => {
    const { page, url } = await arrange('psp-sandbox checkout')
    await page.context().close()
    type Change = (response: { headers: Headers; body: string; isPage: boolean }) => string | undefined
    const changes: Record<string, Change> = {
      'a policy that is gone': ({ headers }) => void headers.delete('content-security-policy'),
      'a policy that allows more': ({ headers }) =>
        void headers.set(
          'content-security-policy',
          String(headers.get('content-security-policy')).replace('script-src ', `script-src 'unsafe-inline' `),
        ),
      'a policy that allows everything but is named twice': ({ headers }) =>
        void headers.set('content-security-policy', `script-src *; ${headers.get('content-security-policy')}`),
      'a further directive': ({ headers }) =>
        void headers.set('content-security-policy', `${headers.get('content-security-policy')}; script-src-elem *`),
      'no frame-ancestors': ({ headers }) =>
        void headers.set(
          'content-security-policy',
          String(headers.get('content-security-policy')).replace(/; frame-ancestors .*/, ''),
        ),
      'nosniff that is gone': ({ headers }) => void headers.delete('x-content-type-options'),
      'a hash that is gone': ({ body, isPage }) => (isPage ? body.replace(/ integrity="[^"]*"/, '') : undefined),
      'a script file that is changed': ({ body, isPage }) => (isPage ? undefined : `${body} `),
      ...Object.fromEntries(
        plantNames.map((name) => {
          const plant: Change = ({ body, isPage }) =>
            isPage ? body.replace('</body>', `${plantTags(name, 'https://foreign.example')}</body>`) : undefined
          return [name, plant]
        }),
      ),
    }
    assert.deepEqual((await comparePage(url)).faults, [])
    for (const [what, change] of Object.entries(changes)) {
      const { faults } = await comparePage(url, async (asked) => {
        const response = await fetchPage(asked)
        const headers = new Headers(response.headers)
        headers.delete('content-encoding')
        const body = await response.text()
        const changed = change({ headers, body, isPage: asked === url }) ?? body
        return new Response(changed, { status: response.status, headers })
      })
      assert.notDeepEqual(faults, [], what)
    }
  })
})
