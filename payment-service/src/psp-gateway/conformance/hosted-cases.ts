import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { askPsp } from '../ask-psp.ts'
import type { HostedPayment, Psp, PspReply } from '../port.ts'
import { replaceAddresses } from './rewriting.ts'
import {
  assertApproved,
  eur,
  newReference,
  returnUrl,
  type Steps,
  toText,
  webAddress,
  wrongAddresses,
} from './steps.ts'

/** Hosted sessions. */
export function addHostedCases(psp: Psp, steps: Steps): void {
  const { authorize, bench, hear, it, keep, lookUp, whenHooked } = steps
  if (psp.hostedSessions === undefined) return
  const { hostedSessions } = psp
  const open = async (amount = eur(2500n), expiresInMs = 600_000) => {
    const reference = newReference()
    const input = {
      reference,
      amount,
      captureMethod: 'automatic' as const,
      returnUrl,
      cancelUrl: 'https://shop.example/cancel',
      locale: 'de',
      description: 'Two\nbooks {{card.number}}',
      customerEmail: 'ada@example.com',
      lineItems: [{ name: 'A book', quantity: 2, amount: 1250n }],
      expiresAt: new Date(Date.now() + expiresInMs),
    }
    const reply = await bench().send(hostedSessions.create(bench().account, input))
    const made = keep(hostedSessions.readCreate(reply))
    assert(made.outcome === 'approved', toText(made))
    // Built anew, as after a restart: a shopper must not be able to pay on two pages.
    const again = hostedSessions.readCreate(await bench().send(hostedSessions.create(bench().account, input)))
    assert.deepEqual(again, made, 'a session that is made again under its reference is the same page')
    return { reference, reply, ...made }
  }
  /** As FinCore knows it after its making, or when the answer to that was lost. */
  const find = async (
    { reference, pspReference = null }: { reference: string; pspReference?: string | null },
    change = (reply: PspReply) => reply,
  ) => {
    const question = { reference, pspReference, sentAt: new Date() }
    const request = hostedSessions.lookUp(bench().account, question)
    if (request === null) return keep({ found: 'unknown', why: 'no look-up' } as const)
    const read = (reply: PspReply) => hostedSessions.readLookUp(bench().account, question, change(reply))
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
    assert(fresh.found === true, toText(fresh))
    if (canFindByReference()) assert.deepEqual(await find({ reference: session.reference }), fresh)
    assert.deepEqual([fresh.status, fresh.url, fresh.pspReference], ['open', session.url, session.pspReference])
    const declined = bench().declines[0]
    if (declined) await bench().payHosted(session.url, declined.card)
    await bench().payHosted(session.url, bench().cards.approves)
    const paid = await find(session)
    assert(paid.found === true && paid.status === 'completed', toText(paid))
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
    assert(closed.found === true, toText(closed))
    assert.equal(closed.status, 'expired', 'a session that was closed by `expire` is `expired` (port.ts)')
    if (canFindByReference()) assert.deepEqual(await find({ reference: newReference() }), { found: false })
    assert.equal(await expire({ pspReference: bench().unknown.session }), 'unknown')
  })

  it('does not take a session for a payment, nor a payment for a session', async () => {
    const session = await open()
    assert.notEqual((await lookUp('authorize', session.reference)).found, true)
    const { reference } = await authorize(bench().cards.approves, eur(100n))
    assert.notEqual((await find({ reference })).found, true)
  })

  it('never takes another session’s answer for its own', async () => {
    const [ours, others] = [await open(), await open()]
    for (const pspReference of [null, ours.pspReference]) {
      const question = { reference: ours.reference, pspReference, sentAt: new Date() }
      const asked = hostedSessions.lookUp(bench().account, {
        reference: others.reference,
        pspReference: pspReference && others.pspReference,
        sentAt: new Date(),
      })
      if (asked === null) continue
      const state = hostedSessions.readLookUp(bench().account, question, await bench().send(asked))
      assert.notEqual(state.found, true, `the answer about another session was taken: ${toText(state)}`)
    }
  })

  it('calls a session’s status that the PSP does not have today unknown', async (t) => {
    const withNewStatus = whenHooked(bench().withNewStatus, t)
    if (withNewStatus === null) return
    const change = (reply: PspReply) => ('body' in reply ? { ...reply, body: withNewStatus(reply.body) } : reply)
    const session = await open()
    assert.equal(hostedSessions.readCreate(change(session.reply)).outcome, 'unknown')
    const state = await find(session, change)
    assert.equal(state.found, 'unknown', toText(state))
    const reply = await bench().send(
      hostedSessions.expire(bench().account, { reference: newReference(), pspReference: session.pspReference }),
    )
    assert.equal(hostedSessions.readExpire(change(reply)), 'unknown')
  })

  it('gives out no page whose address is not one of the web', async () => {
    const session = await open()
    for (const address of wrongAddresses) {
      const change = (reply: PspReply) =>
        'body' in reply ? { ...reply, body: replaceAddresses(reply.body, address) } : reply
      const made = hostedSessions.readCreate(change(session.reply))
      const isMade = made.outcome === 'approved' && webAddress.test(made.url)
      assert(isMade || made.outcome === 'unknown', `${address}: ${toText(made)}`)
      const state = await find(session, change)
      const isFound = state.found === true && webAddress.test(state.url)
      assert(isFound || state.found === 'unknown', `${address}, looked up: ${toText(state)}`)
    }
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
    if (!bench().tellsOfClosedSessions) return
    const { about } = await hear(
      (event) => event.about.kind === 'hosted_session' && event.about.reference === left.reference,
    )
    const state = await find(left)
    assert(about.kind === 'hosted_session' && state.found === true, toText(state))
    assert.equal(about.status, state.status, 'webhook and look-up name one end of a session')
  })
}
