import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { findFreePorts } from '@fincore/dev/free-ports'
import type { Browser } from 'playwright-core'
import { type MerchantSite, openBrowser, startMerchantSite } from '../browser.ts'
import type { ShownPage } from '../pages-look.ts'
import { useLinks } from '../payment-link.ts'
import { useWorld, type World } from '../world.ts'
import { auditPage } from './audit.ts'
import { blocked, leastScore, listShopperPages } from './shopper-pages.ts'

/** FinCore's own page; `npm run drill:lighthouse` audits every page. */
const audited = ['link-fresh']

describe('Lighthouse', { concurrency: 1 }, () => {
  let world: World
  let chromium: Browser
  let merchant: MerchantSite
  let port: number
  let pages: ShownPage[]
  before(async () => {
    ;[port = 0] = await findFreePorts(1)
    ;[world, chromium, merchant] = await Promise.all([useWorld(), openBrowser(port), startMerchantSite()])
    pages = await listShopperPages(world, useLinks(world, chromium, merchant))
  })
  after(async () => {
    await chromium?.close()
    merchant?.close()
    await world?.close()
  })

  for (const name of audited) {
    it(`gives ${name} at least ${leastScore} for accessibility and for best practices`, async () => {
      const shown = pages.find((page) => page.name === name) ?? assert.fail(`nothing shows ${name}`)
      const { accessibility, bestPractices, faults } = await auditPage(port, await shown.arrange(), blocked)
      assert.ok(
        accessibility >= leastScore && bestPractices >= leastScore,
        `${accessibility}, ${bestPractices}: ${faults}`,
      )
    })
  }

  it('gives a page less that has an input without a name and a script that fails', async () => {
    const html = '<!doctype html><title>x</title><input><script>nothing.at.all()</script>'
    const { accessibility, bestPractices, faults } = await auditPage(port, { url: merchant.serve('/faulty', html) })
    assert.ok(accessibility < leastScore, `accessibility ${accessibility}`)
    assert.ok(bestPractices <= 96, `best practices ${bestPractices}`)
    assert.match(faults.join('\n'), /^label:/m)
    assert.match(faults.join('\n'), /^errors-in-console:/m)
  })
})
