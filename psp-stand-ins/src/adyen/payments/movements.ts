import type { Movement, Payment, World } from '../world.ts'

/** Writes down what the bank did. `value` is in Adyen's minor units of the payment's currency. */
export function recordMovement(
  world: World,
  payment: Payment,
  kind: Movement['kind'],
  ownReference: string,
  id: string,
  value: number,
): void {
  world.movements.push({
    kind,
    id,
    payment: payment.pspReference,
    reference: payment.reference,
    ownReference,
    amount: { value, currency: payment.amount.currency },
    at: world.now(),
  })
}

/** A scheme gave back what had seemed done, so that it is no movement any more. */
export function takeBackMovement(world: World, id: string, kind: Movement['kind']): void {
  world.movements = world.movements.filter((movement) => movement.id !== id || movement.kind !== kind)
}
