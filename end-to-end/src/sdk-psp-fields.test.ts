import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CreateTokenCharge } from '@fincore/api-contract/requests'
import { buildShop } from '@fincore/demo-shop/app'
import {
  type FakeFincore,
  type SeenCall,
  startFakeFincore,
  webhookSecret,
} from '@fincore/demo-shop/testing/fake-fincore'
import { openAdyenBench } from '@fincore/payment-service/psp-gateway/adyen/testing/bench'
import type { Bench } from '@fincore/payment-service/psp-gateway/conformance/bench'
import type { Outcome } from '@fincore/payment-service/psp-gateway/port'
import { psps } from '@fincore/payment-service/psp-gateway/registry'
import { openStripeBench } from '@fincore/payment-service/psp-gateway/stripe/testing/bench'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, Page, Request } from 'playwright-core'
import { shareBrowser } from './browser.ts'

const amount = { amount: 2800n, currency: 'EUR' }
const drawn = [
  { name: 'Stripe', psp: psps.stripe, open: openStripeBench, token: /^pm_\w+$/, seesNumber: true },
  // Adyen's fields encrypt in the browser, so that not even Adyen's own address shows the number.
  { name: 'Adyen', psp: psps.adyen, open: openAdyenBench, token: /^adyen_[\w-]+$/, seesNumber: false },
]
/** What FinCore's API takes. */
const tokenSchema = CreateTokenCharge.properties.payment_method.properties.token as { pattern?: string }
const sizes = [
  { width: 390, height: 844 },
  { width: 1280, height: 860 },
]
/** `SCREENSHOTS=1` keeps what the fields look like, in this folder at the repository's root. */
const screenshots =
  process.env.SCREENSHOTS === '1' ? fileURLToPath(new URL('../../screenshots', import.meta.url)) : null

const shared = shareBrowser()

/**
 * The demo shop's checkout with the fields of PSPs that bring their own script, under the policy that the shop sends. The
 * shop's order goes to a stand-in for FinCore, and from there by the adapter to the PSP's.
 */
describe('paying in the page with a PSP’s own script', { concurrency: 1 }, () => {
  let browser: Browser
  before(async () => {
    if (screenshots) mkdirSync(screenshots, { recursive: true })
    browser = await shared.open()
  })
  after(() => shared.close())

  for (const { name, psp, open, token: form, seesNumber } of drawn) {
    describe(`of ${name}`, { concurrency: 1 }, () => {
      let bench: Bench
      let number: string
      let fincore: FakeFincore
      let shop: Awaited<ReturnType<typeof buildShop>>
      let dataDir: string
      let page: Page
      /** Every request of the page and its frames. */
      const requests: Request[] = []
      /** What the browser complained of, a breach of the Content-Security-Policy among it. */
      const complaints: string[] = []

      before(async () => {
        bench = await open()
        number = bench.cards.approves.number
        const fields = psp.clientTokens?.fields(bench.account)
        assert.ok(fields, 'the account shows fields')
        fincore = await startFakeFincore(() => [{ id: 'pspa_1', psp: psp.name, fields }])
        fincore.answerWith(answerCharge)
        dataDir = mkdtempSync(join(tmpdir(), 'psp-fields-shop-'))
        shop = await buildShop({
          host: '127.0.0.1',
          port: 0,
          publicUrl: 'http://shop.test',
          apiUrl: fincore.apiUrl,
          relayUrl: fincore.relayUrl,
          secretKey: 'sk_test_1',
          publishableKey: 'pk_test_1',
          webhookSecret,
          relay: { ca: '', cert: '', key: '' },
          dataDir,
        })
        await shop.listen({ host: '127.0.0.1', port: 0 })
        page = await browser.newPage({ reducedMotion: 'reduce' })
        page.setDefaultTimeout(15_000)
        page.on('request', (request) => requests.push(request))
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
        page.on('pageerror', (error) => complaints.push(String(error)))
      })
      after(async () => {
        await page?.close()
        await shop?.close()
        fincore?.close()
        await bench?.close()
        rmSync(dataDir, { recursive: true, force: true })
      })

      const openCheckout = async () => {
        const { port } = shop.server.address() as AddressInfo
        await page.goto(`http://127.0.0.1:${port}/checkout/morning-cup?way=fields`)
        await page.locator('#card-fields[data-state=ready]').waitFor()
      }
      const input = (index: number) =>
        page.locator('#card-fields .fincore-input').nth(index).frameLocator('iframe').locator('input:visible').first()
      const problemOf = (index: number) => page.locator('#card-fields .fincore-problem').nth(index)
      /** Sends the token as FinCore does; what the adapter makes of the answer. */
      const charge = async (token: string): Promise<Outcome> => {
        const nothing = { returnUrl: null, description: null, networkTransactionId: null, threeDSecure: null }
        const reference = `att_${randomUUID().replaceAll('-', '').slice(0, 26)}`
        const asked = { reference, amount, captureMethod: 'automatic', initiator: null, ...nothing } as const
        const reply = await bench.send(psp.payments.authorizeToken(bench.account, { ...asked, token }))
        return psp.payments.readReply('authorize', reply, asked)
      }

      it('gives a token that the PSP takes; the number is seen by the PSP and by nobody else', async () => {
        await openCheckout()
        for (const [index, text] of [number, '1234', bench.cards.approves.cvc].entries())
          await input(index).pressSequentially(text)
        await page.locator('#card-fields .fincore-brand', { hasText: 'Visa' }).waitFor()
        await page.locator('#pay-button').click()
        await page.locator('main[data-order-status]').waitFor()

        const { token = '', psp_account } = (fincore.calls[0]?.body.payment_method ?? {}) as Record<string, string>
        assert.match(token, form)
        assert.match(token, new RegExp(tokenSchema.pattern ?? '$^'))
        assert.equal(psp_account, 'pspa_1')
        const outcome = await charge(token)
        assert.equal(
          outcome.outcome,
          'approved',
          JSON.stringify(outcome, (_key, value) => String(value)),
        )
        const { origin } = new URL(psp.clientTokens?.fields(bench.account)?.content_security_policy.frame_src[0] ?? '')
        assert.deepEqual(findSeers(), seesNumber ? [origin] : [])
        assert.deepEqual(complaints, [])
      })

      it('says what is wrong beside the field and under the form, and sends nothing', async () => {
        await openCheckout()
        const calls = fincore.calls.length
        await input(0).pressSequentially(number)
        await page.locator('#pay-button').click()
        await page.locator('#problem', { hasText: /\w/ }).waitFor()
        const problem = (await page.locator('#problem').textContent()) ?? ''
        assert.equal(await problemOf(1).textContent(), problem)
        assert.equal(await problemOf(0).textContent(), '')
        // The shopper goes on where the focus is, and the problem goes away with what they type.
        await page.keyboard.type('1234')
        await problemOf(1).filter({ hasText: /^$/ }).waitFor()
        assert.equal(fincore.calls.length, calls)
      })

      it('has no fault that axe knows, and fits a phone and a desk in both colour schemes', async () => {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await openCheckout()
          await input(0).pressSequentially(number)
          await page.locator('#pay-button').click()
          await problemOf(1).filter({ hasText: /\w/ }).waitFor()
          for (const size of sizes) {
            await page.setViewportSize(size)
            const file = `fields-${psp.name}-${colorScheme}-${size.width}.png`
            if (screenshots) await page.screenshot({ path: join(screenshots, file), fullPage: true })
            assert.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, file)
          }
          assert.deepEqual(await findViolations(page), [])
        }
      })

      /** Searches addresses, headers and bodies of all that left the browser. */
      function findSeers(): string[] {
        const seen = requests.filter((request) => {
          const all = [request.url(), JSON.stringify(request.headers()), request.postDataBuffer()?.toString('latin1')]
          return all.some((text) => text?.replaceAll(/\D/g, '').includes(number))
        })
        return [...new Set(seen.map((request) => new URL(request.url()).origin))]
      }
    })
  }
})

function answerCharge({ body: { amount, currency, merchant_reference } }: SeenCall) {
  const charge = { object: 'charge', id: 'ch_1', status: 'captured', amount, currency, merchant_reference }
  return { status: 201, body: { ...charge, next_action: null, failure: null } }
}

/** Of the shop's page and what the SDK drew there; what is inside the frames is the PSP's. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const run = `axe.run({ iframes: false, resultTypes: ['violations'] }).then(({ violations }) => violations)`
  const violations = await page.evaluate<AxeResults['violations']>(run)
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
