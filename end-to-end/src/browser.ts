import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import { type Browser, chromium, type Page } from 'playwright-core'
import { shareAmongFiles } from './shared.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/**
 * Starts a real Chromium: the one that CHROMIUM_PATH names, an installed one, or the one that came from npm.
 *
 * @param devToolsPort for a tool that brings its own hands; without it nobody but the caller reaches the browser
 */
export async function openBrowser(devToolsPort?: number): Promise<Browser> {
  const executablePath =
    process.env.CHROMIUM_PATH ?? installed.find((path) => existsSync(path)) ?? (await unpackChromium())
  const forTools = devToolsPort === undefined ? [] : [`--remote-debugging-port=${devToolsPort}`]
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking', ...forTools] })
}

/** One Chromium for all test files of a process. Each opens contexts of its own in it. */
export const shareBrowser = shareAmongFiles(
  openBrowser,
  (browser) => Promise.all(browser.contexts().map((context) => context.close())),
  (browser) => browser.close(),
)

/**
 * The Chromium of `@sparticuz/chromium` lies compressed in its package, and unpacks itself into TMPDIR in several files.
 * Test files run side by side, so it is unpacked elsewhere and moved into its place whole; the second one finds it there.
 */
async function unpackChromium(): Promise<string> {
  const entry = import.meta.resolve('@sparticuz/chromium')
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', entry), 'utf8')) as { version: string }
  const caches = join(repository, 'node_modules/.cache')
  const folder = join(caches, `chromium-${version}`)
  if (existsSync(folder)) return join(folder, 'chromium')
  mkdirSync(caches, { recursive: true })
  const unpacking = mkdtempSync(join(caches, 'unpacking-'))
  const script = 'const { default: chromium } = await import(process.argv[1]); await chromium.executablePath()'
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, entry], {
    env: { ...process.env, TMPDIR: unpacking },
  })
  try {
    renameSync(unpacking, folder)
  } catch {
    // Another process was faster.
    rmSync(unpacking, { recursive: true, force: true })
  }
  return join(folder, 'chromium')
}

/** The pages of a merchant that a shopper leaves from and comes back to. `visits` are the paths asked for, with their queries. */
export type MerchantSite = {
  origin: string
  visits: string[]
  serve(path: string, html: string): string
  close(): void
}

/** Starts a small site of a merchant: every path answers with a page, by default one that names its path. */
export async function startMerchantSite(): Promise<MerchantSite> {
  const pages = new Map<string, string>()
  const visits: string[] = []
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://merchant').pathname
    if (path !== '/favicon.ico') visits.push(request.url ?? '/')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(pages.get(path) ?? `<!doctype html><html lang="en"><title>Merchant</title><h1>Merchant ${path}</h1>`)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    visits,
    serve(path, html) {
      pages.set(path, html)
      return origin + path
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Pays on the sandbox's hosted page as a shopper does, with a card of the table of magic cards. */
export async function payOnHostedPage(page: Page, card: MagicCardName): Promise<void> {
  const number = magicCardNumber(card)
  await page.getByLabel('Card number').fill(number)
  await page.getByLabel('Expiry date').fill('12 / 34')
  await page.getByLabel('Security code').fill(number.startsWith('37') ? '1234' : '123')
  await page.locator('#pay').click()
}
