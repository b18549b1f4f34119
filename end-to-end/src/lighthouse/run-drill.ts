/** `npm run drill:lighthouse`: audits every page that a shopper meets, prints a table, and fails below 95. */
import { findFreePorts } from '@fincore/dev/free-ports'
import { openBrowser, startMerchantSite } from '../browser.ts'
import { useLinks } from '../payment-link.ts'
import { startWorld } from '../world.ts'
import { auditPage } from './audit.ts'
import { blocked, leastScore, listShopperPages } from './shopper-pages.ts'

const [port = 0] = await findFreePorts(1)
const [world, chromium, merchant] = await Promise.all([startWorld(), openBrowser(port), startMerchantSite()])
let below = 0
try {
  console.log('| page | accessibility | best practices | faults |\n| --- | --- | --- | --- |')
  for (const { name, arrange } of await listShopperPages(world, useLinks(world, chromium, merchant))) {
    const { accessibility, bestPractices, faults } = await auditPage(port, await arrange(), blocked)
    if (Math.min(accessibility, bestPractices) < leastScore) below += 1
    console.log(`| ${name} | ${accessibility} | ${bestPractices} | ${faults.join('; ')} |`)
  }
} finally {
  await chromium.close()
  merchant.close()
  await world.close()
}
process.exitCode = below === 0 ? 0 : 1
