import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Phase, Stage } from './drill.ts'
import type { LinkName } from './drill-world.ts'
import { allFaults } from './http-faults.ts'
import { calm, type Weather } from './meddling.ts'
import { killAtStep } from './step-drill.ts'
import { type Step, steps } from './steps.ts'

/** Payments as they should be, and a PSP that is difficult by itself. */
export function calmPhase(seconds: number, perSecond: number): Phase {
  return { name: `calm, ${seconds} s`, perSecond, run: () => sleep(seconds * 1_000) }
}

/** What the merchant's own endpoint meets: his server, not his money. */
const gentle = { delay: 2, 'reset after sent': 1, 'bad gateway': 1, 'cut reply': 1 } as const

export const storm: Weather = {
  http: {
    tokens: { chance: 0.3, faults: allFaults },
    cards: { chance: 0.3, faults: allFaults },
    webhooks: { chance: 0.3, faults: allFaults },
    internal: { chance: 0.15, faults: allFaults },
    front: { chance: 0.08, faults: allFaults },
    events: { chance: 0.1, faults: gentle },
  },
  database: { chance: 0.004 },
  // A request may reach the PSP when its caller has long given up, and has asked what became of it.
  longestMs: 5_000,
}

/** The same while hardly a webhook gets through: what is in doubt can only be looked up. */
const silentStorm: Weather = {
  ...storm,
  http: {
    ...storm.http,
    webhooks: { chance: 0.95, faults: { 'reset before sent': 2, 'black hole': 1 } },
  },
}

/** Every link at once breaks in every way, and one after the other is away for a while. */
export function networkPhase(seconds: number, perSecond: number): Phase {
  return {
    name: `network faults on every link, ${seconds} s`,
    perSecond,
    async run(stage) {
      const { world, meddling, random } = stage
      const begunAt = performance.now()
      const until = begunAt + seconds * 1_000
      while (performance.now() < until) {
        meddling.setWeather(performance.now() < begunAt + seconds * 650 ? storm : silentStorm)
        await sleep(random.whole(1_500, 4_000))
        const name = random.pick(['tokens', 'cards', 'internal', 'front', 'database'] as const)
        const state = random.pick(['refusing', 'black hole'] as const)
        const links =
          name === 'database' ? world.instances.map(({ database }) => database) : [world.links[name as LinkName]]
        stage.count(`${name === 'database' ? 'database' : name}: ${state}`)
        // The PSP cannot be asked meanwhile: its first possible answer is at the end.
        const outage = { from: Date.now(), until: Number.POSITIVE_INFINITY }
        if (name === 'tokens' || name === 'cards') stage.killer.outages.push(outage)
        await Promise.all(links.map((link) => link.set(state)))
        await sleep(random.whole(500, 2_500))
        await Promise.all(links.map((link) => link.set('open')))
        outage.until = Date.now()
      }
      meddling.setWeather(calm)
    },
  }
}

/** `kill -9` of one process after the other, at no moment in particular, in bad weather. */
export function randomKillsPhase(seconds: number, perSecond: number): Phase {
  return {
    name: `kill -9 at random, ${seconds} s`,
    perSecond,
    async run({ killer, meddling, random }) {
      meddling.setWeather({
        ...storm,
        http: { tokens: { chance: 0.1, faults: allFaults }, cards: { chance: 0.1, faults: allFaults } },
      })
      const until = performance.now() + seconds * 1_000
      while (performance.now() < until) {
        await killer.killAny()
        await sleep(random.whole(300, 2_500))
      }
      await killer.allBack()
      meddling.setWeather(calm)
    },
  }
}

/**
 * Faults after which the truth is soon known, for a short drill: what never reached the PSP is proven so only when its
 * lease and the PSP's window are over.
 */
export function quickNetworkPhase(perSecond: number): Phase {
  const faults = {
    'reset after sent': 3,
    'cut reply': 4,
    drip: 1,
    'bad gateway': 3,
    'sent twice': 2,
    delay: 1,
  } as const
  const weather: Weather = {
    http: {
      tokens: { chance: 0.4, faults },
      cards: { chance: 0.4, faults },
      webhooks: { chance: 0.3, faults },
      internal: { chance: 0.2, faults },
      front: { chance: 0.15, faults },
    },
    database: { chance: 0 },
    longestMs: 300,
  }
  return {
    name: 'network faults until the last payment is done',
    perSecond,
    async run({ meddling, load }) {
      meddling.setWeather(weather)
      await load.whole()
      meddling.setWeather(calm)
    },
  }
}

/** How many steps are under way side by side. What one kills may keep another from its step; then it comes again. */
const lanes = 2
const mostTries = 4

/** `kill -9` at every named step, the bytes held there. A step that is not reached is tried again, and told of. */
export function stepsPhase(perSecond: number, chosen: readonly Step[] = steps): Phase {
  return {
    name: `kill -9 at each of ${chosen.length} named steps`,
    perSecond,
    async run(stage) {
      let number = 0
      const queue = chosen.map((step) => ({ step, tries: 0 }))
      const lane = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const { step, tries } = next
          await isReady(stage)
          const random = stage.random.fork(`${step.name} ${step.victim} ${tries}`)
          if (await killAtStep({ ...stage, random }, step, ++number)) continue
          if (tries + 1 < mostTries) queue.push({ step, tries: tries + 1 })
          else stage.count(`step not reached: ${step.name} (${step.victim})`)
        }
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      await stage.killer.allBack()
    },
  }
}

/** What was killed before must run again, or the next step would not be reached. */
async function isReady({ killer, world }: Stage): Promise<void> {
  await killer.allBack()
  for (let tries = 0; tries < 50; tries++) {
    const answers = await Promise.all(
      world.instances.map(({ api }) =>
        api === null
          ? 200
          : world.http.send('GET', `${api}/health/ready`).then(
              ({ status }) => status,
              () => 0,
            ),
      ),
    )
    if (answers.every((status) => status === 200)) return
    await sleep(100)
  }
}

/** The database's disk is full: tables and WAL. PostgreSQL may end itself; then it is started again. */
export function diskFullPhase(perSecond: number): Phase {
  return {
    name: 'the database’s disk is full',
    perSecond,
    async run({ world, count, progress, random }) {
      for (const disk of world.diskFull) {
        progress(`disk full by ${disk.how}`)
        disk.fill()
        count('database: disk full')
        await sleep(random.whole(2_500, 5_000))
        if (!world.postgres.isUp()) count('database: ended itself on a full disk')
        disk.empty()
        if (!world.postgres.isUp()) await world.postgres.revive()
        await isAnswering(world.database)
        await sleep(2_500)
        // What ended a moment later than it was looked at.
        if (!world.postgres.isUp()) await world.postgres.revive()
        await isAnswering(world.database)
      }
      if (world.diskFull.length === 1)
        progress('no file system of its own could be mounted here (unshare, mount), so ENOSPC itself was not tried')
    },
  }
}

/** PostgreSQL may end its own processes, and recover, a moment after it has answered: it must answer for a while. */
async function isAnswering(database: pg.Pool): Promise<void> {
  let inARow = 0
  for (let tries = 0; tries < 300 && inARow < 10; tries++) {
    inARow = await database.query('select 1').then(
      () => inARow + 1,
      () => 0,
    )
    await sleep(100)
  }
}

/** Every connection of the services waits for a lock; then no connection can be had at all. */
export function poolPhase(perSecond: number): Phase {
  return {
    name: 'the connection pool is exhausted',
    perSecond,
    async run({ world, count }) {
      for (const table of ['charges', 'idempotency_keys', 'webhook_deliveries']) {
        const owner = new pg.Client({ connectionString: world.postgres.ownerUrl })
        owner.on('error', () => {})
        await owner.connect()
        await owner.query('begin')
        await owner.query(`lock table ${table} in access exclusive mode`)
        count(`database: ${table} locked, all connections wait`)
        await sleep(3_500)
        await owner.query('rollback')
        await owner.end()
        await sleep(500)
      }
      await world.postgres.asSuperuser((client) => client.query('alter role fincore_app connection limit 3'))
      await world.postgres.asSuperuser((client) =>
        client.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'fincore_app'"),
      )
      count('database: 3 connections for all processes')
      await sleep(5_000)
      await world.postgres.asSuperuser((client) => client.query('alter role fincore_app connection limit -1'))
      await sleep(1_000)
    },
  }
}

const minuteMs = 60_000

/** The wall clock of one process after the other steps, forwards and back, while payments are under way. */
export function clockPhase(perSecond: number): Phase {
  return {
    name: 'clocks step by 10 minutes and by an hour',
    perSecond,
    async run({ world, count, meddling, random }) {
      meddling.setWeather({
        http: {
          tokens: { chance: 0.2, faults: allFaults },
          cards: { chance: 0.2, faults: allFaults },
          webhooks: { chance: 0.2, faults: allFaults },
        },
        database: { chance: 0 },
        longestMs: 1_500,
      })
      for (const shift of [-60, -10, 10, 60].map((minutes) => minutes * minuteMs)) {
        for (const instance of random.chance(0.5) ? world.instances : world.instances.toReversed()) {
          instance.shiftClock(shift)
          count(`clock of one process: ${shift > 0 ? '+' : '−'}${Math.abs(shift) / minuteMs} min`)
          await sleep(1_700)
          instance.shiftClock(0)
        }
      }
      meddling.setWeather(calm)
    },
  }
}
