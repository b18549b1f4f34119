import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { type MerchantSite, openBrowser, startMerchantSite } from './browser.ts'
import { markLooks } from './mark-looks.ts'
import {
  listSandboxPages,
  listServicePages,
  listShopPages,
  listSilentPages,
  manifest,
  type ShownPage,
} from './pages-look.ts'
import { type Links, useLinks } from './payment-link.ts'
import { type StartedWorld, startWorld } from './world.ts'

/** A phone and a desk, in CSS pixels. */
const phone = { width: 390, height: 844 }
const desk = { width: 1280, height: 860 }
/** Only contrast depends on the colour scheme, and no colour on the size, so that nothing is looked for twice. */
const looks = [
  { ...phone, colorScheme: 'light', looked: 'wholly' },
  { ...desk, colorScheme: 'light', looked: 'but for contrast' },
  { ...phone, colorScheme: 'dark', looked: 'for contrast' },
] as const

/** `SCREENSHOTS=1` keeps what every page looks like, in this folder at the repository's root. */
const screenshots =
  process.env.SCREENSHOTS === '1' ? fileURLToPath(new URL('../../screenshots', import.meta.url)) : null

/** Every page that a shopper sees: no fault that axe knows, and nothing to scroll sideways, in both colour schemes. */
describe('the look of every page', { concurrency: 1 }, () => {
  let world: StartedWorld
  let chromium: Browser
  let shop: MerchantSite
  let links: Links
  before(async () => {
    if (screenshots) mkdirSync(screenshots, { recursive: true })
    ;[world, chromium, shop] = await Promise.all([startWorld(), openBrowser(), startMerchantSite()])
    links = useLinks(world, chromium, shop)
  })
  after(async () => {
    await chromium.close()
    shop.close()
    await world.close()
  })

  /** Pages that were looked at, each in a browser of its own: the next one is quicker there than in a new browser. */
  const free: Page[] = []

  async function examine(shown: ShownPage): Promise<void> {
    const { url, cookies = [] } = await shown.arrange()
    const faults: string[] = []
    const page = free.pop() ?? (await (await links.open({ reducedMotion: 'reduce' })).newPage())
    await page.context().addCookies(cookies)
    await shown.prepare?.(page)
    await page.goto(url, { waitUntil: shown.prepare ? 'commit' : 'load' })
    await page.locator('h1').first().waitFor()
    await shown.act?.(page)
    for (const { colorScheme, looked, ...size } of shown.isOneOfMany ? looks.slice(0, 1) : looks) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(size)
      const name = `${shown.name}-${colorScheme}-${size.width}`
      if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
      const violations = await findViolations(page, looked)
      for (const fault of [...(await findClipped(page)), ...violations]) faults.push(`${name}: ${fault}`)
    }
    await leave(page)
    assert.deepEqual(faults, [])
  }

  /** Leaves nothing of a page to the next: no cookie, nothing kept by a script, and no request that is kept from it. */
  async function leave(page: Page): Promise<void> {
    try {
      await page.evaluate('sessionStorage.clear(), localStorage.clear()')
      await page.goto('about:blank')
      await page.unrouteAll()
      await page.context().clearCookies()
      await page.emulateMedia({ colorScheme: 'light' })
      free.push(page)
    } catch {
      // A page that goes on by itself cannot be led elsewhere in that moment.
      await page.context().close()
    }
  }

  const groups = {
    'of the payment service': () => listServicePages(world, links),
    'of the sandbox PSP': () => listSandboxPages(world, links),
    'of the demo shop': () => listShopPages(world),
  }
  for (const [name, list] of Object.entries(groups)) {
    it(`${name} is sound`, { concurrency: 3 }, async (test) => {
      await Promise.all((await list()).map((shown) => test.test(shown.name, () => examine(shown))))
    })
  }

  it('finds the one text among many that cannot be read', async () => {
    const page = await (await links.open()).newPage()
    const row = '<tr><th>Name</th><td><a href="/x">value</a> <code>code</code></td></tr>'
    const find = async (bad: string) => {
      const rows = `${row.repeat(60)}<tr><td><p>${bad}</p></td></tr>${row.repeat(60)}`
      await page.setContent(`<html lang="en"><title>t</title><main><h1>t</h1><table>${rows}</table></main>`)
      return (await findViolations(page, 'for contrast')).length
    }
    assert.equal(await find('<code>code</code>'), 0)
    assert.equal(await find('<code style="color: #bbb">code</code>'), 1)
    assert.equal(await find('<span style="background: #334"><code>code</code></span>'), 1)
    assert.equal(await find('<span style="opacity: 0.3"><code>code</code></span>'), 1)
    await page.context().close()
  })

  it('was at every page of the servers’ tables', async () => {
    const lists = await Promise.all(Object.values(groups).map((list) => list()))
    const seen = new Set(lists.flat().flatMap(({ of, framed = of }) => [of, framed]))
    assert.deepEqual([...seen].sort(), [...manifest.keys()].sort())
  })

  it('of the payment service is sound while the PSP is silent', async () => {
    const pages = listSilentPages(links)
    const arranged = await Promise.all(pages.map((shown) => shown.arrange()))
    await world.fincore.processes.psp.kill()
    for (const [index, shown] of pages.entries()) {
      const found = arranged[index]
      if (found !== undefined) await examine({ ...shown, arrange: async () => found })
    }
  })
})

/** What does not fit: the innermost elements that are wider than their window or frame, and inputs that cut off their text. */
async function findClipped(page: Page): Promise<string[]> {
  const found = page.frames().map((frame) =>
    frame.evaluate<string[]>(`(() => {
      const all = [...document.querySelectorAll('body *')]
      const isWide = (element) => element.getBoundingClientRect().right > window.innerWidth + 0.5
      const wide = document.documentElement.scrollWidth > window.innerWidth ? all.filter(isWide) : []
      const innermost = wide.filter((element) => !wide.some((other) => other !== element && element.contains(other)))
      const cutOff = all.filter((element) => element.matches('input') && element.value !== '' && element.scrollWidth > element.clientWidth)
      return [...innermost, ...cutOff].map((element) => 'does not fit: ' + element.outerHTML.slice(0, 120))
    })()`),
  )
  return (await Promise.all(found)).flat()
}

/** Which of axe's rules are looked at. */
const rules = {
  wholly: {},
  'but for contrast': { rules: { 'color-contrast': { enabled: false } } },
  'for contrast': { runOnly: ['color-contrast'] },
}

/** Asks for what is wrong only: a whole answer of axe, with all that is right, takes longer to bring here than to find. */
async function findViolations(page: Page, looked: keyof typeof rules): Promise<string[]> {
  const options = { resultTypes: ['violations' as const], ...rules[looked] }
  const frameCount = page.frames().length - 1
  for (let index = 0; index < frameCount; index += 1) await paintFrame(page, index)
  if (frameCount > 0) return describeViolations((await new AxeBuilder({ page }).options(options).analyze()).violations)
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source)
  await markLooks(page)
  const run = `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`
  return describeViolations(await page.evaluate<AxeResults['violations']>(run))
}

function describeViolations(violations: AxeResults['violations']): string[] {
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  )
}

/** A frame without a background lets the page show through; axe takes it for white, and so is told what is there. */
async function paintFrame(page: Page, index: number): Promise<void> {
  const behind = await page.evaluate<string>(`(() => {
    for (let box = document.querySelectorAll('iframe')[${index}]; box; box = box.parentElement) {
      const color = getComputedStyle(box).backgroundColor
      if (color !== 'rgba(0, 0, 0, 0)') return color
    }
    return 'white'
  })()`)
  await page.frames()[index + 1]?.evaluate(`{
    const { style } = document.body
    if (getComputedStyle(document.body).backgroundColor === 'rgba(0, 0, 0, 0)') style.backgroundColor = ${JSON.stringify(behind)}
  }`)
}
