import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type MerchantPage, openMerchantPage, type Seen } from './testing/merchant-page.ts'

/** The part of Stripe.js that the SDK uses; the test's script emits its events by `made`. */
const stripeJs = `window.made = {}; window.Stripe = (key) => ({
  elements: (options) => ({ create(type, look) {
    const handlers = {}
    return made[type] = {
      key, options, look, focused: 0, emit: (name, event) => handlers[name]?.({ elementType: type, ...event }),
      on: (name, handler) => { handlers[name] = handler },
      mount(holder) { this.holder = holder; setTimeout(() => window.isSilent || handlers.ready?.({ elementType: type })) },
      focus() { this.focused++ },
      destroy() { this.isDestroyed = true },
    }
  } }),
  createPaymentMethod: async (input) => { made.input = input; return made.answer },
})`

/** The part of Adyen Web 6 that the SDK uses. */
const adyenWeb = `window.made = {}; window.AdyenWeb = {
  AdyenCheckout: async (options) => { made.options = options; return made },
  CustomCard: class {
    constructor(checkout, handlers) { Object.assign(made, { handlers, focused: [] }) }
    mount(root) {
      for (const holder of root.querySelectorAll('[data-cse]')) holder.append(document.createElement('iframe'))
      setTimeout(() => made.handlers.onConfigSuccess({ iframesConfigured: true }))
      return this
    }
    setFocusOn(type) { made.focused.push(type) }
    showValidation() { setTimeout(() => made.handlers.onValidationError(made.problems)) }
    unmount() { made.isUnmounted = true }
  },
}`

const hashOf = (text: string) => `sha384-${createHash('sha384').update(text).digest('base64')}`
const stripeFields = {
  kind: 'stripe',
  publishable_key: 'pk_test_stripe',
  script_url: 'https://js.stripe.com/endive/stripe.js',
}
const adyenFields = {
  kind: 'adyen',
  client_key: 'live_KEY',
  environment: 'live-us',
  script_url: 'https://checkoutshopper-live-us.cdn.adyen.com/checkoutshopper/sdk/6.45.2/adyen.js',
  script_integrity: hashOf(adyenWeb),
}

let shop: MerchantPage
let fields: Record<string, unknown>

before(async () => {
  shop = await openMerchantPage({
    clientConfig: () => ({ environment: 'production', psp_accounts: [{ id: 'pspa_1', psp: 'any', fields }] }),
    // What the SDK needs beside the PSP's script, under a policy that forbids everything else, inline styles included.
    policy: () =>
      `default-src 'none'; script-src 'self' data: ${String(fields.script_url).replace(/;.*/, '')}; connect-src 'self' https://pay.example; frame-src 'none'`,
  })
})
after(() => shop?.close())

/** Runs a script in a page where the PSP's hosts answer with `body`. What was asked of other hosts is in `asked`. */
async function runWith(offer: Record<string, unknown>, body: string, script: string, api?: string): Promise<Seen> {
  fields = offer
  const asked: string[] = []
  const prepare = async (page: Page) => {
    await page.route(/^https:/, (route) => {
      const url = route.request().url()
      const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
      if (url.endsWith('/v1/client_config')) {
        const config = { environment: 'production', psp_accounts: [{ id: 'pspa_1', psp: 'any', fields }] }
        return route.fulfill({ headers, json: config })
      }
      asked.push(url)
      return route.fulfill({ contentType: 'text/javascript', headers, body })
    })
  }
  const seen = await shop.run(script, { prepare, ...(api !== undefined && { api }) })
  return { ...seen, asked }
}

describe('Stripe’s fields', () => {
  const run = (script: string) => runWith(stripeFields, stripeJs, script)

  test('stand labelled in boxes, tell what is typed, and give one payment method for two presses', async () => {
    const paymentMethod = { id: 'pm_1', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 } }
    const seen = await run(`
      const states = []
      const tell = ({ field, state, complete, brand }) => states.push([field, state, complete, brand])
      const fields = await mount({ locale: 'de-AT', theme: 'dark', onChange: tell })
      for (const name of ['cardNumber', 'cardNumber', 'cardExpiry', 'cardCvc'])
        made[name].emit('change', { complete: true, brand: name === 'cardNumber' ? 'visa' : undefined })
      made.answer = ${JSON.stringify({ paymentMethod })}
      const [first, second] = await Promise.all([fields.tokenize(), fields.tokenize()])
      const { options, look, key, holder } = made.cardNumber
      return { kind: fields.kind, states, first, same: first === second, key, options, input: Object.keys(made.input),
        placeholder: look.style.base['::placeholder'].color, text: document.querySelector('#card').innerText.split('\\n').filter(Boolean),
        group: document.querySelector('#card [role=group]').getAttribute('aria-label'),
        height: holder.getBoundingClientRect().height, background: getComputedStyle(holder).backgroundColor }`)
    assert.deepEqual(seen, {
      kind: 'stripe',
      states: [
        ['number', 'complete', false, 'visa'],
        ['expiry', 'complete', false, 'visa'],
        ['cvc', 'complete', true, 'visa'],
      ],
      first: {
        token: 'pm_1',
        card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 },
        pspAccount: 'pspa_1',
      },
      same: true,
      key: 'pk_test_stripe',
      options: { locale: 'de' },
      input: ['type', 'card'],
      placeholder: '#a9b2bd',
      text: ['Kartennummer', 'Visa', 'Ablaufdatum', 'Prüfnummer'],
      group: 'Kartendaten',
      height: 48,
      background: 'rgb(27, 31, 38)',
      asked: [stripeFields.script_url],
    })
  })

  test('say what the shopper typed wrong, beside the field and in the error, and take the focus there', async () => {
    const seen = await run(`
      const fields = await mount()
      made.answer = { error: { type: 'validation_error', code: 'incomplete_cvc', message: 'Your card’s security code is incomplete.' } }
      const error = await fields.tokenize().catch(describe)
      const before = document.querySelector('#card').innerText
      made.cardCvc.emit('change', { complete: true })
      return { error, before, after: document.querySelector('#card').innerText, focused: made.cardCvc.focused }`)
    assert.deepEqual(seen.error, {
      name: 'FincoreError',
      code: 'incomplete_cvc',
      message: 'Your card’s security code is incomplete.',
      field: 'cvc',
    })
    assert.match(seen.before, /security code is incomplete/)
    assert.doesNotMatch(seen.after, /incomplete/)
    assert.equal(seen.focused, 1)
  })

  test('tell what each field holds, and mark the wrong one for who cannot see it', async () => {
    const seen = await run(`
      const told = []
      const tell = (name) => ({ field, state, message }) => told.push([name, field, state, message])
      await mount({ onChange: tell('change'), onFocus: tell('focus'), onBlur: tell('blur') })
      const error = (code) => ({ error: { code, message: code } })
      made.cardNumber.emit('focus')
      made.cardNumber.emit('change', { empty: false, brand: 'unknown' })
      made.cardNumber.emit('change', { empty: false, brand: 'unknown', ...error('incomplete_number') })
      made.cardNumber.emit('blur')
      made.cardNumber.emit('change', { empty: false, brand: 'unknown', ...error('invalid_number') })
      const { holder } = made.cardNumber
      const problem = document.getElementById(holder.getAttribute('aria-describedby'))
      const marks = { role: holder.getAttribute('role'), label: holder.getAttribute('aria-label'),
        invalid: holder.getAttribute('aria-invalid'), problem: problem.textContent, live: problem.getAttribute('aria-live') }
      made.cardNumber.emit('change', { empty: true, brand: 'unknown' })
      return { told, marks, after: holder.getAttribute('aria-invalid') }`)
    assert.deepEqual(seen.told, [
      ['focus', 'number', 'empty', null],
      ['change', 'number', 'incomplete', null],
      ['change', 'number', 'incomplete', 'incomplete_number'],
      ['blur', 'number', 'incomplete', 'incomplete_number'],
      ['change', 'number', 'invalid', 'invalid_number'],
      ['change', 'number', 'empty', null],
    ])
    const marks = { role: 'group', label: 'Card number', invalid: 'true', problem: 'invalid_number', live: 'polite' }
    assert.deepEqual(seen.marks, marks)
    assert.equal(seen.after, 'false')
  })

  test('wear the page’s styles, inside the frames as Stripe’s style object and around them', async () => {
    const seen = await run(`
      const styles = { textColor: '#112233', placeholderColor: '#445566', errorColor: '#aa0000', borderColor: '#00aa00',
        backgroundColor: '#fafafa', fontFamily: 'Georgia, serif', fontSize: 18, borderRadius: 0, spacing: 24 }
      await mount({ theme: 'dark', styles })
      const { look, holder } = made.cardNumber
      const { borderColor, borderRadius, backgroundColor } = getComputedStyle(holder)
      return { look, box: [borderColor, borderRadius, backgroundColor],
        gap: getComputedStyle(document.querySelector('.fincore-fields')).columnGap }`)
    assert.deepEqual(seen.look.style, {
      base: {
        color: '#112233',
        fontFamily: 'Georgia, serif',
        fontSize: '18px',
        '::placeholder': { color: '#445566' },
      },
      invalid: { color: '#aa0000' },
    })
    assert.deepEqual(seen.box, ['rgb(0, 170, 0)', '0px', 'rgb(250, 250, 250)'])
    assert.equal(seen.gap, '24px')
  })

  test('never show the shopper what Stripe says to developers', async () => {
    const seen = await run(`
      const fields = await mount()
      made.answer = { error: { type: 'invalid_request_error', code: 'api_key_expired', message: 'Expired API Key provided: pk_…' } }
      return { error: await fields.tokenize().catch(describe) }`)
    assert.equal(seen.error.code, 'api_key_expired')
    assert.equal(seen.error.message, 'Nothing was charged. Check the card details and try again.')
  })

  test('are taken away in bounded time when they do not get ready, and again when the page asks', async () => {
    const seen = await run(`
      window.isSilent = true
      const error = await mount({ readyTimeoutMs: 300 }).catch(describe)
      const left = document.querySelector('#card').childElementCount
      const isDestroyed = made.cardNumber.isDestroyed
      window.isSilent = false
      const fields = await mount()
      fields.destroy()
      return { code: error.code, left, isDestroyed, after: document.querySelector('#card').childElementCount,
        closed: (await fields.tokenize().catch(describe)).code }`)
    const { asked, ...rest } = seen
    assert.deepEqual(rest, { code: 'fields_unavailable', left: 0, isDestroyed: true, after: 0, closed: 'destroyed' })
    assert.equal(asked.length, 1, 'the script is loaded once')
  })
})

describe('Adyen’s fields', () => {
  const run = (script: string) => runWith(adyenFields, adyenWeb, script)
  const encrypted = {
    encryptedCardNumber: 'eyJ.number',
    encryptedExpiryMonth: 'eyJ.month',
    encryptedExpiryYear: 'eyJ.year',
    encryptedSecurityCode: 'eyJ.code',
  }
  const browserInfo = { userAgent: 'Mozilla/5.0 (ä)', screenWidth: 390 }

  test('give the encrypted card as one token, and nothing that the payment does not need', async () => {
    const paymentMethod = { type: 'scheme', ...encrypted, brand: 'mc', checkoutAttemptId: 'x', sdkData: 'y' }
    const data = { paymentMethod, browserInfo, origin: 'https://shop.example', riskData: { clientData: 'z' } }
    const valid = { encryptedCardNumber: true, encryptedExpiryDate: true, encryptedSecurityCode: true }
    const seen = await run(`
      const states = []
      const tell = ({ field, state, complete, brand }) => states.push([field, state, complete, brand])
      const fields = await mount({ locale: 'fr-CA', onChange: tell })
      made.handlers.onFocus({ fieldType: 'encryptedCardNumber', focus: true })
      made.handlers.onChange({ isValid: false, valid: {}, errors: {} })
      made.handlers.onBrand({ brand: 'card' })
      made.handlers.onBrand({ brand: 'mc' })
      made.handlers.onFieldValid({ fieldType: 'encryptedCardNumber', endDigits: '4444' })
      made.handlers.onChange(${JSON.stringify({ isValid: true, valid, data })})
      const { clientKey, environment, locale, countryCode, analytics, risk } = made.options
      return { kind: fields.kind, states, result: await fields.tokenize(), options: { clientKey, environment, locale, countryCode, analytics, risk },
        holders: [...document.querySelectorAll('[data-cse]')].map((holder) => holder.dataset.cse) }`)
    const { token, ...result } = seen.result
    assert.match(token, /^adyen_[A-Za-z0-9_-]+$/)
    assert.deepEqual(JSON.parse(Buffer.from(token.slice('adyen_'.length), 'base64url').toString()), {
      paymentMethod: { type: 'scheme', ...encrypted },
      browserInfo,
      origin: 'https://shop.example',
    })
    assert.deepEqual(result, {
      card: { brand: 'mastercard', last4: '4444', exp_month: null, exp_year: null },
      pspAccount: 'pspa_1',
    })
    assert.equal(seen.kind, 'adyen')
    assert.deepEqual(seen.states, [
      ['number', 'incomplete', false, null],
      ['number', 'incomplete', false, 'mastercard'],
      ['number', 'complete', false, 'mastercard'],
      ['expiry', 'complete', false, 'mastercard'],
      ['cvc', 'complete', true, 'mastercard'],
    ])
    assert.deepEqual(seen.options, {
      clientKey: 'live_KEY',
      environment: 'live-us',
      locale: 'fr-CA',
      countryCode: 'CA',
      analytics: { enabled: false },
      risk: { enabled: false },
    })
    assert.deepEqual(seen.holders, ['encryptedCardNumber', 'encryptedExpiryDate', 'encryptedSecurityCode'])
  })

  test('say what the shopper typed wrong, beside the field and in the error, and take the focus there', async () => {
    const seen = await run(`
      const told = []
      const fields = await mount({ onChange: ({ field, state, message }) => told.push([field, state, message]) })
      made.problems = [
        { fieldType: 'encryptedSecurityCode', error: 'cc.cvc.920', errorI18n: 'Enter the security code' },
        { fieldType: 'encryptedExpiryDate', error: 'cc.dat.910', errorI18n: 'Enter the expiry date' },
      ]
      const error = await fields.tokenize().catch(describe)
      const before = document.querySelector('#card').innerText
      made.handlers.onChange({ isValid: false, errors: { encryptedExpiryDate: { error: 'cc.dat.910' } } })
      const after = document.querySelector('#card').innerText
      const say = (error) => made.handlers.onValidationError([{ fieldType: 'encryptedSecurityCode', error, errorI18n: error }])
      for (const code of ['cc.cvc.921', 'cc.cvc.999']) say(code)
      return { error, before, after, told, focused: made.focused }`)
    assert.deepEqual(seen.error, {
      name: 'FincoreError',
      code: 'cc.dat.910',
      message: 'Enter the expiry date',
      field: 'expiry',
    })
    assert.match(seen.before, /Enter the expiry date[\s\S]*Enter the security code/)
    assert.doesNotMatch(seen.after, /Enter the security code/)
    assert.deepEqual(seen.focused, ['encryptedExpiryDate'])
    assert.deepEqual(seen.told, [
      ['cvc', 'empty', 'Enter the security code'],
      ['expiry', 'empty', 'Enter the expiry date'],
      ['cvc', 'empty', null],
      ['cvc', 'incomplete', 'cc.cvc.921'],
      ['cvc', 'invalid', 'cc.cvc.999'],
    ])
  })

  test('are not drawn by a script that was changed on its way', async () => {
    const seen = await runWith(
      adyenFields,
      `${adyenWeb}; window.isForeign = true`,
      'const error = await mount().catch(describe); return { code: error.code, ran: window.isForeign }',
    )
    assert.equal(seen.code, 'fields_unavailable')
    assert.equal(seen.ran, undefined)
  })
})

describe('a script is loaded from nowhere but the PSP', () => {
  const refused: [what: string, offer: Record<string, unknown>, api?: string][] = [
    ['another origin', { ...stripeFields, script_url: 'https://evil.example/stripe.js' }],
    ['the PSP’s without TLS', { ...stripeFields, script_url: 'http://js.stripe.com/endive/stripe.js' }],
    ['a name that ends otherwise', { ...stripeFields, script_url: 'https://js.stripe.com.evil.example/stripe.js' }],
    ['a name that begins otherwise', { ...stripeFields, script_url: 'https://evil-js.stripe.com/stripe.js' }],
    ['the other PSP’s', { ...stripeFields, script_url: adyenFields.script_url }],
    ['a script in the address', { ...stripeFields, script_url: 'data:text/javascript;base64' }],
    [
      'this machine, for an API that is elsewhere',
      { ...stripeFields, script_url: 'http://127.0.0.1:1/v3/' },
      'https://pay.example',
    ],
    ['Adyen’s without its hash', { ...adyenFields, script_integrity: null }],
    ['Adyen’s with what is no hash', { ...adyenFields, script_integrity: 'sha384-short' }],
    ['Stripe’s with a secret key', { ...stripeFields, publishable_key: 'sk_live_1' }],
    ['a kind that nobody knows', { ...stripeFields, kind: 'constructor' }],
  ]
  for (const [what, offer, api] of refused) {
    test(`not from ${what}`, async () => {
      const seen = await runWith(
        offer,
        stripeJs,
        'const { code } = await mount().catch(describe); return { code }',
        api,
      )
      assert.deepEqual(seen, { code: 'fields_not_offered', asked: [] })
    })
  }

  test('from a stand-in on this machine, when the API is there too', async () => {
    const standIn = await shop.serve(() => ({ type: 'text/javascript', body: stripeJs }))
    const seen = await runWith(
      { ...stripeFields, script_url: `${standIn}/v3/` },
      '',
      'return { kind: (await mount()).kind }',
    )
    assert.deepEqual(seen, { kind: 'stripe', asked: [] })
  })
})
