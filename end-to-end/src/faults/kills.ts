import { setTimeout as sleep } from 'node:timers/promises'
import type { DrillWorld } from './drill-world.ts'
import type { Journal } from './journal.ts'
import type { Random } from './random.ts'
import type { Victim } from './steps.ts'

/** Times at which the PSP could not answer, in milliseconds since 1970; the end is open while it is away. */
export type Outage = { from: number; until: number }

export type Killer = {
  /** Kills, and starts again after a moment, in the background. @param at what it was in the middle of. */
  kill(victim: Victim, at: string, instance?: string): Promise<void>
  /** One of all processes, at no moment in particular. */
  killAny(): Promise<void>
  /** Waits until all that was killed runs again. */
  allBack(): Promise<void>
  counts: ReadonlyMap<string, number>
  outages: Outage[]
}

const stillForMs = { least: 20, most: 500 }

export function createKiller(world: DrillWorld, journal: Journal, random: Random): Killer {
  const counts = new Map<string, number>()
  const outages: Outage[] = []
  const reviving = new Set<Promise<void>>()

  const later = (revive: () => Promise<void>) => {
    const work = sleep(random.whole(stillForMs.least, stillForMs.most))
      .then(revive)
      .finally(() => reviving.delete(work))
    reviving.add(work)
  }
  const killed = (what: string, at: string) => {
    counts.set(`${what} | ${at}`, (counts.get(`${what} | ${at}`) ?? 0) + 1)
    journal.note('kills', `kill -9 of ${what} (${at})`)
  }
  const apis = () => world.instances.filter(({ api }) => api !== null)
  const workers = () => world.instances.filter(({ roles }) => roles.includes('worker'))
  const kill: Killer['kill'] = async (victim, at, instance) => {
    switch (victim) {
      case 'its instance':
      case 'workers': {
        const named = world.instances.filter(({ name }) => name === instance)
        const chosen = victim === 'workers' ? workers() : named.length > 0 ? named : [random.pick(apis())]
        await Promise.all(
          chosen.map(async (one) => {
            killed(`payment service (${one.roles})`, at)
            await one.kill()
            later(() => one.revive())
          }),
        )
        return
      }
      case 'card relay':
        killed('card relay', at)
        await world.relay.kill()
        return later(() => world.relay.revive())
      case 'PSP': {
        killed('PSP', at)
        const outage = { from: Date.now(), until: Number.POSITIVE_INFINITY }
        outages.push(outage)
        await world.psp.kill()
        return later(async () => {
          await world.psp.revive()
          outage.until = Date.now()
        })
      }
      case 'PostgreSQL':
        killed('PostgreSQL', at)
        await world.postgres.kill()
        return later(() => world.postgres.revive())
    }
  }
  return {
    kill,
    counts,
    outages,
    killAny: () =>
      kill(random.weighted({ 'its instance': 4, workers: 2, 'card relay': 2, PSP: 2, PostgreSQL: 1 }), 'at random'),
    async allBack() {
      while (reviving.size > 0) await Promise.all(reviving)
    },
  }
}
