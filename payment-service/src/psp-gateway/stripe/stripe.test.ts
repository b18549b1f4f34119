import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertApproved, createSteps, eur, isAbout, newReference, plainInput } from '../conformance/steps.ts'
import { runConformance } from '../conformance.ts'
import type { AuthorizeInput, PspReply } from '../port.ts'
import { stripePsp } from './stripe.ts'
import { cardNamed, openStripeBench } from './testing/bench.ts'

runConformance(stripePsp, openStripeBench)

describe('what only Stripe does', () => {
  let bench: Awaited<ReturnType<typeof openStripeBench>>
  before(async () => {
    bench = await openStripeBench()
  })
  after(() => bench.close())
  const { payments, hostedSessions } = stripePsp
  const { authorize, followUp, hear, learn } = createSteps(stripePsp, () => bench)
  const charge = async (card: string, more: Partial<AuthorizeInput>) => {
    const input = { ...plainInput, reference: newReference(), amount: eur(1000n), ...more }
    const token = await bench.makeToken(cardNamed(card))
    const reply = await bench.send(payments.authorizeToken(bench.account, { ...input, token }))
    return { ...input, outcome: payments.readReply('authorize', reply, input) }
  }

  it('declines at once where the shopper cannot go to the bank', async () => {
    for (const more of [{ returnUrl: null }, { initiator: 'merchant' }] as const) {
      const { outcome, reference } = await charge('three_d_secure_required', more)
      assert.equal(outcome.outcome === 'declined' && outcome.code, 'authentication_failed')
      await hear(isAbout(reference, 'declined'))
    }
  })

  it('takes an authentication that was made elsewhere, and sends nobody to the bank', async () => {
    const threeDSecure = {
      eci: '05',
      cavv: 'AAABBEg0VhI0VniQEjRWAAAAAAA=',
      dsTransactionId: 'c4e59ceb-a382-4d6a-bc87-385d591fa09d',
      version: '2.2.0',
    }
    const { outcome } = await charge('three_d_secure_required', { threeDSecure })
    assertApproved(outcome, 1000n)
    assert(outcome.outcome === 'approved' && outcome.networkTransactionId)
  })

  it('calls a payment that the bank declined afterwards failed only when nobody can pay it any more', async () => {
    const { outcome, reference } = await charge('three_d_secure_then_insufficient_funds', {})
    assert(outcome.outcome === 'action_required')
    await bench.answerChallenge(outcome.actionUrl, 'confirm')
    await hear(isAbout(reference, 'unknown'))
    const end = await learn('authorize', reference, (found) => found.outcome === 'declined')
    assert.equal(end.outcome === 'declined' && end.code, 'insufficient_funds')
    const told = await hear(isAbout(reference, 'declined'))
    assert.equal(told.type, 'payment_intent.canceled')
  })

  it('hears of a dispute, and of a refund that failed after it had succeeded', async () => {
    const disputed = await authorize(cardNamed('disputed_as_fraudulent'), eur(1000n))
    const { about } = await hear((event) => event.about.kind === 'dispute' && event.about.payment === disputed.payment)
    assert(about.kind === 'dispute')
    assert.deepEqual(
      [about.dispute.status, about.dispute.amount, about.dispute.reason],
      ['opened', eur(1000n), 'fraudulent'],
    )
    assert(about.dispute.evidenceDueBy && about.dispute.evidenceDueBy > new Date())
    const { payment } = await authorize(cardNamed('refund_fails'), eur(1000n))
    const refund = await followUp('refund', payment, eur(1000n))
    assert.equal(refund.outcome.outcome, 'approved')
    await hear(isAbout(refund.reference, 'declined'))
  })

  it('captures what was held on its page, and knows it for its own capture', async () => {
    assert(hostedSessions)
    const reference = newReference()
    const session = {
      reference,
      amount: eur(2500n),
      captureMethod: 'manual' as const,
      returnUrl: 'https://pay.example/s/x/return',
      cancelUrl: 'https://pay.example/s/x/cancel',
      locale: null,
      description: null,
      customerEmail: null,
      lineItems: [],
      expiresAt: new Date(Date.now() + 60_000),
    }
    const made = hostedSessions.readCreate(await bench.send(hostedSessions.create(bench.account, session)))
    assert(made.outcome === 'approved')
    await bench.payHosted(made.url, cardNamed('generic_decline'))
    await bench.payHosted(made.url, cardNamed('visa'))
    const payments = (outcome: string) =>
      hear(
        ({ about }) =>
          about.kind === 'hosted_payment' && about.reference === reference && about.payment.outcome.outcome === outcome,
      ).then(({ about }) => (about.kind === 'hosted_payment' ? about.payment.pspReference : ''))
    // The try that was declined is a payment of its own, so that it ends nothing that comes after it.
    assert.match(await payments('declined'), /^ch_/)
    const held = await payments('approved')
    assert.match(held, /^pi_/)
    const capture = await followUp('capture', held, eur(2000n))
    assertApproved(capture.outcome, 2000n)
    await hear(isAbout(capture.reference, 'approved'))
    const question = { reference, pspReference: made.pspReference, sentAt: new Date() }
    const reply: PspReply = await bench.send(hostedSessions.lookUp(bench.account, question) ?? assert.fail())
    const state = hostedSessions.readLookUp(bench.account, question, reply)
    assert(state.found === true)
    assert.deepEqual(
      state.payments.map(({ pspReference }) => pspReference),
      [held],
    )
    assertApproved(state.payments[0]?.outcome ?? assert.fail(), 2000n)
  })

  it('takes webhooks under the old secret and under the new one, while Stripe signs with both', async () => {
    const rolled = await bench.rollWebhookSecret()
    const { reference } = await authorize(cardNamed('visa'), eur(1000n))
    await hear(isAbout(reference, 'approved'))
    const delivery = bench.deliveries().find(({ body }) => body.includes(reference)) ?? assert.fail()
    const { credentials } = bench.account
    const takes = (more: object) => {
      const account = { ...bench.account, credentials: { ...credentials, ...more } }
      return stripePsp.webhooks.verify(account, { ...delivery, now: new Date() }).ok
    }
    const other = `whsec_${'other'.repeat(6)}`
    assert.equal(takes({}), true)
    assert.equal(takes({ webhook_secret: rolled }), true)
    assert.equal(takes({ webhook_secret: other, previous_webhook_secret: credentials.webhook_secret }), true)
    assert.equal(takes({ webhook_secret: other }), false)
  })
})
