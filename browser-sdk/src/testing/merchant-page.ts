import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openBrowser } from '@fincore/end-to-end/browser'
import type { Page } from 'playwright-core'
import { bundle } from '../build.ts'

export type Served = { type: string; body: string; headers?: Record<string, string> }

/** A merchant's page in a real Chromium, with the SDK as its sources make it, and servers beside it. */
export type MerchantPage = {
  origin: string
  /** A server of its own origin, on this machine. */
  serve: (respond: (path: string) => Served) => Promise<string>
  /**
   * Opens the page and runs `script` in it, with `mount(options)`, `fincore`, `describe(error)` and `eventually(isSo)` at
   * hand; gives what it returns. `prepare` sees the page before it is opened.
   */
  run: (script: string, options?: { api?: string; prepare?: (page: Page) => Promise<unknown> }) => Promise<Seen>
  close: () => Promise<void>
}
// biome-ignore lint/suspicious/noExplicitAny: what a test's own script returns, as the test knows it
export type Seen = any

/** @param show what the page has besides the fields' place, and its Content-Security-Policy. */
export async function openMerchantPage(show: {
  clientConfig: () => object
  html?: () => string
  policy?: () => string
}): Promise<MerchantPage> {
  const servers: Server[] = []
  const serve: MerchantPage['serve'] = async (respond) => {
    const server = createServer((request, response) => {
      const { type, body, headers } = respond(request.url ?? '/')
      response.writeHead(200, {
        'content-type': type,
        'access-control-allow-origin': '*',
        'access-control-allow-headers': '*',
        ...headers,
      })
      response.end(body)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const sdk = await bundle('fincore.mjs')
  const origin = await serve((path) => {
    if (path === '/fincore.mjs') return { type: 'text/javascript', body: sdk }
    if (path === '/v1/client_config') return { type: 'application/json', body: JSON.stringify(show.clientConfig()) }
    const policy = show.policy?.()
    return {
      type: 'text/html',
      body: `<!doctype html><html lang="en"><title>Checkout</title><div id="card"></div>${show.html?.() ?? ''}`,
      ...(policy !== undefined && { headers: { 'content-security-policy': policy } }),
    }
  })
  const browser = await openBrowser()

  return {
    origin,
    serve,
    async run(script, { api = '', prepare } = {}) {
      const page = await browser.newPage()
      try {
        await prepare?.(page)
        await page.goto(origin)
        return await page.evaluate(`(async () => {
          const { loadFincore } = await import('/fincore.mjs')
          const fincore = await loadFincore({ api: '${api}' || location.origin, publishableKey: 'pk_test_1' })
          const mount = (options) => fincore.mountCardFields(document.querySelector('#card'), options)
          const describe = (error) => ({ name: error.name, code: error.code, message: error.message, field: error.field })
          const eventually = async (isSo) => {
            for (let tries = 0; !isSo(); tries += 1) {
              if (tries > 200) throw new Error('in vain: ' + isSo)
              await new Promise((resolve) => setTimeout(resolve, 20))
            }
          }
          ${script}
        })()`)
      } finally {
        await page.close()
      }
    },
    async close() {
      await browser.close()
      for (const server of servers) server.close()
    },
  }
}
