import assert from 'node:assert/strict'
import type { Psp, PspReply } from '../port.ts'
import type { TestCard } from './bench.ts'
import { assertApproved, eur, newReference, plainInput, type Steps } from './steps.ts'

/** Of an instruction to the card relay (`api-contract/src/card-door.ts`). */
const mostReplyFields = 64
const replyField = /^[\w-]{1,64}(\.[\w-]{1,64}){0,7}$/

/** The card template, which only the card relay fills in, and the reply, of which it passes on the named fields only. */
export function addRawCardCases(psp: Psp, steps: Steps): void {
  const { bench, it } = steps
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
      const card = bench().cards.approves
      const { request, body, input } = makeTemplate(card, text)
      assert.equal(body.split('{{card.number}}').length, 2)
      assert(body.split('{{card.cvc}}').length <= 2)
      assert.doesNotMatch(body.replace('{{card.number}}', '').replace('{{card.cvc}}', ''), /\{\{/)
      assert.doesNotMatch(JSON.stringify([request.url, request.headers]), /\{\{/)
      const outcome = psp.payments.readReply('authorize', await sendCard(card, text, input.reference), input)
      assertApproved(outcome, 1234n)
      assert.equal(outcome.outcome === 'approved' && outcome.card?.last4, card.number.slice(-4))
      const first6 = bench().tellsFirst6 ? card.number.slice(0, 6) : null
      assert.equal(outcome.outcome === 'approved' && outcome.card?.first6, first6)
    }
  })

  if (rawCards.takesMerchantInitiated)
    it('asks for no security code of a card on file, which nobody may have kept', () => {
      const onFile = { initiator: 'merchant', networkTransactionId: '123456789012345' } as const
      const expiry = { expMonth: 12, expYear: 2034, holderName: null }
      const input = { ...plainInput, ...onFile, ...expiry, reference: newReference(), amount: eur(1234n) }
      const { body } = rawCards.authorizeCard(bench().account, input)
      assert.deepEqual(body?.match(/\{\{[^}]*\}\}/g), ['{{card.number}}'])
    })

  it('names its reply fields as the card relay takes them', () => {
    assert(rawCards.replyFields.length > 0 && rawCards.replyFields.length <= mostReplyFields)
    for (const path of rawCards.replyFields) assert.match(path, replyField)
  })

  it('reads the same from a reply of which only the named fields are left', async () => {
    const { approves, 'needs the shopper': challenged } = bench().cards
    const cards = [approves, challenged, ...bench().declines.map(({ card }) => card)]
    const wrong = { ...approves, number: approves.number.replace(/.$/, (digit) => String((Number(digit) + 1) % 10)) }
    // One after the other: a busy machine's reply that comes too late would be one more that is `unknown`.
    const replies: PspReply[] = []
    for (const card of [...cards, wrong]) replies.push(await sendCard(card, 'Three books'))
    replies.push(await sendCard(approves, 'Three books', newReference(), bench().strangersAccount))
    const outcomes = replies.map((reply) => {
      const outcome = psp.payments.readReply('authorize', reply)
      assert.deepEqual(psp.payments.readReply('authorize', keepFields(reply, rawCards.replyFields)), outcome)
      return outcome.outcome
    })
    const found = [...new Set(outcomes)].sort()
    assert.deepEqual(found, [
      'action_required',
      'approved',
      ...(bench().declines.length > 0 ? ['declined'] : []),
      'rejected',
    ])
  })

  function makeTemplate(card: TestCard, text: string, reference = newReference(), account = bench().account) {
    const input = { ...plainInput, reference, amount: eur(1234n), description: text }
    const expiry = { expMonth: card.expMonth, expYear: card.expYear }
    const request = rawCards.authorizeCard(account, { ...input, ...expiry, holderName: text })
    return { request, body: request.body ?? '', input }
  }

  function sendCard(card: TestCard, text: string, reference?: string, account?: Parameters<typeof makeTemplate>[3]) {
    const { request, body } = makeTemplate(card, text, reference, account)
    const spliced = body.replace('{{card.number}}', card.number).replace('{{card.cvc}}', card.cvc)
    return bench().send({ ...request, body: spliced })
  }
}

/** What the card relay passes on of a reply: stars and zeros for every other key, text and number. */
function keepFields(reply: PspReply, fields: readonly string[]): PspReply {
  if ('failure' in reply) return reply
  const blank = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => blank(item, '?'))
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, inner]) => {
        const longer = path === '' ? key : `${path}.${key}`
        const isOnTheWay = fields.some((field) => `${field}.`.startsWith(`${longer}.`))
        return [isOnTheWay ? key : key.replace(/./g, '*'), blank(inner, isOnTheWay ? longer : '?')]
      })
      return Object.fromEntries(entries)
    }
    if (fields.includes(path)) return value
    return typeof value === 'string' ? value.replace(/./g, '*') : typeof value === 'number' ? 0 : value
  }
  return { ...reply, body: JSON.stringify(blank(JSON.parse(reply.body), '')) }
}
