import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { checkoutVersion } from './parameters/sdk-models.ts'
import { openStandIn } from './testing/open-stand-in.ts'

type Body = Record<string, unknown>
type Change = (body: Body) => unknown

/** What Adyen would refuse, the stand-in refuses, and does nothing. */
describe('the Adyen stand-in refuses', () => {
  let world: Awaited<ReturnType<typeof openStandIn>>
  let counter = 0
  before(async () => {
    world = await openStandIn()
  })
  after(() => world.close())

  const card = { type: 'scheme', number: '4111111111111111', expiryMonth: '3', expiryYear: '2030', cvc: '737' }
  const makePayment = (): Body => ({
    amount: { value: 1000, currency: 'EUR' },
    reference: 'att_strict',
    merchantAccount: world.account.merchant_account,
    returnUrl: 'https://shop.example/return',
    paymentMethod: card,
  })
  const makeLink = (): Body => ({
    amount: { value: 1000, currency: 'EUR' },
    reference: 'att_strict',
    merchantAccount: world.account.merchant_account,
  })
  const makeCapture = (): Body => ({
    amount: { value: 1000, currency: 'EUR' },
    reference: 'att_strict',
    merchantAccount: world.account.merchant_account,
  })
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    world.call('POST', `/${checkoutVersion}${path}`, body, { 'idempotency-key': `key_${counter++}`, ...headers })
  const set =
    (name: string, value: unknown): Change =>
    (body) => ({ ...body, [name]: value })
  const setCard = (further: Body): Change => set('paymentMethod', { ...card, ...further })
  const without =
    (name: string): Change =>
    ({ [name]: _removed, ...rest }) =>
      rest
  const mpiData = {
    authenticationResponse: 'Y',
    cavv: 'AAIBBYNoEwAAACcKhAJkdQAAAAA=',
    eci: '05',
    dsTransID: 'c4e59ceb-a382-4d6a-bc87-385d591fa09d',
    threeDSVersion: '2.2.0',
  }

  const wrongPayments: [what: string, change: Change, status: number, errorCode: string, message: RegExp][] = [
    ['a parameter that there is not', set('amonut', 1), 400, '702', /PaymentRequest .*unknown fields: \[amonut\]/],
    ['a parameter in the wrong place', set('number', '4'), 400, '702', /unknown fields: \[number\]/],
    ['one inside another', set('amount', { value: 1, currency: 'EUR', x: 1 }), 400, '702', /Amount .*\[x\]/],
    ['one of another kind of payment', setCard({ sepa: { iban: 'x' } }), 400, '702', /CardDetails .*\[sepa\]/],
    ['a card number for a name', set('4111111111111111', 1), 400, '702', /unknown fields: \[…\]/],
    [
      'a text for a number',
      set('amount', { value: '1000', currency: 'EUR' }),
      400,
      '702',
      /amount\.value must be a num/,
    ],
    ['a fraction', set('amount', { value: 10.5, currency: 'EUR' }), 400, '702', /amount\.value/],
    ['a number for a text', setCard({ expiryMonth: 3 }), 400, '702', /paymentMethod\.expiryMonth must be a text/],
    ['null where the type has none', set('reference', null), 400, '702', /reference must be a text/],
    ['a list for an object', set('amount', []), 400, '702', /amount must be an object/],
    ['a value outside an enumeration', set('shopperInteraction', 'Robot'), 400, '702', /shopperInteraction/],
    ['a kind of payment that there is not', setCard({ type: 'shells' }), 400, '702', /paymentMethod\.type/],
    ['a number in metadata', set('metadata', { order: 1 }), 400, '702', /metadata\.order must be a text/],
    ['an unknown key of additionalData', set('additionalData', { manualcapture: 'true' }), 400, '702', /manualcapture/],
    ['a date in another form', set('deliverAt', 'tomorrow'), 400, '702', /deliverAt must be a date/],
    ['an incomplete browser', set('browserInfo', { userAgent: 'x' }), 422, '14_002', /browserInfo\.acceptHeader/],
    ['no amount', without('amount'), 422, '14_002', /'amount' is not provided/],
    ['no reference', without('reference'), 422, '14_002', /'reference'/],
    ['no return address', without('returnUrl'), 422, '14_002', /'returnUrl'/],
    ['no kind of payment', setCard({ type: undefined }), 422, '14_002', /paymentMethod\.type/],
    ['an empty reference', set('reference', ''), 422, '130', /Reference Missing/],
    ['a long reference', set('reference', 'x'.repeat(81)), 422, '00_422', /80 characters/],
    ['an empty return address', set('returnUrl', ''), 422, '14_030', /Return URL/],
    ['a long return address', set('returnUrl', `https://a.example/${'x'.repeat(8_000)}`), 422, '00_422', /8000/],
    ['nothing to pay', set('amount', { value: 0, currency: 'EUR' }), 422, '137', /Invalid amount/],
    ['cents of a króna', set('amount', { value: 199_950, currency: 'ISK' }), 422, '137', /Invalid amount/],
    ['less than nothing', set('amount', { value: -1, currency: 'EUR' }), 422, '137', /Invalid amount/],
    ['a currency that there is not', set('amount', { value: 1, currency: 'XXX' }), 422, '138', /Unsupported currency/],
    ['another merchant account', set('merchantAccount', 'Stranger'), 403, '901', /Invalid Merchant Account/],
    ['a wrong check digit', setCard({ number: '4111111111111112' }), 422, '101', /Invalid card number/],
    ['a short security code', setCard({ cvc: '73' }), 422, '103', /CVC/],
    ['a month that there is not', setCard({ expiryMonth: '13' }), 422, '129', /Expiry/],
    ['a long name', setCard({ holderName: 'x'.repeat(81) }), 422, '00_422', /holderName/],
    ['raw and encrypted fields', setCard({ encryptedCardNumber: 'x' }), 422, '00_422', /either encrypted or raw/],
    ['a bank transfer', set('paymentMethod', { type: 'ideal' }), 422, '905', /not supported/],
    [
      'encrypted fields of somebody else',
      set('paymentMethod', {
        type: 'scheme',
        encryptedCardNumber: 'adyenjs_0_1_18$AAAA$BBBB',
        encryptedExpiryMonth: 'x',
        encryptedExpiryYear: 'x',
      }),
      422,
      '174',
      /Unable to decrypt/,
    ],
    ['a late capture of a year', set('captureDelayHours', 8_760), 422, '00_422', /captureDelayHours/],
    [
      'many metadata',
      set('metadata', Object.fromEntries([...'abcdefghijklmnopqrstu'].map((key) => [key, '']))),
      422,
      '177',
      /Metadata/,
    ],
    ['a long key of metadata', set('metadata', { ['x'.repeat(21)]: '' }), 422, '178', /Metadata key/],
    ['a later payment without its model', set('shopperInteraction', 'ContAuth'), 422, '14_002', /recurringProcessingM/],
    ['half a 3-D Secure result', set('mpiData', { ...mpiData, cavv: undefined }), 422, '14_002', /mpiData\.cavv/],
    [
      'a 3-D Secure value of 19 bytes',
      set('mpiData', { ...mpiData, cavv: 'AAIBBYNoEwAAACcKhAJkdQAAAA==' }),
      422,
      '00_422',
      /cavv/,
    ],
    ['manual capture as a word', set('additionalData', { manualCapture: 'yes' }), 422, '00_422', /manualCapture/],
  ]
  for (const [what, change, status, errorCode, message] of wrongPayments) {
    it(`in a payment, ${what}`, async () => {
      const { json, ...answer } = await post('/payments', change(makePayment()))
      assert.deepEqual([answer.status, json.status, json.errorCode], [status, status, errorCode])
      assert.match(String(json.message), message)
      assert.deepEqual(Object.keys(json).sort(), ['errorCode', 'errorType', 'message', 'pspReference', 'status'])
      assert.doesNotMatch(answer.body, /\d{12}/)
    })
  }

  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const wrongLinks: typeof wrongPayments = [
    ['a card', set('paymentMethod', card), 400, '702', /PaymentLinkRequest .*paymentMethod/],
    ['manual capture as a text', set('manualCapture', 'true'), 400, '702', /manualCapture must be true or false/],
    ['an end in 71 days', set('expiresAt', inDays(71)), 422, '00_422', /70 days/],
    ['an end that is over', set('expiresAt', inDays(-1)), 422, '00_422', /future/],
    ['an end without a time zone', set('expiresAt', '2030-01-01T00:00:00'), 400, '702', /expiresAt/],
    ['a long description', set('description', 'x'.repeat(281)), 422, '00_422', /280/],
    ['a line without its form', set('lineItems', [{ price: 1 }]), 400, '702', /LineItem .*\[price\]/],
    ['another merchant account', set('merchantAccount', 'Stranger'), 403, '901', /Invalid Merchant Account/],
  ]
  for (const [what, change, status, errorCode, message] of wrongLinks) {
    it(`in a payment link, ${what}`, async () => {
      const { json, ...answer } = await post('/paymentLinks', change(makeLink()))
      assert.deepEqual([answer.status, json.errorCode], [status, errorCode])
      assert.match(String(json.message), message)
    })
  }

  it('what is wrong with a request as a whole', async () => {
    const body = makePayment()
    const path = `/${checkoutVersion}/payments`
    const of = async (sent: ReturnType<typeof post>) => {
      const { status, json } = await sent
      return [status, json.errorCode]
    }
    const keyed = { 'idempotency-key': 'whole' }
    assert.deepEqual(await of(post('/payments', body, { 'x-api-key': 'nobody' })), [401, '000'])
    assert.deepEqual(await of(post('/payments', '{"amount":', {})), [400, '702'])
    assert.deepEqual(await of(post('/payments', '[]', {})), [400, '702'])
    assert.deepEqual(await of(post('/payments', body, { 'content-type': 'text/plain' })), [415, '000'])
    assert.deepEqual(await of(post('/payments', body, { 'idempotency-key': 'x'.repeat(65) })), [400, '702'])
    assert.deepEqual(await of(world.call('POST', path, body)), [400, '702'])
    assert.deepEqual(await of(world.call('POST', '/v71/payments', body, keyed)), [404, '000'])
    assert.deepEqual(await of(world.call('POST', `${path}?x=1`, body, keyed)), [400, '702'])
    assert.deepEqual(await of(world.call('GET', path, undefined)), [404, '000'])
    assert.deepEqual(await of(post('/payments', 'x'.repeat(300_000))), [413, '000'])
  })

  it('a modification of a payment that it does not know, or of another account', async () => {
    const stranger = await world.admin<{ api_key: string; merchant_account: string }>('POST', '/accounts', {
      name: 'B',
    })
    const { json } = await post('/payments', { ...makePayment(), reference: 'att_known' })
    for (const kind of ['captures', 'refunds', 'cancels']) {
      const { amount, ...rest } = makeCapture()
      const body = kind === 'cancels' ? rest : { ...rest, amount }
      const unknown = await post(`/payments/ABCDEFGHIJKLMNOP/${kind}`, body)
      assert.deepEqual([unknown.status, unknown.json.errorCode], [422, '167'])
      const others = await post(
        `/payments/${json.pspReference}/${kind}`,
        { ...body, merchantAccount: stranger.merchant_account },
        { 'x-api-key': stranger.api_key },
      )
      assert.deepEqual([others.status, others.json.errorCode], [422, '167'])
    }
    const half = await post(`/payments/${json.pspReference}/captures`, without('amount')(makeCapture()))
    assert.deepEqual([half.status, half.json.errorCode], [422, '14_002'])
    const whole = await post(`/payments/${json.pspReference}/cancels`, makeCapture())
    assert.match(String(whole.json.message), /PaymentCancelRequest .*\[amount\]/)
  })

  it('details that it did not make, and raw cards of an account that may not send them', async () => {
    const details = await post('/payments/details', { details: { redirectResult: 'X3XtfGC9!made-up' } })
    assert.deepEqual([details.status, details.json.errorCode], [422, '14_018'])
    const empty = await post('/payments/details', { details: {} })
    assert.deepEqual([empty.status, empty.json.errorCode], [422, '14_002'])
    const saqA = await world.admin<{ api_key: string; merchant_account: string }>('POST', '/accounts', {
      name: 'No raw cards',
      raw_cards: false,
    })
    const raw = await post(
      '/payments',
      { ...makePayment(), merchantAccount: saqA.merchant_account },
      { 'x-api-key': saqA.api_key },
    )
    assert.deepEqual([raw.status, raw.json.errorCode], [403, '010'])
  })

  it('and of all that nothing was done', async () => {
    const { calls: asked } = await world.truth('att_strict')
    assert.deepEqual(await world.truth('att_strict'), {
      reference: 'att_strict',
      movements: [],
      calls: asked,
      declined: 0,
    })
    assert(asked > 0)
    await assert.rejects(world.admin('POST', '/accounts', { x: 1 }), /400/)
    const { status } = await world.call('GET', '/_stand_in/truth', undefined, { authorization: 'Bearer no' })
    assert.equal(status, 401)
  })

  it('but takes a whole request with everything that FinCore could send', async () => {
    const methods = await world.call('POST', `/${checkoutVersion}/paymentMethods`, {
      merchantAccount: world.account.merchant_account,
    })
    assert.equal(methods.status, 200)
    const link = await post('/paymentLinks', {
      ...makeLink(),
      returnUrl: 'https://shop.example/return',
      expiresAt: inDays(69),
      shopperLocale: 'de-DE',
      shopperEmail: 'ada@example.com',
      description: 'Two books',
      manualCapture: true,
      reusable: false,
      lineItems: [{ description: 'A book', quantity: 2, amountIncludingTax: 500 }],
      metadata: { fincore: 'att_strict' },
    })
    assert.equal(link.status, 201)
  })
})
