import assert from 'node:assert/strict'
import type { Psp, PspMovement, Reconciliation } from '../port.ts'
import { eur, type Steps, toText } from './steps.ts'
import { unreadableReplies } from './unreadable-replies.ts'

const kindOf = { authorization: 'authorize', capture: 'capture', cancellation: 'cancel', refund: 'refund' } as const

/** The PSP's list of movements. */
export function addReconciliationCases(psp: Psp, steps: Steps): void {
  const { authorize, bench, followUp, it, keep } = steps
  if (psp.reconciliation === undefined) return
  const { reconciliation } = psp
  const minute = 60_000
  const window = (from = -5 * minute, to = 5 * minute) => ({
    from: new Date(Date.now() + from),
    to: new Date(Date.now() + to),
  })

  it('lists what the bank did, with our references, and nothing that was declined', async () => {
    const { reference, payment } = await authorize(bench().cards.approves, eur(1200n), 'manual')
    const captured = await followUp('capture', payment, eur(700n))
    const refunded = await followUp('refund', payment, eur(200n))
    const automatic = await authorize(bench().cards.approves, eur(300n))
    const held = await authorize(bench().cards.approves, eur(900n), 'manual')
    const canceled = await followUp('cancel', held.payment, eur(900n))
    const [declined] = bench().declines
    const refused = declined ? await authorize(declined.card, eur(1000n)) : null
    const all = await readAll(reconciliation, steps, window())
    keep(all)
    const of = (ours: string) => all.filter((movement) => movement.paymentReference === ours)
    const shown = (ours: string) => of(ours).map(({ kind, reference, amount }) => [kind, reference, amount.amount])
    assert.deepEqual(shown(reference), [
      ['authorize', reference, 1200n],
      ['capture', captured.reference, 700n],
      ['refund', refunded.reference, 200n],
    ])
    assert.deepEqual(shown(automatic.reference), [
      ['authorize', automatic.reference, 300n],
      ['capture', automatic.reference, 300n],
    ])
    assert.deepEqual(shown(held.reference), [
      ['authorize', held.reference, 900n],
      ['cancel', canceled.reference, 900n],
    ])
    if (refused) assert.deepEqual(shown(refused.reference), [])
    for (const ours of [reference, automatic.reference, held.reference]) {
      const truth = (await bench().truth(ours)).map(({ kind, amount, currency }) => [kindOf[kind], amount, currency])
      assert.deepEqual(
        of(ours).map(({ kind, amount }) => [kind, amount.amount, amount.currency]),
        truth,
      )
    }
    for (const movement of of(reference)) assert.equal(movement.payment, payment)
    const times = all.map(({ at }) => at.getTime())
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    assert(times.every((time) => Math.abs(time - Date.now()) < 5 * minute))
  })

  it('lists nothing of a window in which nothing was done, and claims no more than is over', async () => {
    const past = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-02T00:00:00Z'), cursor: null }
    const read = reconciliation.readList(await bench().send(reconciliation.list(bench().account, past)))
    assert(read.found === true)
    assert.deepEqual([read.movements, read.next, read.completeUntil], [[], null, past.to])
    const open = { ...window(), cursor: null }
    const ahead = reconciliation.readList(await bench().send(reconciliation.list(bench().account, open)))
    assert(ahead.found === true)
    assert(ahead.completeUntil.getTime() <= Date.now())
  })

  it('takes no reply for a list that is none, and no other account’s for an answer', async () => {
    for (const reply of unreadableReplies) assert.equal(keep(reconciliation.readList(reply)).found, 'unknown')
    const asked = reconciliation.list(bench().strangersAccount, { ...window(), cursor: null })
    assert.equal(keep(reconciliation.readList(await bench().send(asked))).found, 'unknown')
    const forged = reconciliation.list(bench().account, { ...window(), cursor: 'none' })
    assert.equal(keep(reconciliation.readList(await bench().send(forged))).found, 'unknown')
    const true_ = await bench().send(reconciliation.list(bench().account, { ...window(), cursor: null }))
    assert('body' in true_)
    const whole = JSON.parse(true_.body)
    // One movement that cannot be read makes the page one that cannot: it is not left out.
    const spoiled = { ...whole, movements: whole.movements.with(0, { ...whole.movements[0], amount: '1' }) }
    assert.equal(reconciliation.readList({ ...true_, body: JSON.stringify(spoiled) }).found, 'unknown', toText(spoiled))
  })
}

async function readAll(
  reconciliation: Reconciliation,
  { bench }: Steps,
  window: { from: Date; to: Date },
): Promise<PspMovement[]> {
  const all: PspMovement[] = []
  let cursor: string | null = null
  do {
    const page = reconciliation.readList(
      await bench().send(reconciliation.list(bench().account, { ...window, cursor })),
    )
    assert(page.found === true, toText(page))
    all.push(...page.movements)
    cursor = page.next
  } while (cursor !== null)
  return all
}
