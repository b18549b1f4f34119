import type { Fault } from '../test-cards.ts'
import type { Account, Cause, World } from '../world.ts'

/** One checked call of an operation. */
export type Call<P> = {
  world: World
  account: Account
  /** The id in the path, or ''. */
  id: string
  params: P
  /** The `Idempotency-Key` of a POST; FinCore sends its own reference in it. */
  idempotencyKey: string
  cause: NonNullable<Cause>
  /** Whether this key had its fault already: a repeat of a call that vanished acts. */
  faultIsSpent: boolean
}

/**
 * What an operation answers: an object with 200, which is sent as it is at that moment. `fault` spoils the sending;
 * `delivered` is the webhook that may have to go first. `vanishes`: nothing was done, and nothing is remembered.
 */
export type Answer = { body: object; fault?: Fault; delivered?: Promise<void> } | { vanishes: Fault }

/** An operation. It throws a `Refusal` for what it refuses, a declined card included. */
export type Act<P> = (call: Call<P>) => Answer

/** The texts of `expand`, which every operation takes. */
export type Expanding = { expand?: string[] }
