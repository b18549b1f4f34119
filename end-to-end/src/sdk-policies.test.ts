import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { ClientFields } from '@fincore/api-contract/answers'
import { newestVersion, readSdkFile, sdkPath } from '@fincore/browser/served'
import { listPagePolicies, type PagePolicy } from '@fincore/dev/card-fields-page'
import { describeAdyenFields } from '@fincore/payment-service/psp-gateway/adyen/adyen-web'
import { openAdyenBench } from '@fincore/payment-service/psp-gateway/adyen/testing/bench'
import { psps } from '@fincore/payment-service/psp-gateway/registry'
import { stripeVersion } from '@fincore/payment-service/psp-gateway/stripe/request'
import { describeStripeFields } from '@fincore/payment-service/psp-gateway/stripe/stripe-js'
import { openStripeBench } from '@fincore/payment-service/psp-gateway/stripe/testing/bench'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Browser, FrameLocator, Page } from 'playwright-core'
import { shareBrowser } from './browser.ts'
import { useWorld } from './world.ts'

/** A PSP under the names that its fields have in production: each answer comes from what stands in for it here. */
type NamedPsp = {
  fields: ClientFields
  /** Where the requests to a host go; `change` makes the text of the answer that of the host. */
  hosts: { name: string; to: string; path?: (path: string) => string; change?: (text: string) => string }[]
  card: { number: string; cvc: string }
  close?: () => Promise<void>
}

const shop = 'https://shop.example'
const api = 'https://pay.example.com'
const sdk = readSdkFile(newestVersion(), 'fincore.js')
const sdkAddress = api + sdkPath(newestVersion().version, 'fincore.js')

const html = `<!doctype html><html lang="en"><title>Checkout</title><div id="card"></div><button>Pay</button><p id="said"></p>
  <script src="${sdkAddress}" integrity="${sdk.integrity}" crossorigin="anonymous"></script><script src="/checkout.js"></script>`
const makeCheckout = (readyTimeoutMs: number) => `
  const say = (text) => { document.querySelector('#said').textContent = text }
  window.Fincore.load({ api: '${api}', publishableKey: 'pk_test_1' })
    .then((fincore) => fincore.mountCardFields(document.querySelector('#card'), { readyTimeoutMs: ${readyTimeoutMs} }))
    .then((fields) => {
      document.querySelector('button').onclick = async () => {
        const { token } = await fields.tokenize()
        await fetch('/pay', { method: 'POST', body: token })
        say('paid')
      }
      say('ready')
    })
    .catch((error) => say(error.code))`

async function openSandbox(): Promise<NamedPsp> {
  const world = await useWorld()
  const { psp, psp_public_key: publicKey } = world.fincore.dev
  const origin = 'https://psp.example'
  const policy = { script_src: [], frame_src: [origin], connect_src: [], img_src: [] }
  const url = `${origin}/fields?public_key=${publicKey}`
  return {
    fields: { kind: 'iframe', url, origin, content_security_policy: policy },
    hosts: [{ name: origin, to: psp }],
    card: { number: magicCardNumber('visa'), cvc: '123' },
    close: () => world.close(),
  }
}

async function openStripe(): Promise<NamedPsp> {
  const bench = await openStripeBench()
  const standIn = psps.stripe.clientTokens?.fields(bench.account)
  assert.ok(standIn?.kind === 'stripe')
  const publishableKey = standIn.publishable_key
  const fields = describeStripeFields({ publishableKey, apiVersion: stripeVersion, pagesUrl: null })
  const path = (asked: string) => (asked.endsWith('/stripe.js') ? '/v3/' : asked)
  const hosts = [{ name: 'https://js.stripe.com', to: new URL(standIn.script_url).origin, path }]
  return { fields, hosts, card: bench.cards.approves, close: () => bench.close() }
}

async function openAdyen(): Promise<NamedPsp> {
  const bench = await openAdyenBench()
  const standIn = psps.adyen.clientTokens?.fields(bench.account)
  assert.ok(standIn?.kind === 'adyen')
  const frames = 'https://checkoutshopper-test.adyen.com'
  // Adyen Web's frames are of another host than its script; those of the stand-in are of the same.
  const change = (text: string) => text.replace('new URL(adyenWebScript?.src ?? location.href).origin', `'${frames}'`)
  const script = change(await (await fetch(standIn.script_url)).text())
  assert.ok(script.includes(frames))
  const integrity = `sha384-${createHash('sha384').update(script).digest('base64')}`
  const release = { version: '6.45.2', integrity }
  const fields = describeAdyenFields({ clientKey: standIn.client_key, environment: 'test', script: release })
  const to = new URL(standIn.script_url).origin
  const hosts = [
    {
      name: 'https://checkoutshopper-test.cdn.adyen.com',
      to,
      change,
      path: (asked: string) => (asked.endsWith('/adyen.js') ? '/adyen-web/adyen.js' : asked),
    },
    { name: frames, to },
  ]
  return { fields, hosts, card: bench.cards.approves, close: () => bench.close() }
}

/** `docs/card-fields.md` writes these headers out. They are tried under the very names that stand in them. */
describe('the documented Content-Security-Policy of a checkout page', { concurrency: 1 }, () => {
  const shared = shareBrowser()
  let browser: Browser
  before(async () => {
    browser = await shared.open()
  })
  after(() => shared.close())

  const open: Record<PagePolicy['psp'], () => Promise<NamedPsp>> = {
    sandbox: openSandbox,
    stripe: openStripe,
    adyen: openAdyen,
  }
  for (const { psp, name, header } of listPagePolicies()) {
    it(`is all that the fields of ${name} need, and without its frame-src they are not drawn`, async () => {
      const named = await open[psp]()
      const policy = header.replaceAll(/\s+/g, ' ')
      const allowed = await openPage(named, policy)
      await waitUntilSaid(allowed.page, 'ready')
      await typeCard(allowed.page, named)
      await allowed.page.getByRole('button').click()
      await waitUntilSaid(allowed.page, 'paid')
      assert.equal(allowed.paid.length, 1)
      assert.deepEqual(allowed.complaints, [])
      await allowed.page.close()

      const refused = await openPage(named, policy.replace(/frame-src [^;]*;/, ''), 1_000)
      await waitUntilSaid(refused.page, 'fields_unavailable')
      assert.match(refused.complaints.join('\n'), /Content Security Policy/)
      await refused.page.close()
      await named.close?.()
    })
  }

  async function openPage(named: NamedPsp, policy: string, readyTimeoutMs = 10_000) {
    const page = await browser.newPage()
    page.setDefaultTimeout(15_000)
    const complaints: string[] = []
    const paid: (string | null)[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    const anyPage = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
    await page.route(`${shop}/**`, (route) => {
      const { pathname } = new URL(route.request().url())
      if (pathname === '/pay') {
        paid.push(route.request().postData())
        return route.fulfill({ body: '' })
      }
      if (pathname === '/checkout.js')
        return route.fulfill({ contentType: 'text/javascript', body: makeCheckout(readyTimeoutMs) })
      if (pathname === '/favicon.ico') return route.fulfill({ status: 404 })
      return route.fulfill({ contentType: 'text/html', headers: { 'content-security-policy': policy }, body: html })
    })
    await page.route(`${api}/**`, (route) =>
      route.request().url() === sdkAddress
        ? route.fulfill({ contentType: 'text/javascript', headers: anyPage, body: sdk.body })
        : route.fulfill({
            headers: anyPage,
            json: { environment: 'production', psp_accounts: [{ id: 'pspa_1', psp: 'any', fields: named.fields }] },
          }),
    )
    for (const { name, to, path = (asked: string) => asked, change } of named.hosts) {
      await page.route(`${name}/**`, async (route) => {
        const url = new URL(route.request().url())
        const asked = route.request().headers()
        const sent = { ...asked, ...(asked.origin === name && { origin: to }) }
        const response = await route.fetch({ url: to + path(url.pathname) + url.search, headers: sent })
        // The frame's own policy speaks of the host that stands in for the PSP.
        const { 'content-security-policy': _own, ...headers } = response.headers()
        const text = await response.text()
        await route.fulfill({ response, headers, body: change?.(text) ?? text })
      })
    }
    await page.goto(`${shop}/`)
    return { page, complaints, paid }
  }
})

async function waitUntilSaid(page: Page, text: string): Promise<void> {
  await page.locator('#said', { hasText: /./ }).filter({ hasText: text }).waitFor()
}

async function typeCard(page: Page, { fields, card }: NamedPsp): Promise<void> {
  const frameOf = (index: number): FrameLocator =>
    fields.kind === 'iframe'
      ? page.frameLocator('#card iframe')
      : page.locator('#card .fincore-input').nth(index).frameLocator('iframe')
  for (const [index, text] of [card.number, '1234', card.cvc].entries()) {
    const inputs = frameOf(index).locator('input:visible')
    await inputs.nth(fields.kind === 'iframe' ? index : 0).pressSequentially(text)
  }
}
