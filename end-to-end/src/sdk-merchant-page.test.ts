import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { newestVersion, type SdkFileName, sdkPath } from '@fincore/browser/served'
import { bundleExample } from '@fincore/browser/testing/bundle-example'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Browser, Page } from 'playwright-core'
import { shareBrowser } from './browser.ts'
import { useWorld, type World } from './world.ts'

const { version, files } = newestVersion()

type Shown = { path: string; type: string; body: string }
type Charge = { id: string; status: string; next_action: unknown; failure: { message: string } | null }

/** The SDK as FinCore serves it, in a page of a merchant's own origin. */
describe('the SDK in a merchant’s page', { concurrency: 1 }, () => {
  let world: World
  const shared = shareBrowser()
  let browser: Browser
  let merchant: Server
  let origin: string
  let shown: Shown[] = []
  const charges: Charge[] = []
  before(async () => {
    ;[world, browser] = await Promise.all([useWorld(), shared.open()])
    merchant = createServer(async (request, response) => {
      if (request.method === 'POST') {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk)
        const charge = await chargeToken(JSON.parse(Buffer.concat(chunks).toString()))
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ ...charge, message: charge.failure?.message ?? null }))
        return
      }
      const found = shown.find(({ path }) => path === request.url)
      response.writeHead(found ? 200 : 404, { 'content-type': found?.type ?? 'text/plain' })
      response.end(found?.body)
    })
    await new Promise<void>((resolve) => merchant.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(merchant.address() as AddressInfo).port}`
  })
  after(async () => {
    await shared.close()
    merchant?.close()
    await world?.close()
  })

  async function chargeToken({ token, pspAccount }: { token: string; pspAccount: string }): Promise<Charge> {
    const payment_method = { type: 'token', token, psp_account: pspAccount }
    const asked = { amount: 1990, currency: 'EUR', payment_method, return_url: `${origin}/back` }
    const charge = (await world.api('POST', '/v1/charges', asked)).body as unknown as Charge
    charges.push(charge)
    return charge
  }
  async function open(prepare: (page: Page) => Promise<unknown> = async () => {}): Promise<Page> {
    const page = await browser.newPage()
    page.setDefaultTimeout(15_000)
    await prepare(page)
    await page.goto(origin)
    return page
  }

  describe('is loaded with its hash, and not at all when one byte of it changed', { concurrency: 1 }, () => {
    /** Gives the SDK to a page with a letter of its text in capitals, as whoever sits on the line could. */
    const changeOneByte = (page: Page) =>
      page.route('**/sdk/**', async (route) => {
        const response = await route.fetch()
        const text = await response.text()
        const body = text.replace('Apache', 'apache')
        assert.notEqual(body, text)
        await route.fulfill({ response, body })
      })
    const showPage = (name: SdkFileName, makeTags: (url: string, integrity: string) => string) => {
      const url = world.fincore.dev.api + sdkPath(version, name)
      const html = `<!doctype html><html lang="en"><title>Shop</title>${makeTags(url, files[name].integrity)}`
      shown = [{ path: '/', type: 'text/html', body: html }]
    }

    it('by a script tag', async () => {
      showPage(
        'fincore.js',
        (url, integrity) => `<script src="${url}" integrity="${integrity}" crossorigin="anonymous"></script>`,
      )
      const read = `[typeof window.Fincore?.load, typeof window.Fincore?.FincoreError]`
      const whole = await open()
      assert.deepEqual(await whole.evaluate(read), ['function', 'function'])
      await whole.close()
      const changed = await open(changeOneByte)
      assert.deepEqual(await changed.evaluate(read), ['undefined', 'undefined'])
      await changed.close()
    })

    it('by an import', async () => {
      showPage(
        'fincore.mjs',
        (url, integrity) => `<link rel="modulepreload" href="${url}" integrity="${integrity}" crossorigin="anonymous">`,
      )
      const url = world.fincore.dev.api + sdkPath(version, 'fincore.mjs')
      const load = `import('${url}').then(({ loadFincore }) => typeof loadFincore, (error) => error.name)`
      const whole = await open()
      assert.equal(await whole.evaluate(load), 'function')
      await whole.close()
      const changed = await open(changeOneByte)
      assert.equal(await changed.evaluate(load), 'TypeError')
      await changed.close()
    })
  })

  it('pays in the React example, which React mounts twice', async () => {
    const { api, publishable_key: publishableKey } = world.fincore.dev
    const { page: html, script } = await bundleExample({ api, publishableKey })
    shown = [
      { path: '/', type: 'text/html', body: html },
      { path: '/main.js', type: 'text/javascript', body: script },
    ]
    const page = await open()
    const fields = page.frameLocator('#checkout iframe')
    await page.locator('button[aria-disabled=false]').waitFor()
    assert.equal(await page.locator('#checkout iframe').count(), 1)
    await page.getByRole('button', { name: 'Pay' }).click()
    await page.getByRole('alert').filter({ hasText: 'Enter the card number.' }).waitFor()
    assert.equal(charges.length, 0)
    // The first wrong field has the focus.
    await page.keyboard.type(magicCardNumber('visa'))
    await fields.getByLabel('Expiry date').pressSequentially('1234')
    await fields.getByLabel('Security code').pressSequentially('123')
    await page.getByRole('button', { name: 'Pay' }).click({ delay: 50 })
    await page.getByRole('alert').filter({ hasText: 'Thank you.' }).waitFor()
    assert.deepEqual(
      charges.map(({ status }) => status),
      ['captured'],
    )
    const [attempt] = await world.attempts(charges[0]?.id ?? '')
    const { movements } = await world.truth(attempt?.id ?? '')
    assert.deepEqual(movements.map(({ kind, amount }) => [kind, amount]).sort(), [
      ['authorization', 1990],
      ['capture', 1990],
    ])
    await page.close()
  })

  it('gives the sandbox’s fields the page’s language and its styles, and the frame believes no style that is none', async () => {
    const { api, publishable_key: publishableKey, psp } = world.fincore.dev
    const html = `<!doctype html><html lang="fr"><title>Shop</title><div id="card"></div>
      <script src="${api}${sdkPath(version, 'fincore.js')}"></script>`
    shown = [{ path: '/', type: 'text/html', body: html }]
    const page = await open()
    const styles = {
      ...{ textColor: '#112233', placeholderColor: '#445566', backgroundColor: '#fafafa', borderColor: '#00aa00' },
      ...{ focusColor: '#0000aa', errorColor: '#aa0000', fontFamily: 'Georgia, serif' },
      ...{ fontSize: 20, borderRadius: 3, spacing: 30 },
    }
    await page.evaluate(`(async () => {
      const fincore = await Fincore.load(${JSON.stringify({ api, publishableKey })})
      window.events = []
      const tell = (name) => ({ field, state, message }) => events.push([name, field, state, message])
      const styles = ${JSON.stringify(styles)}
      await fincore.mountCardFields(document.querySelector('#card'), { styles, onChange: tell('change'), onFocus: tell('focus'), onBlur: tell('blur') })
      const wrong = { textColor: 'red; background: url(//evil.example)', errorColor: 'var(--ring)', fontSize: 99, spacing: -1, position: 'fixed' }
      document.querySelector('iframe').contentWindow.postMessage({ fincore: 1, do: 'style', styles: wrong }, ${JSON.stringify(psp)})
    })()`)
    const fields = page.frameLocator('#card iframe')
    const number = fields.getByLabel('Numéro de carte')
    await number.pressSequentially('4242')
    await fields.getByLabel('Code de sécurité').focus()
    await fields.getByText('Vérifiez le numéro de carte.').waitFor()
    const look = await fields.locator('body').evaluate(`(() => {
      const of = (selector, pseudo) => getComputedStyle(document.querySelector(selector), pseudo)
      const input = of('#number')
      return { color: input.color, background: input.backgroundColor, font: input.fontFamily, size: input.fontSize,
        radius: input.borderRadius, border: of('#expiry').borderColor, placeholder: of('#number', '::placeholder').color,
        error: of('#number-error').color, gap: of('.pair').columnGap, ring: of('#cvc').outlineColor }
    })()`)
    assert.deepEqual(look, {
      color: 'rgb(17, 34, 51)',
      background: 'rgb(250, 250, 250)',
      font: 'Georgia, serif',
      size: '20px',
      radius: '3px',
      border: 'rgb(0, 170, 0)',
      placeholder: 'rgb(68, 85, 102)',
      error: 'rgb(170, 0, 0)',
      gap: '30px',
      ring: 'rgb(0, 0, 170)',
    })
    assert.deepEqual(await page.evaluate('events'), [
      ['focus', 'number', 'empty', null],
      ['change', 'number', 'incomplete', null],
      ['change', 'number', 'incomplete', 'Vérifiez le numéro de carte.'],
      ['blur', 'number', 'incomplete', 'Vérifiez le numéro de carte.'],
      ['focus', 'cvc', 'empty', null],
    ])
    await page.close()
  })
})
