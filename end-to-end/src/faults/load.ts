import { setTimeout as sleep } from 'node:timers/promises'
import type { DrillWorld } from './drill-world.ts'
import type { Journal } from './journal.ts'
import { createMerchantClient } from './merchant-client.ts'
import { openShop } from './payments.ts'
import type { Random } from './random.ts'

/** Payments that arrive one after the other, whatever became of those before. */
export type Load = {
  begun(): number
  setRate(perSecond: number): void
  /** Waits until all payments have begun, and ended. */
  whole(): Promise<void>
  /** No more begin; waits for those under way. */
  stop(): Promise<void>
}

/** More than these at a time, and the shop's own queue would hide what the drill does. */
const mostUnderWay = 60

export function startLoad(
  world: DrillWorld,
  journal: Journal,
  random: Random,
  options: { pace: 'whole' | 'quick'; perSecond: number; most: number },
): Load {
  let { perSecond } = options
  let begun = 0
  let isStopped = false
  const underWay = new Set<Promise<void>>()
  const begin = () => {
    const number = ++begun
    // Each payment draws from a stream of its own, so that who is faster changes nothing of the others.
    const draw = random.fork(`payment ${number}`)
    const shop = openShop(world, createMerchantClient(world, journal, draw), draw, options.pace)
    const paying = shop
      .pay(number)
      .catch((error) => journal.note(`payment ${number}`, `the shop gave up: ${error}`))
      .finally(() => underWay.delete(paying))
    underWay.add(paying)
  }
  const running = (async () => {
    while (!isStopped && begun < options.most) {
      if (perSecond > 0 && underWay.size < mostUnderWay) begin()
      await sleep(perSecond > 0 ? 1_000 / perSecond : 100)
    }
  })()
  const whole = async () => {
    await running
    while (underWay.size > 0) await Promise.all(underWay)
  }
  return {
    whole,
    begun: () => begun,
    setRate: (next) => {
      perSecond = next
    },
    async stop() {
      isStopped = true
      await whole()
    },
  }
}
