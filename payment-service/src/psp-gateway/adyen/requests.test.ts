import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthorizeInput, PspRequest } from '../port.ts'
import { adyenPsp } from './adyen.ts'
import { testAccount } from './testing/literals.ts'

const { payments, hostedSessions, rawCards } = adyenPsp
assert(hostedSessions && rawCards && payments.finishAction)

const input: AuthorizeInput = {
  reference: 'att_1',
  amount: { amount: 1000n, currency: 'EUR' },
  captureMethod: 'automatic',
  returnUrl: 'https://pay.example/c/x/return',
  description: 'Three books',
  initiator: null,
  networkTransactionId: null,
  threeDSecure: null,
}
const encrypted = {
  encryptedCardNumber: 'adyenjs_0_1_25$number',
  encryptedExpiryMonth: 'adyenjs_0_1_25$month',
  encryptedExpiryYear: 'adyenjs_0_1_25$year',
  encryptedSecurityCode: 'adyenjs_0_1_25$code',
}
const browserInfo = {
  acceptHeader: '*/*',
  colorDepth: 24,
  javaEnabled: false,
  language: 'nl-NL',
  screenHeight: 723,
  screenWidth: 1536,
  timeZoneOffset: -60,
  userAgent: 'Mozilla/5.0',
}
const makeToken = (content: unknown) => `adyen_${Buffer.from(JSON.stringify(content)).toString('base64url')}`
const token = makeToken({
  paymentMethod: { type: 'scheme', ...encrypted },
  browserInfo,
  origin: 'https://shop.example',
})
const bodyOf = (request: PspRequest) => JSON.parse(request.body ?? 'null')

describe('a payment by token', () => {
  it('tells who pays, as far as it is said; an address that could spoil a card template is left out', () => {
    const shown = (shopper: AuthorizeInput['shopper']) => {
      const card = { expMonth: 1, expYear: 2030, holderName: null }
      const said = { ...input, ...(shopper === undefined ? {} : { shopper }) }
      return [
        payments.authorizeToken(testAccount, { ...said, token }),
        rawCards.authorizeCard(testAccount, { ...said, ...card }),
      ]
        .map(bodyOf)
        .map(({ shopperIP, shopperEmail }) => [shopperIP, shopperEmail])
    }
    const known = ['203.0.113.7', 'ada@example.com']
    assert.deepEqual(shown({ address: '203.0.113.7', email: 'ada@example.com' }), [known, known])
    for (const nobody of [undefined, { address: null, email: null }, { address: null, email: '{{card.number}}@a' }])
      assert.deepEqual(shown(nobody), [
        [undefined, undefined],
        [undefined, undefined],
      ])
  })

  it('is sent as Adyen’s own fields made it, under our reference as its key', () => {
    const request = payments.authorizeToken(testAccount, { ...input, token })
    assert.equal(request.url, 'https://checkout-test.adyen.com/v72/payments')
    assert.deepEqual(request.headers, {
      'x-api-key': testAccount.credentials.api_key,
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': 'att_1',
    })
    assert.deepEqual(bodyOf(request), {
      merchantAccount: 'AcmeBooksECOM',
      reference: 'att_1',
      amount: { value: 1000, currency: 'EUR' },
      returnUrl: 'https://pay.example/c/x/return',
      channel: 'Web',
      shopperInteraction: 'Ecommerce',
      captureDelayHours: 0,
      additionalData: { manualCapture: 'false' },
      authenticationData: { threeDSRequestData: { nativeThreeDS: 'disabled' } },
      paymentMethod: { type: 'scheme', ...encrypted },
      browserInfo,
      origin: 'https://shop.example',
    })
  })

  it('says in its reference that it is captured by hand', () => {
    const body = bodyOf(payments.authorizeToken(testAccount, { ...input, captureMethod: 'manual', token }))
    assert.equal(body.reference, 'att_1-manual')
    assert.deepEqual(body.additionalData, { manualCapture: 'true' })
    assert.equal(body.captureDelayHours, undefined)
  })

  it('never goes to the bank’s page where nobody can come back', () => {
    const body = bodyOf(payments.authorizeToken(testAccount, { ...input, returnUrl: null, token }))
    assert.deepEqual(body.authenticationData, { attemptAuthentication: 'never' })
    assert(body.returnUrl.endsWith('.invalid/'))
  })

  const notTokens: [string, string][] = [
    ['another PSP’s', 'tok_1234'],
    ['a prefix alone', 'adyen_'],
    ['no JSON', 'adyen_AAAA'],
    ['null', makeToken(null)],
    ['another payment method', makeToken({ paymentMethod: { type: 'ideal', ...encrypted } })],
    ['a raw card', makeToken({ paymentMethod: { type: 'scheme', number: '4111111111111111', cvc: '737' } })],
    ['a field missing', makeToken({ paymentMethod: { type: 'scheme', ...encrypted, encryptedExpiryYear: undefined } })],
    [
      'a ciphertext too long',
      makeToken({ paymentMethod: { type: 'scheme', ...encrypted, encryptedCardNumber: 'x'.repeat(4001) } }),
    ],
    ['too long', makeToken({ paymentMethod: { type: 'scheme', ...encrypted }, more: 'x'.repeat(30_000) })],
    ['a browser that is none', makeToken({ paymentMethod: { type: 'scheme', ...encrypted }, browserInfo: 'Mozilla' })],
  ]
  for (const [what, wrong] of notTokens) {
    it(`of a token that is none (${what}) is sent so that Adyen refuses it, with nothing of it in the request`, () => {
      const body = bodyOf(payments.authorizeToken(testAccount, { ...input, token: wrong }))
      assert.deepEqual(new Set(Object.values(body.paymentMethod)), new Set(['scheme', 'unreadable']))
      assert.equal(body.browserInfo, undefined)
    })
  }

  it('takes no other field of a token than those that Adyen Web’s fields make', () => {
    const more = makeToken({
      paymentMethod: { type: 'scheme', ...encrypted, holderName: 'Ada {{card.number}}', storedPaymentMethodId: '8416' },
      browserInfo: { ...browserInfo, plugins: [] },
      amount: { value: 1, currency: 'EUR' },
      merchantAccount: 'Another',
    })
    const body = bodyOf(payments.authorizeToken(testAccount, { ...input, token: more }))
    assert.deepEqual(body.paymentMethod, { type: 'scheme', ...encrypted, holderName: 'Ada {{card.number}}' })
    assert.deepEqual(body.browserInfo, browserInfo)
    assert.deepEqual([body.amount.value, body.merchantAccount], [1000, 'AcmeBooksECOM'])
  })
})

describe('a payment by card', () => {
  const card = { expMonth: 3, expYear: 2030, holderName: 'Ada Lovelace' }

  it('is a template that the card relay fills in', () => {
    const request = rawCards.authorizeCard(testAccount, { ...input, ...card })
    assert.deepEqual(bodyOf(request).paymentMethod, {
      type: 'scheme',
      number: '{{card.number}}',
      cvc: '{{card.cvc}}',
      expiryMonth: '03',
      expiryYear: '2030',
      holderName: 'Ada Lovelace',
    })
    assert.equal(request.headers['idempotency-key'], 'att_1')
  })

  it('lets no address become a placeholder', () => {
    const returnUrl = 'https://pay.example/{{card.number}}'
    const request = rawCards.authorizeCard(testAccount, { ...input, ...card, returnUrl })
    assert.equal(bodyOf(request).returnUrl, 'https://pay.example/%7B%7Bcard.number}}')
  })

  it('tells of an authentication that was made elsewhere, and asks for no other', () => {
    const threeDSecure = {
      eci: '05',
      cavv: 'AAABBEg0VhI0VniQEjRWAAAAAAA=',
      dsTransactionId: 'c4e59ceb-a382-4d6a-bc87-385d591fa09d',
      version: '2.2.0',
    }
    const body = bodyOf(rawCards.authorizeCard(testAccount, { ...input, ...card, threeDSecure }))
    assert.deepEqual(body.mpiData, {
      eci: '05',
      cavv: threeDSecure.cavv,
      dsTransID: threeDSecure.dsTransactionId,
      threeDSVersion: '2.2.0',
      directoryResponse: 'Y',
    })
    assert.deepEqual(body.authenticationData, { attemptAuthentication: 'never' })
  })

  it('that the merchant begins names the payment by which the shopper agreed, and has no security code', () => {
    const merchants = { initiator: 'merchant', networkTransactionId: '123456789012345' } as const
    const request = rawCards.authorizeCard(testAccount, { ...input, ...card, ...merchants })
    const body = bodyOf(request)
    assert.equal(body.shopperInteraction, 'ContAuth')
    assert.equal(body.recurringProcessingModel, 'UnscheduledCardOnFile')
    assert.equal(body.additionalData.networkTxReference, '123456789012345')
    assert.deepEqual(body.authenticationData, { attemptAuthentication: 'never' })
    assert(!request.body?.includes('{{card.cvc}}'))
  })
})

describe('a payment link', () => {
  const session = {
    reference: 'att_1',
    amount: { amount: 2500n, currency: 'EUR' },
    captureMethod: 'automatic',
    returnUrl: 'https://pay.example/s/x/return',
    cancelUrl: 'https://pay.example/s/x/cancel',
    locale: 'de',
    description: 'Two\nbooks',
    customerEmail: 'ada@example.com',
    lineItems: [{ name: 'A book', quantity: 2, amount: 1250n }],
    expiresAt: new Date('2026-11-29T14:00:00Z'),
  } as const

  it('is for one payment, by card, until the session ends', () => {
    const request = hostedSessions.create(testAccount, { ...session, lineItems: [...session.lineItems] })
    assert.equal(request.url, 'https://checkout-test.adyen.com/v72/paymentLinks')
    assert.equal(request.headers['idempotency-key'], 'att_1')
    assert.deepEqual(bodyOf(request), {
      merchantAccount: 'AcmeBooksECOM',
      reference: 'att_1',
      amount: { value: 2500, currency: 'EUR' },
      returnUrl: session.returnUrl,
      reusable: false,
      expiresAt: '2026-11-29T14:00:00.000Z',
      manualCapture: false,
      captureDelayHours: 0,
      allowedPaymentMethods: ['scheme', 'applepay', 'googlepay'],
      description: 'Two books',
      shopperEmail: 'ada@example.com',
      shopperLocale: 'de-DE',
      lineItems: [{ description: 'A book', quantity: 2, amountIncludingTax: 1250 }],
    })
  })

  it('says in its reference that its payment is captured by hand', () => {
    const body = bodyOf(hostedSessions.create(testAccount, { ...session, lineItems: [], captureMethod: 'manual' }))
    assert.deepEqual([body.reference, body.manualCapture, body.captureDelayHours], ['att_1-manual', true, undefined])
  })

  it('shows no prices that Adyen cannot express', () => {
    const amount = { amount: 100n, currency: 'IDR' }
    const lineItems = [{ name: 'A sweet', quantity: 2, amount: 50n }]
    const body = bodyOf(hostedSessions.create(testAccount, { ...session, amount, lineItems }))
    assert.deepEqual([body.amount.value, body.lineItems], [1, undefined])
  })

  for (const [locale, expected] of [
    ['nl', 'nl-NL'],
    ['en', 'en-US'],
    ['pt-br', 'pt-BR'],
    ['zh', 'zh-CN'],
    ['no such', undefined],
    [null, undefined],
  ] as const) {
    it(`speaks ${expected ?? 'the shopper’s own language'} for ${locale}`, () => {
      assert.equal(
        bodyOf(hostedSessions.create(testAccount, { ...session, lineItems: [], locale })).shopperLocale,
        expected,
      )
    })
  }
})

describe('the way back from the bank', () => {
  const finish = (query: Record<string, string>) => payments.finishAction?.(testAccount, { reference: 'att_1', query })

  it('hands Adyen what the bank’s page added, under a key that only the same has', () => {
    const request = finish({ redirectResult: 'X6XtfGC3!Y...', other: 'x' })
    assert(request)
    assert.equal(request.url, 'https://checkout-test.adyen.com/v72/payments/details')
    assert.deepEqual(bodyOf(request), { details: { redirectResult: 'X6XtfGC3!Y...' } })
    assert((request.headers['idempotency-key'] ?? '').length <= 64)
    assert.deepEqual(finish({ redirectResult: 'X6XtfGC3!Y...' }), request)
    const forged = finish({ redirectResult: 'forged' })
    assert.notEqual(forged?.headers['idempotency-key'], request.headers['idempotency-key'])
  })

  it('asks nothing when the address holds nothing of the kind', () => {
    for (const query of [
      {},
      { redirectResult: '' },
      { redirectResult: 'with space' },
      { redirectResult: 'x'.repeat(20_000) },
    ])
      assert.equal(finish(query as Record<string, string>), null)
  })
})
