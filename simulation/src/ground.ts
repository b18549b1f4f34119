import type { Choices } from './choices.ts'
import type { Clock } from './clock.ts'

/** What every part of a run stands on. */
export type Ground = {
  clock: Clock
  choices: Choices
  /** Tells a step, when somebody listens. */
  trace(line: string): void
  /** Counts a fault that was injected. */
  fault(kind: string): void
}
