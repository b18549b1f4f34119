import type { Log } from '@fincore/payment-service/log'
import type { SendResult } from '@fincore/payment-service/webhooks/outbox/send-webhook'
import type { Clock } from './clock.ts'

/** What the stand-ins find of the run that is under way: there is one at a time in a process. */
export type Stage = {
  clock: Clock
  /** Numbers for ids; each is given once. */
  nextNumber(): number
  /** How long until a job finds work, by its name: see `Round.due`. */
  dueOf(job: string): number
  /** Which process a log belongs to, or null when it is dead. */
  isAlive(log: Log): boolean
  /** A webhook comes to a merchant's address. */
  deliver(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<SendResult>
}

let stage: Stage | null = null

export function setStage(next: Stage | null): void {
  stage = next
}

export function onStage(): Stage {
  if (stage === null) throw new Error('There is no run')
  return stage
}
