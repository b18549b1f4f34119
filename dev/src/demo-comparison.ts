/** What the three witnesses of a payment say: FinCore's charge, the webhook that the merchant got, the bank's ledger. */
export type PaymentRecord = {
  expected: { flow: 'hosted' | 'token' | 'raw_card'; amount: number; currency: string }
  charge: ChargeSeen
  /** The first `charge.captured` of this charge whose signature was right; null when none came in time. */
  webhook: { type: string; data: { object: ChargeSeen } } | null
  /** How many deliveries of any kind had a wrong signature. */
  wrongSignatures: number
  truth: { movements: Movement[]; calls: number }
}

export type ChargeSeen = {
  id: string
  status: string
  flow: string
  amount: number
  currency: string
  amount_captured: number
  amount_refunded: number
  psp: { reference: string | null }
}

export type Movement = { kind: string; payment: string; amount: number; currency: string }

/**
 * Every way in which the three differ from the payment that was asked for and from one another; empty when all agree.
 * Pure, so that a test can show that it finds differences.
 */
export function findDifferences(record: PaymentRecord): string[] {
  const { expected, charge, webhook, truth } = record
  const differences: string[] = []
  const compare = (what: string, seen: unknown, wanted: unknown) => {
    if (seen !== wanted) differences.push(`${what} is ${format(seen)}, and should be ${format(wanted)}`)
  }
  const compareCharge = (name: string, seen: ChargeSeen) => {
    compare(`${name}: status`, seen.status, 'captured')
    compare(`${name}: flow`, seen.flow, expected.flow)
    compare(`${name}: amount`, seen.amount, expected.amount)
    compare(`${name}: currency`, seen.currency, expected.currency)
    compare(`${name}: amount_captured`, seen.amount_captured, expected.amount)
    compare(`${name}: amount_refunded`, seen.amount_refunded, 0)
  }
  compareCharge('the charge', charge)
  compare('the number of webhooks with a wrong signature', record.wrongSignatures, 0)
  if (webhook === null) differences.push('no webhook `charge.captured` with a right signature came for the charge')
  else {
    compare('the webhook: charge id', webhook.data.object.id, charge.id)
    compareCharge('the webhook', webhook.data.object)
  }
  compare('the truth ledger: authorize calls', truth.calls, 1)
  for (const kind of ['authorization', 'capture'] as const) {
    const movements = truth.movements.filter((movement) => movement.kind === kind)
    compare(`the truth ledger: number of movements of kind ${kind}`, movements.length, 1)
    for (const movement of movements) {
      compare(`the truth ledger: ${kind}: payment`, movement.payment, charge.psp.reference)
      compare(`the truth ledger: ${kind}: amount`, movement.amount, expected.amount)
      compare(`the truth ledger: ${kind}: currency`, movement.currency, expected.currency)
    }
  }
  const others = truth.movements.filter(({ kind }) => kind !== 'authorization' && kind !== 'capture')
  compare('the truth ledger: number of movements that nobody asked for', others.length, 0)
  return differences
}

function format(value: unknown): string {
  return JSON.stringify(value) ?? 'missing'
}
