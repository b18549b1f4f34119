import assert from 'node:assert/strict'
import type { Psp, PspReply } from '../port.ts'
import { replaceAddresses } from './rewriting.ts'
import { eur, is, isAbout, type Steps, toText, webAddress, wrongAddresses } from './steps.ts'

/** What the PSP may say one day, and does not say today: nothing is concluded from it, and an operator hears of it. */
export function addNewWordCases(psp: Psp, steps: Steps): void {
  const { authorize, bench, canLookUp, followUp, hear, it, learn, lookUp, resultOf, verify, whenHooked } = steps
  it('calls a status that the PSP does not have today unknown', async (t) => {
    const withNewStatus = whenHooked(bench().withNewStatus, t)
    if (withNewStatus === null) return
    const change = (reply: PspReply) => ('body' in reply ? { ...reply, body: withNewStatus(reply.body) } : reply)
    const payment = { kind: 'authorize' as const, ...(await authorize(bench().cards.approves, eur(1000n), 'manual')) }
    const held = await authorize(bench().cards.approves, eur(1000n), 'manual')
    const capture = await followUp('capture', payment.payment, eur(1000n))
    await resultOf(capture)
    const refund = await followUp('refund', payment.payment, eur(300n))
    const cancel = await followUp('cancel', held.payment, eur(1000n))
    for (const { kind, reference, amount, reply } of [payment, capture, refund, cancel]) {
      const outcome = psp.payments.readReply(kind, change(reply), { reference, amount })
      assert.equal(outcome.outcome, 'unknown', `${kind}: ${toText(outcome)}`)
    }
    for (const { kind, reference, amount, payment: id } of [payment, capture, refund]) {
      if (!canLookUp(kind)) continue
      await learn(kind, reference, is('approved'), { payment: id, amount })
      const answer = await lookUp(kind, reference, { payment: id, amount, change })
      const isUnknown = answer.found === 'unknown' || (answer.found === true && answer.outcome.outcome === 'unknown')
      assert(isUnknown, `${kind}, looked up: ${toText(answer)}`)
    }
  })

  it('sends a shopper to no address that is not one of the web', async () => {
    const { outcome, reply, reference, amount } = await authorize(bench().cards['needs the shopper'], eur(1000n))
    assert(outcome.outcome === 'action_required' && 'body' in reply, toText(outcome))
    for (const address of wrongAddresses) {
      const changed = { ...reply, body: replaceAddresses(reply.body, address) }
      const read = psp.payments.readReply('authorize', changed, { reference, amount })
      // An adapter may make the address itself, of what else the PSP says.
      const isWeb = read.outcome === 'action_required' && webAddress.test(read.actionUrl)
      assert(isWeb || read.outcome === 'unknown', `${address}: ${toText(read)}`)
    }
  })

  it('tells an operator of an event of a type that it has no rule for', async (t) => {
    const withNewTypes = whenHooked(bench().withNewTypes, t)
    if (withNewTypes === null) return
    const { reference } = await authorize(bench().cards.approves, eur(1000n))
    await hear(isAbout(reference, 'approved'))
    const delivery = bench()
      .deliveries()
      .find(({ body }) => body.includes(reference))
    assert(delivery)
    const others = withNewTypes(delivery)
    assert(others.length > 0)
    for (const other of others) {
      const read = verify(other)
      assert(read.ok, `it was refused: ${toText(read)}`)
      for (const { type, about } of read.events) assert.equal(about.kind, 'unforeseen', `${type}: ${toText(about)}`)
    }
  })
}
