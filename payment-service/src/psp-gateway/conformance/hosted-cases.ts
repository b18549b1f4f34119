import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { askPsp } from '../ask-psp.ts'
import type { HostedPayment, Psp, PspReply } from '../port.ts'
import { assertApproved, eur, newReference, returnUrl, type Steps, toText } from './steps.ts'

/** Hosted sessions. */
export function addHostedCases(psp: Psp, steps: Steps): void {
  const { authorize, bench, hear, keep, lookUp } = steps
  if (psp.hostedSessions === undefined) return
  const { hostedSessions } = psp
  const open = async (amount = eur(2500n), expiresInMs = 600_000) => {
    const reference = newReference()
    const request = hostedSessions.create(bench().account, {
      reference,
      amount,
      captureMethod: 'automatic',
      returnUrl,
      cancelUrl: 'https://shop.example/cancel',
      locale: 'de',
      description: 'Two\nbooks {{card.number}}',
      customerEmail: 'ada@example.com',
      lineItems: [{ name: 'A book', quantity: 2, amount: 1250n }],
      expiresAt: new Date(Date.now() + expiresInMs),
    })
    const made = keep(hostedSessions.readCreate(await bench().send(request)))
    assert(made.outcome === 'approved')
    assert.deepEqual(hostedSessions.readCreate(await bench().send(request)), made)
    return { reference, ...made }
  }
  /** As FinCore knows it after its making, or when the answer to that was lost. */
  const find = async ({ reference, pspReference = null }: { reference: string; pspReference?: string | null }) => {
    const question = { reference, pspReference, sentAt: new Date() }
    const request = hostedSessions.lookUp(bench().account, question)
    if (request === null) return keep({ found: 'unknown', why: 'no look-up' } as const)
    const read = (reply: PspReply) => hostedSessions.readLookUp(bench().account, question, reply)
    return keep((await askPsp(bench(), request, read, 30_000)).answer)
  }
  const canFindByReference = () =>
    hostedSessions.lookUp(bench().account, { reference: newReference(), pspReference: null, sentAt: new Date() }) !==
    null
  const expire = async (session: { pspReference: string }) => {
    const request = hostedSessions.expire(bench().account, {
      reference: newReference(),
      pspReference: session.pspReference,
    })
    return hostedSessions.readExpire(await bench().send(request))
  }

  it('opens a hosted session, sees its tries, and that it was paid', async () => {
    const session = await open()
    const fresh = await find(session)
    assert(fresh.found === true)
    if (canFindByReference()) assert.deepEqual(await find({ reference: session.reference }), fresh)
    assert.deepEqual([fresh.status, fresh.url, fresh.pspReference], ['open', session.url, session.pspReference])
    const declined = bench().declines[0]
    if (declined) await bench().payHosted(session.url, declined.card)
    await bench().payHosted(session.url, bench().cards.approves)
    const paid = await find(session)
    assert(paid.found === true && paid.status === 'completed')
    // Some PSPs show every try, some the last one, and some none: those tell of them by webhook.
    const outcomes = paid.payments.map((payment: HostedPayment) => payment.outcome.outcome)
    assert(
      [[], ['approved'], ['declined', 'approved']].some((shown) => isDeepStrictEqual(shown, outcomes)),
      toText(outcomes),
    )
    const last =
      paid.payments.at(-1) ??
      (await hear(
        ({ about }) =>
          about.kind === 'hosted_payment' &&
          about.reference === session.reference &&
          about.payment.outcome.outcome === 'approved',
      ).then(({ about }) => (about.kind === 'hosted_payment' ? about.payment : undefined)))
    assert.deepEqual(last?.amount, eur(2500n))
    if (last) assertApproved(last.outcome, 2500n)
    assert.equal(await expire(session), bench().saysWhyNotClosed ? 'completed' : 'unknown')
    const still = await find(session)
    assert.equal(still.found === true && still.status, 'completed')
  })

  it('closes a hosted session, once and again', async () => {
    const session = await open()
    assert.equal(await expire(session), 'closed')
    assert.equal(await expire(session), 'closed')
    const closed = await find(session)
    assert(closed.found === true)
    assert.equal(closed.status, 'expired')
    if (canFindByReference()) assert.deepEqual(await find({ reference: newReference() }), { found: false })
    assert.equal(await expire({ pspReference: bench().unknown.session }), 'unknown')
  })

  it('does not take a session for a payment, nor a payment for a session', async () => {
    const session = await open()
    assert.notEqual((await lookUp('authorize', session.reference)).found, true)
    const { reference } = await authorize(bench().cards.approves, eur(100n))
    assert.notEqual((await find({ reference })).found, true)
  })

  it('hears of a hosted payment, and of a session that ended, by webhook', async () => {
    const paid = await open(eur(3100n))
    await bench().payHosted(paid.url, bench().cards.approves)
    const payment = await hear(
      (event) => event.about.kind === 'hosted_payment' && event.about.reference === paid.reference,
    )
    assert(payment.about.kind === 'hosted_payment')
    assert.deepEqual(payment.about.payment.amount, eur(3100n))
    assertApproved(payment.about.payment.outcome, 3100n)
    const left = await open()
    await expire(left)
    if (bench().tellsOfClosedSessions)
      await hear((event) => event.about.kind === 'hosted_session' && event.about.reference === left.reference)
  })
}
