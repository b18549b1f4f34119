import { setTimeout as sleep } from 'node:timers/promises'
import { type DrillWorld, type StartPooler, startDrillWorld } from './drill-world.ts'
import { gather } from './gather.ts'
import { checkAll } from './invariants/check-all.ts'
import type { Evidence, Violation } from './invariants/evidence.ts'
import { createJournal } from './journal.ts'
import { createKiller, type Killer } from './kills.ts'
import { type Load, startLoad } from './load.ts'
import { createMeddling, type Meddling } from './meddling.ts'
import type { PostgresServer } from './postgres-server.ts'
import { createRandom, type Random } from './random.ts'
import { findReasons } from './report.ts'
import { comeToRest, type Unrest } from './rest.ts'
import { startSampling } from './sampling.ts'
import { tellStory } from './story.ts'
import { measureTimes, type Times } from './time-to-truth.ts'

export type DrillOptions = {
  seed: number
  shape: 'whole' | 'small'
  /** At most so many payments, beside those of the named steps. */
  payments: number
  /** How long everything may take to come to rest. */
  restWithinMs: number
  smallFileSystem: string | null
  startDatabase?: (folder: string, port: number) => Promise<PostgresServer>
  startPooler?: StartPooler
  phases: readonly Phase[]
  /** What is still to be done when nothing changes any more, before the evidence is read. */
  beforeJudging?: (stage: Stage) => Promise<void>
  progress(line: string): void
}

/** A part of the drill: what it does while the payments go on. */
export type Phase = {
  name: string
  perSecond: number
  run(stage: Stage): Promise<void>
}

export type Stage = {
  world: DrillWorld
  meddling: Meddling
  killer: Killer
  random: Random
  load: Load
  journal: ReturnType<typeof createJournal>
  /** Counts a fault that is no proxy's and no kill. */
  count(fault: string): void
  progress(line: string): void
}

export type DrillResult = {
  seed: number
  payments: number
  evidence: Evidence
  violations: Violation[]
  stories: { about: string; lines: string[] }[]
  faults: ReadonlyMap<string, number>
  kills: ReadonlyMap<string, number>
  unrest: Unrest | null
  /** Whether nothing changed any more while the evidence was read. */
  isStill: boolean
  times: { all: Times; inDoubt: Times }
  samples: number
  /** Why the books could not be looked at meanwhile, although PostgreSQL was there. */
  sampleFailures: readonly string[]
  ownExits: readonly string[]
  staleStamps: number
  wrongSignatures: number
  diskFull: readonly string[]
  /** Where the logs of all processes are kept; null when the drill did not fail. */
  logs: string | null
  seconds: number
}

/** More stories than these nobody reads. */
const mostStories = 12

/**
 * Starts everything, lets the phases have their way, brings all to rest and judges. Leaves nothing running, and the
 * processes’ logs only when it failed.
 */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const { seed, progress } = options
  const startedAt = performance.now()
  const random = createRandom(seed)
  const journal = createJournal()
  const meddling = createMeddling(random.fork('faults'), journal)
  const world = await startDrillWorld({
    shape: options.shape,
    journal,
    meddling,
    smallFileSystem: options.smallFileSystem,
    ...(options.startDatabase === undefined ? {} : { startDatabase: options.startDatabase }),
    ...(options.startPooler === undefined ? {} : { startPooler: options.startPooler }),
  })
  let isLeaving = false
  const leave = () => {
    isLeaving = true
    progress('told to end: stopping everything')
    if (process.exitCode !== undefined) progress(`the processes’ logs are kept in ${world.keepLogs()}`)
    void world.stop().finally(() => process.exit(process.exitCode ?? 130))
  }
  process.once('SIGINT', leave).once('SIGTERM', leave)
  try {
    progress(`${world.instances.length} payment services, relay, PSP, PostgreSQL: all up`)
    const sampling = startSampling(world.database)
    const killer = createKiller(world, journal, random.fork('kills'))
    const others = new Map<string, number>()
    const load = startLoad(world, journal, random.fork('load'), {
      pace: options.shape === 'whole' ? 'whole' : 'quick',
      perSecond: options.phases[0]?.perSecond ?? 1,
      most: options.payments,
    })
    const stage: Stage = {
      world,
      meddling,
      killer,
      random: random.fork('phases'),
      load,
      journal,
      count: (fault) => others.set(fault, (others.get(fault) ?? 0) + 1),
      progress,
    }
    for (const phase of options.phases) {
      progress(`${phase.name} …`)
      load.setRate(phase.perSecond)
      await phase.run(stage)
      progress(`${phase.name}: done, ${load.begun()} payments begun`)
    }
    await killer.allBack()
    await load.stop()
    progress('no more payments, no more faults; waiting for rest')
    let toldAt = 0
    const unrest = await comeToRest(world.database, world.pspLedger, options.restWithinMs, (left) => {
      if (performance.now() - toldAt < 10_000) return
      toldAt = performance.now()
      progress(`still under way: ${JSON.stringify(left)}`)
    })
    await options.beforeJudging?.(stage)
    // Events that were sent a moment ago.
    await sleep(300)
    await sampling.stop()
    const { evidence, isStill } = await gather(world, journal, sampling.found)
    const violations = checkAll(evidence)
    const abouts = [...new Set(violations.map(({ about }) => about))].slice(0, mostStories)
    const result: DrillResult = {
      seed,
      payments: load.begun(),
      evidence,
      violations,
      stories: abouts.map((about) => ({ about, lines: tellStory(about, evidence, journal) })),
      faults: new Map([...meddling.counts, ...others]),
      kills: killer.counts,
      unrest,
      isStill,
      times: measureTimes(evidence, killer.outages),
      samples: sampling.count(),
      sampleFailures: [...sampling.failures],
      ownExits: world.ownExits,
      staleStamps: world.receiver.staleStamps(),
      wrongSignatures: world.receiver.wrongSignatures(),
      diskFull: world.diskFull.map(({ how }) => how),
      logs: null,
      seconds: (performance.now() - startedAt) / 1000,
    }
    return findReasons(result).length === 0 ? result : { ...result, logs: world.keepLogs() }
  } catch (error) {
    // What is stopped in the middle breaks; that is no news, and its logs are gone.
    if (!isLeaving) progress(`the processes’ logs are kept in ${world.keepLogs()}`)
    throw error
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave)
    await world.stop()
  }
}
