import assert from 'node:assert/strict'
import type { MoneyKind, Psp, Question } from '../port.ts'
import type { Bench } from './bench.ts'
import { eur, is, newReference, plainInput, type Steps, toText } from './steps.ts'
import { unreadableReplies } from './unreadable-replies.ts'

const session = { reference: 'att_1', pspReference: null, sentAt: new Date() }
const now = new Date()
const ask = (kind: MoneyKind): Question => ({
  kind,
  reference: 'att_1',
  payment: 'pay_1',
  sentAt: now,
  askedAt: now,
})

/** What is known, what is not, and that nothing is guessed or done twice. */
export function addCertaintyCases(psp: Psp, steps: Steps): void {
  const { authorize, bench, canLookUp, followUp, it, keep, learn, lookUp, resultOf } = steps
  it('calls a lost or spoiled reply unknown, and learns the truth', async () => {
    const checkFault = async ({ name, card }: Bench['faults'][number]) => {
      const { reference, outcome } = await authorize(card, eur(1000n))
      assert.equal(outcome.outcome, 'unknown', `${name}: ${toText(outcome)}`)
      const movements = await bench().truth(reference)
      if (movements.length > 0) await learn('authorize', reference, is('approved'))
      else if (canLookUp('authorize')) assert.deepEqual(await lookUp('authorize', reference), { found: false }, name)
    }
    await Promise.all(bench().faults.map(checkFault))
  })

  it('acts once, however often one request is sent', async () => {
    const { reference, input, outcome, payment } = await authorize(bench().cards.approves, eur(900n))
    // Built anew each time, as after a restart: what makes it one request must come from our reference.
    const build = () => psp.payments.authorizeToken(bench().account, input)
    for (const reply of await Promise.all([1, 2, 3].map(() => bench().send(build())))) {
      const repeat = psp.payments.readReply('authorize', reply)
      if (repeat.outcome !== 'unknown') assert.deepEqual(repeat, outcome)
    }
    const refund = await followUp('refund', payment, eur(400n))
    await bench().send(psp.payments.refund(bench().account, refund))
    await resultOf(refund)
    assert.deepEqual(
      (await bench().truth(reference)).map(({ kind }) => kind),
      ['authorization', 'capture', 'refund'],
    )
  })

  it('never takes another request’s answer for its own', async () => {
    const first = await authorize(bench().cards.approves, eur(900n))
    const other = await authorize(bench().cards.approves, eur(901n), 'automatic', first.reference)
    assert.equal(other.outcome.outcome, 'unknown', toText(other.outcome))
    const reply = await bench().send(first.request)
    for (const asked of [
      { reference: first.reference, amount: eur(899n) },
      { reference: first.reference, amount: { amount: 900n, currency: 'USD' } },
      { reference: newReference(), amount: eur(900n) },
    ]) {
      assert.equal(psp.payments.readReply('authorize', reply, asked).outcome, 'unknown')
    }
    if (!canLookUp('authorize')) return
    assert(first.outcome.outcome === 'approved', toText(first.outcome))
    const known = { payment: first.payment, amount: eur(901n) }
    const elsewhere = await lookUp('authorize', first.reference, known)
    assert(
      elsewhere.found === 'unknown' || (elsewhere.found && elsewhere.outcome.outcome === 'unknown'),
      `of another amount: ${toText(elsewhere)}`,
    )
    assert.notEqual((await lookUp('refund', first.reference, { ...known, amount: eur(900n) })).found, true)
  })

  it('calls a documented refusal to act rejected', async () => {
    const spent = await authorize(bench().cards.approves, eur(900n), 'manual')
    const again = { ...plainInput, reference: newReference(), amount: spent.amount, token: bench().unknown.token }
    const unknownToken = psp.payments.readReply(
      'authorize',
      await bench().send(psp.payments.authorizeToken(bench().account, again)),
    )
    assert.equal(
      unknownToken.outcome === 'rejected' && unknownToken.code,
      'token_invalid',
      `an unknown token: ${toText(unknownToken)}`,
    )
    for (const [kind, amount] of [
      ['capture', 901n],
      ['refund', 100n],
    ] as const) {
      const refused = await followUp(kind, spent.payment, eur(amount))
      // A PSP that only accepts at first says no afterwards.
      const refusal = refused.outcome.outcome === 'unknown' ? await resultOf(refused) : refused.outcome
      assert(
        refusal.outcome === 'declined' || (refusal.outcome === 'rejected' && refusal.code === 'rejected_by_psp'),
        `${kind} of more than there is: ${toText(refusal)}`,
      )
    }
    const nobodys = await followUp('cancel', bench().unknown.payment, eur(900n))
    assert.equal(nobodys.outcome.outcome, 'rejected', `cancel of an unknown payment: ${toText(nobodys.outcome)}`)
    const stranger = await followUp('cancel', spent.payment, eur(900n), bench().strangersAccount)
    assert.equal(
      stranger.outcome.outcome === 'rejected' && stranger.outcome.code,
      'rejected_by_psp',
      `wrong credentials: ${toText(stranger.outcome)}`,
    )
    assert.equal((await lookUp('authorize', spent.reference, { account: bench().strangersAccount })).found, 'unknown')
    assert.deepEqual(
      (await bench().truth(spent.reference)).map(({ kind }) => kind),
      ['authorization'],
    )
  })

  it('says “not found” for what the PSP never had', async () => {
    for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
      if (!canLookUp(kind)) continue
      const payment =
        kind === 'authorize' ? null : (await authorize(bench().cards.approves, eur(100n), 'manual')).payment
      assert.deepEqual(await lookUp(kind, newReference(), { payment, amount: eur(100n) }), { found: false })
    }
  })

  it('tells a request that never left from one that may have', () => {
    for (const failure of ['refused', 'reset', 'timeout', 'tls'] as const) {
      for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
        const left = psp.payments.readReply(kind, { failure, requestWasSent: true })
        assert.equal(left.outcome, 'unknown')
        const stayed = psp.payments.readReply(kind, { failure, requestWasSent: false })
        assert.deepEqual(stayed, { outcome: 'rejected', code: 'not_executed', pspCode: null })
        for (const requestWasSent of [true, false]) {
          assert.equal(
            psp.payments.readLookUp(bench().account, ask(kind), { failure, requestWasSent }).found,
            'unknown',
          )
        }
      }
    }
  })

  it('guesses nothing from a reply that it cannot read', () => {
    for (const reply of unreadableReplies) {
      for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
        assert.equal(keep(psp.payments.readReply(kind, reply)).outcome, 'unknown', JSON.stringify(reply).slice(0, 90))
        assert.equal(keep(psp.payments.readLookUp(bench().account, ask(kind), reply)).found, 'unknown')
      }
      assert.equal(psp.hostedSessions?.readCreate(reply).outcome ?? 'unknown', 'unknown')
      assert.equal(psp.hostedSessions?.readLookUp(bench().account, session, reply).found ?? 'unknown', 'unknown')
      assert.equal(psp.hostedSessions?.readExpire(reply) ?? 'unknown', 'unknown')
    }
  })
}
