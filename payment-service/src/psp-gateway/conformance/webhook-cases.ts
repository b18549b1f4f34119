import assert from 'node:assert/strict'
import type { PspAccount, PspEvent } from '../port.ts'
import { eur, isAbout, type Steps, toText } from './steps.ts'

/** Webhooks: true ones are understood, all others are refused. */
export function addWebhookCases(steps: Steps): void {
  const { authorize, bench, followUp, hear, heard, it, resultOf, verify } = steps
  it('hears by webhook what it reads in replies', async () => {
    const manual = await authorize(bench().cards.approves, eur(1000n), 'manual')
    await hear(isAbout(manual.reference, 'approved'))
    const capture = await followUp('capture', manual.payment, eur(600n))
    const captured = await hear(isAbout(capture.reference, 'approved'))
    assert(captured.about.kind === 'attempt')
    assert.equal(captured.about.attemptKind, 'capture')
    assert.deepEqual(captured.about.outcome, await resultOf(capture))
    const refund = await followUp('refund', manual.payment, eur(200n))
    await hear(isAbout(refund.reference, 'approved'))
    const canceled = await authorize(bench().cards.approves, eur(1000n), 'manual')
    const cancel = await followUp('cancel', canceled.payment, eur(1000n))
    await hear(isAbout(cancel.reference, 'approved'))
    const [declined] = bench().declines
    if (declined) await hear(isAbout((await authorize(declined.card, eur(1000n))).reference, 'declined'))
    const asked = await authorize(bench().cards['needs the shopper'], eur(1000n))
    assert(asked.outcome.outcome === 'action_required', toText(asked.outcome))
    if (!bench().challengeAnswers.includes('leave')) return
    await bench().answerChallenge(asked.outcome.actionUrl, 'leave')
    await hear(isAbout(asked.reference, 'ended'))
  })

  it('reads a delivery that is repeated as the same events, and two events as two', async () => {
    const { reference } = await authorize(bench().cards.approves, eur(1000n))
    await hear(isAbout(reference, 'approved'))
    for (const delivery of bench().deliveries()) assert.deepEqual(verify(delivery), verify(delivery))
    const first = new Map<string, PspEvent>()
    for (const event of heard()) {
      const other = first.get(event.id) ?? event
      assert.deepEqual(event.about, other.about, `two events have one id: ${toText([event, other])}`)
      first.set(event.id, event)
    }
  })

  it('refuses a webhook that is forged, tampered with, stale, or meant for another account', async () => {
    const { reference } = await authorize(bench().cards.approves, eur(1000n))
    await hear(isAbout(reference, 'approved'))
    const delivery = bench()
      .deliveries()
      .find(({ body }) => body.includes(reference))
    assert(delivery)
    const { body, headers } = delivery
    assert(verify(delivery).ok)
    const minute = 60_000
    const { signatureCovers: covers } = bench()
    const other: PspAccount = { ...bench().account, credentials: bench().strangersAccount.credentials }
    for (const [what, read] of [
      ['no signature', verify({ body, headers: {} })],
      ['another secret', verify(delivery, new Date(), other)],
      ['another body', verify({ headers, body: Buffer.from(body.toString().replaceAll('1000', '9000')) })],
      ...(covers.bytes
        ? ([['one byte more', verify({ headers, body: Buffer.concat([body, Buffer.from(' ')]) })]] as const)
        : []),
      ['an empty body', verify({ headers, body: Buffer.alloc(0) })],
      ...(covers.time
        ? ([
            ['too old', verify(delivery, new Date(Date.now() + 6 * minute))],
            ['from the future', verify(delivery, new Date(Date.now() - 6 * minute))],
          ] as const)
        : []),
      [
        'lists for headers',
        verify({
          body,
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value, value]])),
        }),
      ],
      [
        'a changed header',
        verify({
          body,
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [name, value.replace(/.{6}$/, '000000')]),
          ),
        }),
      ],
    ] as const) {
      assert.equal(read.ok, false, what)
    }
  })
}
