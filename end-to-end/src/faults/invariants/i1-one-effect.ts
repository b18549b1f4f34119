import type { Evidence, Violation } from './evidence.ts'

/**
 * I1: at most one authorization per charge, and one effect per capture, cancel or refund request, whatever the merchant,
 * the network or a crash does.
 */
export function checkOneEffect(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const doubled = (about: string, what: string) => void found.push({ invariant: 'I1', harm: 'doubled', about, what })
  const attempts = new Map(evidence.attempts.map((attempt) => [attempt.id, attempt]))
  const chargeOfPayment = new Map(evidence.charges.map((charge) => [charge.psp_reference, charge.id]))

  const authorizations = Map.groupBy(
    evidence.truth.filter(({ kind }) => kind === 'authorization'),
    ({ payment, reference }) => attempts.get(reference)?.charge_id ?? chargeOfPayment.get(payment) ?? payment,
  )
  for (const [charge, movements] of authorizations) {
    if (movements.length > 1)
      doubled(charge, `${movements.length} authorizations: ${movements.map(({ id }) => id).join(', ')}`)
  }
  const ends = Map.groupBy(
    evidence.truth.filter(({ kind }) => kind === 'capture' || kind === 'cancellation'),
    ({ payment }) => payment,
  )
  for (const [payment, movements] of ends) {
    if (movements.length > 1)
      doubled(
        chargeOfPayment.get(payment) ?? payment,
        `ended ${movements.length} times: ${movements.map(({ kind, amount }) => `${kind} ${amount}`).join(', ')}`,
      )
  }
  const effects = Map.groupBy(
    evidence.truth.filter(({ kind }) => kind !== 'authorization'),
    ({ kind, own_reference }) => `${kind} ${own_reference}`,
  )
  for (const [reference, movements] of effects) {
    if (movements.length > 1) doubled(movements[0]?.payment ?? '', `${reference} moved ${movements.length} times`)
  }
  // One refund object is one request: two of its attempts must not both have moved money.
  const ofRefunds = Map.groupBy(
    evidence.truth.filter(({ kind }) => kind === 'refund'),
    ({ own_reference }) => attempts.get(own_reference)?.refund_id ?? own_reference,
  )
  for (const [refund, movements] of ofRefunds) {
    if (movements.length > 1) doubled(refund, `given back ${movements.length} times`)
  }
  // One idempotency key makes one thing, whoever answers the repeat, and it is what the key is kept with.
  const kept = new Map(evidence.keys.map(({ key, object_id }) => [key, object_id]))
  const madeBy = Map.groupBy(
    evidence.asked.filter(({ key, status }) => key !== null && status === 201),
    ({ key }) => key ?? '',
  )
  for (const [key, answers] of madeBy) {
    const ids = new Set(answers.map(({ body }) => String(body?.id)))
    const own = kept.get(key)
    if (own !== undefined) ids.add(own)
    if (ids.size > 1) doubled([...ids][0] ?? '', `one idempotency key, ${key}, made ${[...ids].join(' and ')}`)
  }
  return found
}
