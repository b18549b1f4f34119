import { toIsoMinorUnits } from '../currencies.ts'
import type { World } from '../world.ts'
import { captureWhenDue } from './authorise.ts'

/**
 * What the bank really did under a reference, follow-ups of its payment included, or at all; amounts in the minor units of
 * ISO 4217. `calls` counts the authorizations that were asked for, repeats included, and `declined` the
 * payments that the bank refused.
 */
export function readTruth(world: World, reference: string | null) {
  for (const payment of world.payments.values()) captureWhenDue(world, payment)
  const movements = world.movements.filter(
    (movement) => reference === null || movement.reference === reference || movement.ownReference === reference,
  )
  const calls = reference === null ? [...world.calls.values()] : [world.calls.get(reference) ?? 0]
  const payments = [...world.payments.values()].filter(
    (payment) => reference === null || payment.reference === reference,
  )
  return {
    reference,
    movements: movements.map(({ amount: { value, currency }, ownReference, at, ...movement }) => ({
      ...movement,
      own_reference: ownReference,
      amount: toIsoMinorUnits(value, currency),
      currency,
      at: new Date(at).toISOString(),
    })),
    calls: calls.reduce((sum, count) => sum + count, 0),
    declined: payments.filter(({ status }) => status === 'refused').length,
  }
}
