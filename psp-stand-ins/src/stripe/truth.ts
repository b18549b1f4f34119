import { toMinorUnits } from './currencies.ts'
import type { World } from './world.ts'

/**
 * What the bank really did. `reference` is the payment's; `own_reference` that of the capture, cancellation or refund, and
 * equals `reference` for an authorization and for an automatic capture. Amounts are in minor units of ISO 4217.
 */
export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  id: string
  account: string
  payment: string
  reference: string
  own_reference: string
  amount: number
  currency: string
  at: string
}

/** Writes down a movement; `amount` is in Stripe's units. */
export function recordMovement(world: World, movement: Omit<Movement, 'at'>): void {
  world.movements.push({
    ...movement,
    amount: toMinorUnits(movement.amount, movement.currency),
    currency: movement.currency.toUpperCase(),
    at: new Date(world.now()).toISOString(),
  })
}

export function countAuthorizeCall(world: World, reference: string): void {
  world.authorizeCalls.set(reference, (world.authorizeCalls.get(reference) ?? 0) + 1)
}

/** The ledger of one reference or, with null, of everything. */
export function readTruth(world: World, reference: string | null) {
  const movements = world.movements.filter(
    (movement) => reference === null || movement.reference === reference || movement.own_reference === reference,
  )
  const calls = [...world.authorizeCalls].filter(([of]) => reference === null || of === reference)
  return {
    reference,
    movements: movements.map(({ account: _account, ...movement }) => movement),
    calls: calls.reduce((sum, [, count]) => sum + count, 0),
  }
}
