import type { Fault } from '../test-cards.ts'
import type { Account, World } from '../world.ts'

/** What an operation does with a request that is well-formed. */
export type Call = {
  world: World
  account: Account
  /** The parts of the path that are not fixed. */
  params: Readonly<Record<string, string>>
  body: unknown
  /** True when the idempotency key came before and its first answer was spoiled: a fault strikes once. */
  faultIsSpent: boolean
}

/** `lost`: the call is to vanish without a trace, and a repeat of it acts. */
export type Result =
  | { status: number; body: object; pspReference?: string; fault?: Fault | null; told?: Promise<void> }
  | { lost: 'reset_before' | 'timeout_before' }

/** One operation of the Checkout API. */
export type Operation = {
  method: 'GET' | 'POST' | 'PATCH'
  /** Below the version; `:name` stands for a part. */
  path: string
  /** The SDK's model of its body. */
  model: string | null
  /** It does nothing that must not be done twice, so that it needs no idempotency key. */
  readsOnly?: true
  /** Notes that it was asked for, also when it was before and nothing more is done. */
  note?(call: Pick<Call, 'world' | 'body'>): void
  act(call: Call): Result
}
