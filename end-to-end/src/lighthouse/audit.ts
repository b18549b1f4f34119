import lighthouse from 'lighthouse'
import type { Arranged } from '../pages-look.ts'

/** What Lighthouse gives a page, from 0 to 100, and what it found fault with. */
export type Audited = { accessibility: number; bestPractices: number; faults: string[] }

/** A phone, in CSS pixels, as in the look of every page. */
const phone = { mobile: true, width: 390, height: 844, deviceScaleFactor: 2, disabled: false }

/**
 * Audits a page for accessibility and best practices on a phone, without what these two do not need: no slow line, and no
 * picture of the whole page.
 *
 * @param port of the DevTools of a browser that is running
 * @param blocked what the page is kept from loading, so that it stays
 */
export async function auditPage(
  port: number,
  { url, cookies = [] }: Arranged,
  blocked: readonly string[] = [],
): Promise<Audited> {
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const result = await lighthouse(url, {
    port,
    output: 'json',
    logLevel: 'error',
    onlyCategories: ['accessibility', 'best-practices'],
    // It has no weight, and needs a trace: while one is recorded, the Chromium of the tests crashes on every page that has
    // a Referrer-Policy.
    skipAudits: ['baseline'],
    formFactor: 'mobile',
    screenEmulation: phone,
    // Throttled in Lighthouse's arithmetic alone: how fast a page is, is not asked.
    throttlingMethod: 'simulate',
    disableFullPageScreenshot: true,
    // Some of the pages are answers of 404 or 410.
    ignoreStatusCode: true,
    // Our pages are there when they are loaded; and one that listens to its server is never quiet.
    ...{ pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 100, cpuQuietThresholdMs: 0 },
    maxWaitForLoad: 8_000,
    blockedUrlPatterns: [...blocked],
    ...(cookie !== '' && { extraHeaders: { cookie } }),
  })
  const { categories, audits, runtimeError } = result?.lhr ?? assert('Lighthouse gave nothing')
  if (runtimeError !== undefined) throw new Error(`Lighthouse could not audit the page: ${runtimeError.message}`)
  const scoreOf = (category: string) => Math.round((categories[category]?.score ?? 0) * 100)
  const weighed = Object.values(categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0))
  return {
    accessibility: scoreOf('accessibility'),
    bestPractices: scoreOf('best-practices'),
    faults: weighed
      .map(({ id }) => audits[id])
      .filter((audit) => audit !== undefined && audit.score !== null && audit.score < 1)
      .map((audit) => `${audit?.id}: ${audit?.title}`),
  }
}

function assert(message: string): never {
  throw new Error(message)
}
