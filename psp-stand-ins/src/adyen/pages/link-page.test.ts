import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { checkoutVersion } from '../parameters/sdk-models.ts'
import { openStandIn, until } from '../testing/open-stand-in.ts'
import { createSdkClient } from '../testing/sdk-client.ts'

/** A shopper on a payment link's page, as a browser without scripts would be. */
describe('a payment link', () => {
  let world: Awaited<ReturnType<typeof openStandIn>>
  let sdk: ReturnType<typeof createSdkClient>
  let counter = 0
  before(async () => {
    world = await openStandIn()
    sdk = createSdkClient(world.apiUrl, world.ca, world.account.api_key)
  })
  after(() => world.close())

  const makeLink = async (further: Record<string, unknown> = {}) => {
    const reference = `att_link_${counter++}`
    const request = {
      amount: { value: 2500, currency: 'EUR' },
      reference,
      merchantAccount: world.account.merchant_account,
      returnUrl: 'https://shop.example/return',
      ...further,
    }
    const link = await sdk.PaymentLinksApi.paymentLinks(request as never, { idempotencyKey: reference })
    return { reference, link }
  }
  const submit = (url: string, number: string, further: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ number, expiry: '03/30', cvc: '737', holder_name: 'Ada', ...further }),
    })
  const read = async (url: string) => {
    const response = await fetch(url)
    return { status: response.status, text: await response.text() }
  }
  const statusOf = async (id: string) => String((await sdk.PaymentLinksApi.getPaymentLink(id)).status)

  it('takes another card after a refusal, as a payment of its own, and shows the way back', async () => {
    const { reference, link } = await makeLink({ description: 'Two <b>books</b>' })
    assert.equal(String(link.status), 'active')
    const page = await read(link.url)
    assert.match(page.text, /Two &lt;b&gt;books/)
    assert.match(page.text, /€25\.00/)
    const refused = await submit(link.url, '4000 0000 0000 0002')
    assert.equal(refused.status, 303)
    assert.match((await read(link.url)).text, /role="alert".*was refused/)
    assert.equal(await statusOf(link.id), 'active')
    const paid = await submit(link.url, '4111 1111 1111 1111')
    assert.equal(paid.status, 303)
    const done = await read(link.url)
    assert.match(done.text, /<h1>Paid<\/h1>/)
    assert.match(done.text, /href="https:\/\/shop\.example\/return">Continue/)
    assert.equal(await statusOf(link.id), 'completed')
    await world.inbox.hear('AUTHORISATION', reference)
    const items = () =>
      world.inbox.messages.flatMap((message) => message.items).filter((item) => item.merchantReference === reference)
    await until(() => items().length >= 2, 'two tries')
    assert.deepEqual(
      items()
        .map(({ success }) => success)
        .sort(),
      ['false', 'true'],
    )
    assert(items().every(({ additionalData }) => additionalData.paymentLinkId === link.id))
    assert.equal(new Set(items().map(({ pspReference }) => pspReference)).size, 2)
    const truth = await world.truth(reference)
    assert.deepEqual(
      truth.movements.map(({ kind, amount, own_reference }) => [kind, amount, own_reference]),
      [
        ['authorization', 2500, reference],
        ['capture', 2500, reference],
      ],
    )
    assert.deepEqual([truth.calls, truth.declined], [2, 1])
    await submit(link.url, '4111111111111111')
    assert.equal((await world.truth(reference)).movements.length, 2)
  })

  it('says beside the field what is wrong, and gives no number back', async () => {
    const { link } = await makeLink()
    for (const [fields, id] of [
      [{ number: '4111111111111112' }, 'number'],
      [{ number: '4111111111111111', cvc: '7' }, 'cvc'],
      [{ number: '4111111111111111', expiry: '13/30' }, 'expiry'],
    ] as const) {
      const response = await submit(link.url, fields.number, fields)
      assert.equal(response.status, 422)
      const text = await response.text()
      assert.match(text, new RegExp(`id="${id}"[^>]*aria-invalid="true" aria-describedby="${id}-error"`))
      assert.doesNotMatch(text, /41111111/)
    }
  })

  it('goes over the bank’s page and comes back by itself', async () => {
    const { reference, link } = await makeLink({ manualCapture: true })
    const bank = (await submit(link.url, '4917610000000000')).headers.get('location') ?? ''
    assert.match(bank, /threeDS\/redirect\?MD=/)
    const decision = new URLSearchParams({ decision: 'confirm' })
    const back = await fetch(bank, { method: 'POST', body: decision, redirect: 'manual' })
    const end = await fetch(back.headers.get('location') ?? '')
    assert.match(await end.text(), /<h1>Paid<\/h1>/)
    assert.deepEqual(
      (await world.truth(reference)).movements.map(({ kind }) => kind),
      ['authorization'],
    )
    // Who reloads the way back finds the same end.
    assert.match(await (await fetch(back.headers.get('location') ?? '')).text(), /<h1>Paid<\/h1>/)
    assert.equal((await world.truth(reference)).movements.length, 1)
  })

  it('expires on demand, once and again, and in time; what was paid does not', async () => {
    const { reference, link } = await makeLink()
    const expire = (id: string) => sdk.PaymentLinksApi.updatePaymentLink(id, { status: 'expired' as never })
    assert.equal(String((await expire(link.id)).status), 'expired')
    assert.equal(String((await expire(link.id)).status), 'expired')
    assert.equal((await read(link.url)).status, 410)
    assert.equal((await submit(link.url, '4111111111111111')).status, 410)
    assert.deepEqual((await world.truth(reference)).movements, [])
    const paid = await makeLink()
    await submit(paid.link.url, '4111111111111111')
    await assert.rejects(expire(paid.link.id), /completed/)
    const short = await makeLink({ expiresAt: new Date(Date.now() + 1_500) })
    await until(async () => (await statusOf(short.link.id)) === 'expired', 'its end')
    await assert.rejects(sdk.PaymentLinksApi.getPaymentLink('PLUNKNOWN'), /no such payment link/)
  })

  it('is the same when it is made twice under one key', async () => {
    const request = {
      amount: { value: 100, currency: 'EUR' },
      reference: 'att_twice',
      merchantAccount: world.account.merchant_account,
    }
    const make = () =>
      world.call('POST', `/${checkoutVersion}/paymentLinks`, request, { 'idempotency-key': 'att_twice' })
    assert.equal((await make()).json.id, (await make()).json.id)
  })

  it('money that comes while it expires is taken, and completes it', async () => {
    const { reference, link } = await makeLink()
    const bank = (await submit(link.url, '4917610000000000')).headers.get('location') ?? ''
    await sdk.PaymentLinksApi.updatePaymentLink(link.id, { status: 'expired' as never })
    const decision = new URLSearchParams({ decision: 'confirm' })
    await fetch(bank, { method: 'POST', body: decision })
    assert.equal((await world.truth(reference)).movements.length, 2)
    assert.equal(await statusOf(link.id), 'completed')
  })
})
