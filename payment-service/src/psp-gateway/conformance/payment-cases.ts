import assert from 'node:assert/strict'
import type { Psp } from '../port.ts'
import { assertApproved, eur, is, type Steps, toText } from './steps.ts'

/** Payments, and what is done to them, against what the bank really did. */
export function addPaymentCases(psp: Psp, steps: Steps): void {
  const { authorize, bench, canLookUp, followUp, it, learn, resultOf } = steps
  for (const [currency, amount] of [
    ['JPY', 1999n],
    ['EUR', 1999n],
    ['KWD', 1_999_990n],
    ['EUR', 1n],
    ['EUR', 99_999_999n],
  ] as const) {
    it(`captures ${amount} minor units of ${currency} at once, and the bank holds exactly that`, async () => {
      const { reference, outcome, payment } = await authorize(bench().cards.approves, { amount, currency })
      assertApproved(outcome, amount)
      assertApproved(await learn('authorize', reference, is('approved'), { payment }), amount)
      assert.deepEqual(await bench().truth(reference), [
        { kind: 'authorization', amount, currency },
        { kind: 'capture', amount, currency },
      ])
    })
  }

  it('authorizes, captures a part, and gives back twice', async () => {
    const { reference, outcome, payment } = await authorize(bench().cards.approves, eur(5000n), 'manual')
    assertApproved(outcome, 0n)
    const capture = await followUp('capture', payment, eur(4000n))
    assertApproved(await resultOf(capture), 4000n)
    assertApproved(await learn('capture', capture.reference, is('approved'), capture), 4000n)
    if (canLookUp('authorize')) assertApproved(await learn('authorize', reference, is('approved'), { payment }), 4000n)
    for (const amount of [1500n, 2500n]) {
      const refund = await followUp('refund', payment, eur(amount))
      const result = await resultOf(refund)
      assert.equal(result.outcome, 'approved', toText(result))
      await learn('refund', refund.reference, is('approved'), refund)
    }
    assert.deepEqual(
      (await bench().truth(reference)).map(({ kind, amount }) => [kind, amount]),
      [
        ['authorization', 5000n],
        ['capture', 4000n],
        ['refund', 1500n],
        ['refund', 2500n],
      ],
    )
  })

  it('cancels an authorization, which then reads as ended', async () => {
    const { reference, payment } = await authorize(bench().cards.approves, eur(700n), 'manual')
    const cancel = await followUp('cancel', payment, eur(700n))
    const result = await resultOf(cancel)
    assert.equal(result.outcome, 'approved', toText(result))
    await learn('cancel', cancel.reference, is('approved'), cancel)
    if (!canLookUp('authorize')) return
    const ended = await learn('authorize', reference, is('ended'), { payment })
    assert.equal(ended.outcome === 'ended' && ended.reason, 'requested')
  })

  it('reads every decline with its code, and keeps the PSP’s own', async () => {
    for (const { card, code } of bench().declines) {
      const { reference, outcome } = await authorize(card, eur(1000n))
      assert(outcome.outcome === 'declined', `${code}: ${toText(outcome)}`)
      assert.equal(outcome.code, code, toText(outcome))
      assert(outcome.pspCode, `the PSP's own code is kept beside ours: ${toText(outcome)}`)
      assert.deepEqual(await bench().truth(reference), [])
      const found = await learn('authorize', reference, is('declined'))
      assert.equal(found.outcome === 'declined' && found.code, code)
    }
  })

  for (const [answer, expected] of [
    ['confirm', 'approved'],
    ['fail', 'declined'],
    ['leave', 'ended'],
  ] as const) {
    it(`sends the shopper to the bank; on “${answer}” the payment is ${expected}`, async () => {
      if (!bench().challengeAnswers.includes(answer)) return
      const { reference, outcome } = await authorize(bench().cards['needs the shopper'], eur(1000n))
      assert(outcome.outcome === 'action_required', toText(outcome))
      if (canLookUp('authorize')) {
        const waiting = await learn('authorize', reference, is('action_required'))
        assert.equal(waiting.outcome === 'action_required' && waiting.actionUrl, outcome.actionUrl)
      }
      assert.deepEqual(await bench().truth(reference), [])
      const query = await bench().answerChallenge(outcome.actionUrl, answer)
      const finish = psp.payments.finishAction?.(bench().account, { reference, query }) ?? null
      if (finish !== null) {
        const finished = psp.payments.readReply('authorize', await bench().send(finish), {
          reference,
          amount: eur(1000n),
        })
        assert.equal(finished.outcome, expected, toText(finished))
        // A shopper who reloads the page.
        const again = psp.payments.readReply('authorize', await bench().send(finish), { reference, amount: eur(1000n) })
        assert([expected, 'unknown'].includes(again.outcome))
      }
      const end = await learn('authorize', reference, is(expected))
      if (end.outcome === 'declined') assert.equal(end.code, 'authentication_failed')
      if (end.outcome === 'ended') assert.equal(end.reason, 'abandoned')
      assert.equal((await bench().truth(reference)).length > 0, expected === 'approved')
    })
  }

  it('reads a failed capture, a failed refund and a pending one', async () => {
    const cards = bench().cards
    for (const [card, kind] of [
      [cards['has its capture fail'], 'capture'],
      [cards['has its refund fail'], 'refund'],
    ] as const) {
      if (card === undefined) continue
      const { payment } = await authorize(card, eur(1000n), kind === 'capture' ? 'manual' : 'automatic')
      const failed = await followUp(kind, payment, eur(1000n))
      const result = await resultOf(failed)
      assert.equal(result.outcome, 'declined', `${kind}: ${toText(result)}`)
      await learn(kind, failed.reference, is('declined'), failed)
    }
    const slow = cards['has its refund pending']
    if (slow === undefined) return
    const { payment } = await authorize(slow, eur(1000n))
    const refund = await followUp('refund', payment, eur(300n))
    assert.equal(refund.outcome.outcome, 'unknown', `a refund that waits: ${toText(refund.outcome)}`)
    await learn('refund', refund.reference, is('approved'), refund)
  })
}
