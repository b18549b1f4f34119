import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Psp } from '../port.ts'
import { assertApproved, eur, newReference, returnUrl, type Steps } from './steps.ts'

/** The card template, which only the card relay fills in. */
export function addRawCardCases(psp: Psp, steps: Steps): void {
  const { bench } = steps
  if (psp.rawCards === undefined) return
  const { rawCards } = psp
  it('makes a card template that no text of a merchant can break', async () => {
    for (const text of [
      '{{card.number}}',
      '{{{{card.cvc}}',
      '"}},"source":{"x":"',
      'Zoë\u0000\n{{',
      '\\u007b{',
      '\ud800',
      'x'.repeat(3_000),
    ]) {
      const reference = newReference()
      const amount = eur(1234n)
      const card = bench().cards.approves
      const request = rawCards.authorizeCard(bench().account, {
        reference,
        amount,
        captureMethod: 'automatic',
        returnUrl,
        description: text,
        holderName: text,
        expMonth: card.expMonth,
        expYear: card.expYear,
      })
      const body = request.body ?? ''
      assert.equal(body.split('{{card.number}}').length, 2)
      assert(body.split('{{card.cvc}}').length <= 2)
      assert.doesNotMatch(body.replace('{{card.number}}', '').replace('{{card.cvc}}', ''), /\{\{/)
      assert.doesNotMatch(JSON.stringify([request.url, request.headers]), /\{\{/)
      const spliced = body.replace('{{card.number}}', card.number).replace('{{card.cvc}}', card.cvc)
      const outcome = psp.payments.readReply('authorize', await bench().send({ ...request, body: spliced }), {
        reference,
        amount,
      })
      assertApproved(outcome, 1234n)
      assert.equal(outcome.outcome === 'approved' && outcome.card?.last4, card.number.slice(-4))
      assert.equal(outcome.outcome === 'approved' && outcome.card?.first6, card.number.slice(0, 6))
    }
  })
}
