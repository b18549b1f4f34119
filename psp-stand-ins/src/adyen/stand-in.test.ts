import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import type { hmacValidator as SdkValidator } from '@adyen/api-library'
import { checkoutVersion } from './parameters/sdk-models.ts'
import { testCards } from './test-cards.ts'
import { openStandIn, type TestAccount, until } from './testing/open-stand-in.ts'
import { createSdkClient } from './testing/sdk-client.ts'

const { hmacValidator } = createRequire(import.meta.url)('@adyen/api-library') as { hmacValidator: typeof SdkValidator }

/** The official SDK drives the stand-in and understands what it answers. */
describe('the Adyen stand-in', () => {
  let world: Awaited<ReturnType<typeof openStandIn>>
  let counter = 0
  const newReference = () => `att_${counter++}`
  let sdk: ReturnType<typeof createSdkClient>
  before(async () => {
    world = await openStandIn()
    sdk = createSdkClient(world.apiUrl, world.ca, world.account.api_key)
  })
  after(() => world.close())

  type Further = Record<string, unknown>
  const makeRequest = async (number: string, further: Further = {}, holderName?: string) => ({
    amount: { value: 1000, currency: 'EUR' },
    reference: newReference(),
    merchantAccount: world.account.merchant_account,
    returnUrl: 'https://shop.example/return?order=1',
    paymentMethod: await world.encrypt(number, holderName),
    ...further,
  })
  const pay = async (number: string, further?: Further, holderName?: string) => {
    const request = await makeRequest(number, further, holderName)
    const answer = await sdk.PaymentsApi.payments(request as never, { idempotencyKey: request.reference })
    return { reference: request.reference, request, answer: answer as typeof answer & { pspReference: string } }
  }
  const manual = { additionalData: { manualCapture: 'true' } }
  const modify = async (kind: 'capture' | 'cancel' | 'refund', payment: string, value: number, currency = 'EUR') => {
    const reference = newReference()
    const merchantAccount = world.account.merchant_account
    const api = sdk.ModificationsApi
    const options = { idempotencyKey: reference }
    const money = { merchantAccount, reference, amount: { value, currency } }
    const answer =
      kind === 'capture'
        ? await api.captureAuthorisedPayment(payment, money as never, options)
        : kind === 'refund'
          ? await api.refundCapturedPayment(payment, money as never, options)
          : await api.cancelAuthorisedPaymentByPspReference(payment, { merchantAccount, reference } as never, options)
    assert.equal(answer.status, 'received')
    assert.equal(answer.paymentPspReference, payment)
    assert.equal(answer.reference, reference)
    return { reference, answer }
  }
  const movementsOf = async (reference: string) =>
    (await world.truth(reference)).movements.map(({ kind, amount, own_reference }) => [kind, amount, own_reference])

  it('authorises and captures at once, and says so in a webhook that the SDK’s validator accepts', async () => {
    const { reference, answer } = await pay('4111111111111111')
    assert.equal(answer.resultCode, 'Authorised')
    assert.equal(answer.merchantReference, reference)
    assert.deepEqual({ ...answer.amount }, { value: 1000, currency: 'EUR' })
    assert.deepEqual({ ...answer.paymentMethod }, { brand: 'visa', type: 'scheme' })
    assert.match(answer.pspReference, /^[A-Z0-9]{16}$/)
    const { cardBin, cardSummary, expiryDate, networkTxReference } = answer.additionalData ?? {}
    assert.deepEqual([cardBin, cardSummary, expiryDate], ['411111', '1111', '3/2030'])
    assert.match(networkTxReference ?? '', /^\d{15}$/)
    const item = await world.inbox.hear('AUTHORISATION', reference)
    assert.deepEqual(
      [item.success, item.pspReference, item.merchantAccountCode, item.paymentMethod, item.amount],
      ['true', answer.pspReference, world.account.merchant_account, 'visa', { value: 1000, currency: 'EUR' }],
    )
    const validator = new hmacValidator()
    assert.equal(validator.validateHMAC(item as never, world.account.hmac_key), true)
    assert.equal(
      validator.validateHMAC({ ...item, amount: { value: 999, currency: 'EUR' } } as never, world.account.hmac_key),
      false,
    )
    const message = world.inbox.messages.find(({ items }) => items.includes(item))
    const { webhook_user, webhook_password } = world.account
    assert.equal(message?.live, 'false')
    assert.equal(
      message?.authorization,
      `Basic ${Buffer.from(`${webhook_user}:${webhook_password}`).toString('base64')}`,
    )
    assert.deepEqual(await movementsOf(reference), [
      ['authorization', 1000, reference],
      ['capture', 1000, reference],
    ])
  })

  it('captures a part by hand, gives it back in two, and no more', async () => {
    const { reference, answer } = await pay('5555555555554444', manual)
    const capture = await modify('capture', answer.pspReference, 800)
    const item = await world.inbox.hear('CAPTURE', capture.reference)
    assert.deepEqual([item.success, item.originalReference], ['true', answer.pspReference])
    assert.equal(item.pspReference, capture.answer.pspReference)
    const refunds = [500, 300, 1].map((value) => modify('refund', answer.pspReference, value))
    const told = []
    for (const refund of await Promise.all(refunds)) {
      const heard = await world.inbox.hear('REFUND', refund.reference)
      told.push([heard.amount.value, heard.success])
    }
    // Three that come together are taken in any order, but never more than was captured.
    const given = told.filter(([, success]) => success === 'true').reduce((sum, [value]) => sum + Number(value), 0)
    assert(given <= 800 && told.some(([, success]) => success === 'false'), JSON.stringify(told))
    const second = await modify('capture', answer.pspReference, 200)
    assert.equal((await world.inbox.hear('CAPTURE', second.reference)).success, 'false')
    const { movements } = await world.truth(reference)
    assert.deepEqual((await world.truth(capture.reference)).movements, movements.slice(1, 2))
    assert.deepEqual(movements.slice(0, 2), [
      { ...movements[0], kind: 'authorization', amount: 1000, reference, own_reference: reference },
      { ...movements[1], kind: 'capture', amount: 800, reference, own_reference: capture.reference },
    ])
  })

  it('cancels an authorisation once, and nothing that is captured', async () => {
    const { reference, answer } = await pay('4111111111111111', manual)
    const cancel = await modify('cancel', answer.pspReference, 1000)
    assert.equal((await world.inbox.hear('CANCELLATION', cancel.reference)).success, 'true')
    const late = await modify('capture', answer.pspReference, 1000)
    assert.equal((await world.inbox.hear('CAPTURE', late.reference)).success, 'false')
    assert.deepEqual(await movementsOf(reference), [
      ['authorization', 1000, reference],
      ['cancellation', 1000, cancel.reference],
    ])
    const captured = await pay('4111111111111111')
    const refused = await modify('cancel', captured.answer.pspReference, 1000)
    assert.equal((await world.inbox.hear('CANCELLATION', refused.reference)).success, 'false')
  })

  it('refuses by the card’s number, by the holder’s name and by the requested code', async () => {
    const byNumber = testCards.flatMap(({ number, behaviour }) =>
      behaviour.do === 'refuse' ? [{ number, code: behaviour.code, further: {}, holderName: undefined }] : [],
    )
    const cases = [
      ...byNumber,
      { number: '4111111111111111', code: '2', further: {}, holderName: 'DECLINED : 06 : ERROR' },
      { number: '4111111111111111', code: '15', further: {}, holderName: 'CANCELLED' },
      {
        number: '4111111111111111',
        code: '6',
        further: { additionalData: { RequestedTestAcquirerResponseCode: '6' } },
        holderName: undefined,
      },
      { number: '4000056655665556', code: '2', further: {}, holderName: undefined },
    ]
    for (const { number, code, further, holderName } of cases) {
      const { reference, answer } = await pay(number, further, holderName)
      assert.equal(answer.refusalReasonCode, code, number)
      assert.match(String(answer.resultCode), /^(Refused|Error|Cancelled)$/)
      assert.deepEqual(await movementsOf(reference), [])
      assert.equal((await world.truth(reference)).declined, 1)
      const item = await world.inbox.hear('AUTHORISATION', reference)
      assert.deepEqual([item.success, item.reason], ['false', answer.refusalReason])
    }
    const { answer } = await pay('4111111111111111', {}, 'DECLINED : 06 : ERROR')
    assert.equal(answer.additionalData?.refusalReasonRaw, '06 : ERROR')
  })

  it('lets the scheme reject a capture or a refund in the end, and takes it out of the truth', async () => {
    for (const [number, kind, first, then] of [
      ['4000000000010191', 'capture', 'CAPTURE', 'CAPTURE_FAILED'],
      ['4000000000010209', 'refund', 'REFUND', 'REFUND_FAILED'],
    ] as const) {
      const { reference, answer } = await pay(number, kind === 'capture' ? manual : {})
      const done = await modify(kind, answer.pspReference, 1000)
      assert.equal((await world.inbox.hear(first, done.reference)).success, 'true')
      const failed = await world.inbox.hear(then, done.reference)
      assert.equal(failed.originalReference, answer.pspReference)
      assert(!(await movementsOf(reference)).some(([, , own]) => own === done.reference))
    }
    for (const [number, kind, code] of [
      ['4000000000010167', 'capture', 'CAPTURE'],
      ['4000000000005126', 'refund', 'REFUND'],
    ] as const) {
      const { answer } = await pay(number, kind === 'capture' ? manual : {})
      const { reference } = await modify(kind, answer.pspReference, 1000)
      assert.equal((await world.inbox.hear(code, reference)).success, 'false')
    }
  })

  it('counts in Adyen’s minor units, and in ISO 4217’s for the truth', async () => {
    for (const [currency, value, iso] of [
      ['EUR', 1999, 1999],
      ['JPY', 1999, 1999],
      ['KWD', 1999, 1999],
      ['CLP', 199_900, 1999],
      ['ISK', 199_900, 1999],
      ['IDR', 1999, 199_900],
      ['CVE', 1999, 199_900],
    ] as const) {
      const { reference } = await pay('4111111111111111', { amount: { value, currency } })
      const { movements } = await world.truth(reference)
      assert.deepEqual(
        movements.map((movement) => [movement.amount, movement.currency]),
        [
          [iso, currency],
          [iso, currency],
        ],
      )
    }
  })

  it('takes raw cards, a 3-D Secure result of elsewhere, and a payment that the merchant begins', async () => {
    const raw = (number: string) => ({ type: 'scheme', number, expiryMonth: '3', expiryYear: '2030', cvc: '737' })
    const mpiData = {
      authenticationResponse: 'Y',
      directoryResponse: 'C',
      cavv: 'AAIBBYNoEwAAACcKhAJkdQAAAAA=',
      eci: '05',
      dsTransID: 'c4e59ceb-a382-4d6a-bc87-385d591fa09d',
      threeDSVersion: '2.2.0',
    }
    const authenticated = await pay('4111111111111111', { paymentMethod: raw('4917610000000000'), mpiData })
    assert.equal(authenticated.answer.resultCode, 'Authorised')
    const later = await pay('4111111111111111', {
      paymentMethod: raw('4917610000000000'),
      shopperInteraction: 'ContAuth',
      recurringProcessingModel: 'UnscheduledCardOnFile',
      additionalData: { networkTxReference: authenticated.answer.additionalData?.networkTxReference },
    })
    assert.equal(later.answer.resultCode, 'Authorised')
    const forbidden = await pay('4111111111111111', {
      paymentMethod: raw('4917610000000000'),
      authenticationData: { attemptAuthentication: 'never' },
    })
    assert.equal(forbidden.answer.refusalReasonCode, '38')
  })

  for (const [decision, number, resultCode, code] of [
    ['confirm', '4917610000000000', 'Authorised', undefined],
    ['fail', '4917610000000000', 'Refused', '11'],
    ['confirm', '4000008400001629', 'Refused', '11'],
  ] as const) {
    it(`sends the shopper to the bank; on “${decision}” with ${number.slice(-4)} it is ${resultCode}`, async () => {
      const { reference, answer } = await pay(number)
      assert.equal(answer.resultCode, 'RedirectShopper')
      const action = answer.action as { type: string; method: string; url: string }
      assert.deepEqual([action.type, action.method], ['redirect', 'GET'])
      assert.equal(answer.pspReference, undefined)
      assert.match(await (await fetch(action.url)).text(), /€10\.00/)
      assert.deepEqual(await movementsOf(reference), [])
      const back = await fetch(action.url, {
        method: 'POST',
        body: new URLSearchParams({ decision }),
        redirect: 'manual',
      })
      const location = new URL(back.headers.get('location') ?? '')
      assert.equal(location.origin + location.pathname, 'https://shop.example/return')
      assert.equal(location.searchParams.get('order'), '1')
      const redirectResult = location.searchParams.get('redirectResult') ?? ''
      const submit = (idempotencyKey: string) =>
        sdk.PaymentsApi.paymentsDetails({ details: { redirectResult } } as never, { idempotencyKey })
      const done = await submit(`${reference}_details`)
      assert.deepEqual([done.resultCode, done.refusalReasonCode], [resultCode, code])
      assert.equal(done.merchantReference, reference)
      assert.deepEqual({ ...(await submit(`${reference}_details`)) }, { ...done })
      await assert.rejects(submit(`${reference}_again`), /already processed/)
      const item = await world.inbox.hear('AUTHORISATION', reference)
      assert.deepEqual([item.success, item.pspReference], [String(resultCode === 'Authorised'), done.pspReference])
      assert.equal((await movementsOf(reference)).length, resultCode === 'Authorised' ? 2 : 0)
    })
  }

  it('answers a native integration with a device fingerprint', async () => {
    const { answer } = await pay('4917610000000000', {
      channel: 'Web',
      origin: 'https://shop.example',
      browserInfo: {
        acceptHeader: '*/*',
        colorDepth: 24,
        javaEnabled: false,
        language: 'en',
        screenHeight: 800,
        screenWidth: 600,
        timeZoneOffset: 0,
        userAgent: 'test',
      },
      authenticationData: { threeDSRequestData: { nativeThreeDS: 'preferred' } },
    })
    assert.equal(answer.resultCode, 'IdentifyShopper')
    assert.equal((answer.action as { type: string }).type, 'threeDS2')
  })

  it('does once what comes twice under one key, and refuses another request under it', async () => {
    const { reference, request, answer } = await pay('4111111111111111')
    const path = `/${checkoutVersion}/payments`
    const again = await world.call('POST', path, request, { 'idempotency-key': reference })
    assert.equal(again.json.pspReference, answer.pspReference)
    assert.equal(again.headers['idempotency-key'], reference)
    const other = { ...request, amount: { value: 1001, currency: 'EUR' } }
    const refused = await world.call('POST', path, other, { 'idempotency-key': reference })
    assert.deepEqual([refused.status, refused.json.errorCode], [422, '704'])
    assert.equal((await movementsOf(reference)).length, 2)
    assert.equal((await world.truth(reference)).calls, 3)
  })

  it('spoils the first answer as the card says, and tells the truth to the repeat', async () => {
    for (const [name, acted] of [
      ['reset_before', false],
      ['timeout_before', false],
      ['timeout_after', true],
      ['reset_after', true],
      ['server_error_after', true],
      ['garbled_reply', true],
    ] as const) {
      const request = await makeRequest(testCards.find((card) => card.name === name)?.number ?? '')
      const post = () =>
        world.call('POST', `/${checkoutVersion}/payments`, request, { 'idempotency-key': request.reference })
      const first = await post().catch(() => null)
      assert.notEqual(first?.json.resultCode, 'Authorised', name)
      assert.equal((await movementsOf(request.reference)).length, acted ? 2 : 0, name)
      assert.equal((await post()).json.resultCode, 'Authorised', name)
      assert.equal((await movementsOf(request.reference)).length, 2, name)
    }
  })

  it('is busy with a slow payment, and tells a repeat to come again', async () => {
    await until(async () => {
      const request = await makeRequest('4000000000010118')
      const post = () =>
        world.call('POST', `/${checkoutVersion}/payments`, request, { 'idempotency-key': request.reference })
      const answers = await Promise.all([post(), post(), post()])
      const busy = answers.filter(({ status }) => status !== 200)
      assert(busy.length < answers.length)
      for (const { status, json, headers } of busy)
        assert.deepEqual([status, json.errorCode, headers['transient-error']], [409, '704', 'true'])
      assert.equal((await movementsOf(request.reference)).length, 2)
      // On a busy machine a repeat may come when the first is answered.
      return busy.length > 0
    }, 'a repeat that is early enough')
  })

  it('loses the answer to a capture, which a repeat under its key finds done', async () => {
    const { reference, answer } = await pay('4000000000010183', manual)
    const own = newReference()
    const capture = () =>
      world.call(
        'POST',
        `/${checkoutVersion}/payments/${answer.pspReference}/captures`,
        {
          merchantAccount: world.account.merchant_account,
          reference: own,
          amount: { value: 1000, currency: 'EUR' },
        },
        { 'idempotency-key': own },
      )
    await assert.rejects(capture())
    assert.equal((await capture()).json.status, 'received')
    await world.inbox.hear('CAPTURE', own)
    assert.deepEqual(
      (await movementsOf(reference)).map(([kind]) => kind),
      ['authorization', 'capture'],
    )
  })

  it('sends a webhook before the answer, twice, and again until it is accepted', async () => {
    const early = await makeRequest('4000000000010126')
    await world.call('POST', `/${checkoutVersion}/payments`, early, { 'idempotency-key': early.reference })
    assert(world.inbox.messages.some(({ items }) => items.some((item) => item.merchantReference === early.reference)))
    world.inbox.answerWith('no')
    const { reference } = await pay('4000000000010134')
    const copies = () =>
      world.inbox.messages.flatMap(({ items }) => items).filter((item) => item.merchantReference === reference)
    await until(() => copies().length >= 3, 'three copies')
    world.inbox.answerWith('[accepted]')
    assert.equal(new Set(copies().map((item) => JSON.stringify(item))).size, 1)
  })

  it('lets an authorisation expire, and a captured payment be disputed', async () => {
    const happen = (reference: string, event_code: string) =>
      world.admin<{ dispute: string | null }>('POST', '/happenings', { reference, event_code })
    const held = await pay('4111111111111111', manual)
    await assert.rejects(happen(held.reference, 'CHARGEBACK'), /409/)
    await happen(held.reference, 'EXPIRE')
    assert.equal((await world.inbox.hear('EXPIRE', held.reference)).originalReference, held.answer.pspReference)
    const late = await modify('capture', held.answer.pspReference, 1000)
    assert.equal((await world.inbox.hear('CAPTURE', late.reference)).success, 'false')
    const taken = await pay('4111111111111111')
    for (const eventCode of ['NOTIFICATION_OF_CHARGEBACK', 'CHARGEBACK', 'CHARGEBACK_REVERSED']) {
      const { dispute } = await happen(taken.reference, eventCode)
      const item = await world.inbox.hear(eventCode, taken.reference)
      assert.deepEqual([item.pspReference, item.originalReference], [dispute, taken.answer.pspReference])
      assert.match(item.additionalData.disputeStatus ?? '', /^(Undefended|Pending)$/)
    }
  })

  it('captures as the payment asks for, or else as the account is set', async () => {
    const byHand = await world.admin<TestAccount>('POST', '/accounts', { name: 'By hand', capture: 'manual' })
    for (const [account, further, captured] of [
      [world.account, { captureDelayHours: 1 }, false],
      [world.account, { captureDelayHours: 0 }, true],
      [world.account, { captureDelayHours: 0, additionalData: { manualCapture: 'true' } }, false],
      [byHand, {}, false],
      [byHand, { captureDelayHours: 0 }, true],
    ] as const) {
      const request = { ...(await makeRequest('4111111111111111', further)), merchantAccount: account.merchant_account }
      const client = createSdkClient(world.apiUrl, world.ca, account.api_key)
      await client.PaymentsApi.payments(request as never, { idempotencyKey: request.reference })
      const kinds = (await world.truth(request.reference)).movements.map(({ kind }) => kind)
      assert.deepEqual(kinds, captured ? ['authorization', 'capture'] : ['authorization'])
    }
  })

  it('lists the ways to pay of a merchant account that the key belongs to, and of no other', async () => {
    const list = (merchantAccount: string) => sdk.PaymentsApi.paymentMethods({ merchantAccount } as never)
    assert.equal((await list(world.account.merchant_account)).paymentMethods?.[0]?.type, 'scheme')
    await assert.rejects(list('Stranger'), /Invalid Merchant Account/)
  })

  it('puts events that come together into one message', async () => {
    const payments = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => pay('4111111111111111')))
    await Promise.all(payments.map(({ reference }) => world.inbox.hear('AUTHORISATION', reference)))
    const sizes = world.inbox.messages.map(({ items }) => items.length)
    assert(Math.max(...sizes) <= 6)
    const validator = new hmacValidator()
    for (const { items } of world.inbox.messages)
      for (const item of items) assert(validator.validateHMAC(item as never, world.account.hmac_key))
  })

  it('tells which requests were checked', async () => {
    const { operations } = await world.admin<{ operations: { operation: string; calls: number; distinct: number }[] }>(
      'GET',
      '/requests',
    )
    const payments = operations.find(({ operation }) => operation === 'POST /payments')
    assert(payments && payments.distinct > 20 && payments.calls > payments.distinct)
  })
})
