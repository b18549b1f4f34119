import type { Evidence, Violation } from './evidence.ts'

/**
 * I5: refunded + pending ≤ captured ≤ authorized ≤ amount, always: in the rows, in everything that was ever answered or
 * sent, in samples of the database while the load ran, and at the PSP.
 */
export function checkConservation(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const broken = (about: string, what: string) =>
    void found.push({ invariant: 'I5', harm: 'wrong amount', about, what })
  const check = (
    about: string,
    where: string,
    money: Record<'amount' | 'captured' | 'refunded' | 'pending', bigint>,
  ) => {
    const { amount, captured, refunded, pending } = money
    if (refunded < 0n || pending < 0n || refunded + pending > captured || captured > amount)
      broken(about, `${where}: amount ${amount}, captured ${captured}, refunded ${refunded}, pending ${pending}`)
  }
  for (const charge of evidence.charges) {
    check(charge.id, 'the row', { ...charge, pending: charge.refunds_pending })
    const refunds = evidence.refunds.filter(({ charge_id }) => charge_id === charge.id)
    const sumOf = (status: string) =>
      refunds.filter((refund) => refund.status === status).reduce((sum, { amount }) => sum + amount, 0n)
    if (sumOf('succeeded') !== charge.refunded || sumOf('pending') !== charge.refunds_pending)
      broken(
        charge.id,
        `its refunds make ${sumOf('succeeded')} and ${sumOf('pending')} pending, the row says ${charge.refunded} and ${charge.refunds_pending}`,
      )
  }
  const said = [
    ...evidence.asked.flatMap(({ body, path }) => (body === null ? [] : [{ body, where: `the answer to ${path}` }])),
    ...evidence.events.map(({ object, sequence }) => ({ body: object, where: `event ${sequence}` })),
  ]
  for (const { body, where } of said) {
    if (body.object !== 'charge') continue
    check(String(body.id), where, {
      amount: BigInt(Number(body.amount)),
      captured: BigInt(Number(body.amount_captured)),
      refunded: BigInt(Number(body.amount_refunded)),
      pending: BigInt(Number(body.amount_refunds_pending)),
    })
  }
  for (const [payment, movements] of Map.groupBy(evidence.truth, ({ payment }) => payment)) {
    const sumOf = (kind: string) =>
      movements.filter((movement) => movement.kind === kind).reduce((sum, { amount }) => sum + amount, 0n)
    check(payment, 'the PSP', {
      amount: sumOf('authorization'),
      captured: sumOf('capture'),
      refunded: sumOf('refund'),
      pending: 0n,
    })
  }
  for (const what of evidence.samples) broken(/^\S+/.exec(what)?.[0] ?? '', `while the load ran: ${what}`)
  return found
}
