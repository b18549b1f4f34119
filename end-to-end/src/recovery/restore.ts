import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { pathInRepository } from '@fincore/dev/managed-process'
import type pg from 'pg'
import { type DrillResult, type Phase, runDrill, type Stage } from '../faults/drill.ts'
import { type Asked, isCharge } from '../faults/journal.ts'
import { type ArchivedPostgres, startArchivedPostgres } from './archived-postgres.ts'

/** What a restore took, and what it brought back. Times in milliseconds. */
export type Restored = {
  backUpMs: number
  segments: number
  restoreMs: number
  /** From the loss of the disk to the first acknowledged charge. */
  withoutServiceMs: number
  /** Ids of charges that the merchant was told of: as of the moment that is restored, and later ones. */
  acknowledged: { before: string[]; after: string[] }
  /** Of those, which the restored database has. */
  present: { before: number; after: number }
  /** `fincore audit verify --known-seal`: with a seal from before the moment, and with one from after it. */
  audit: { earlierSeal: 'whole' | 'not whole'; laterSeal: 'whole' | 'not whole' }
}

const phaseMs = { whole: 14_000, small: 3_000 } as const
const backWithinMs = 120_000
/**
 * What the PSP says of payments that are not known any more is held for operators, so it never comes to rest wholly.
 * Longer than the shortest session lasts.
 */
const restWithinMs = 90_000

/**
 * Backs up while payments go on, loses the disk, restores a moment between the two, and goes on with that. What is judged
 * afterwards is all that happened, what the restored database never heard of included.
 */
export async function drillRestore(
  options: { seed: number; perSecond: number; shape: 'whole' | 'small' },
  progress: (line: string) => void,
  beforeJudging?: (stage: Stage) => Promise<void>,
): Promise<{ restored: Restored; drill: DrillResult }> {
  const kept: { postgres: ArchivedPostgres | null; restored: Restored | null } = { postgres: null, restored: null }
  const pieceMs = phaseMs[options.shape]
  const phase: Phase = {
    name: 'backup, loss of the disk, restore to a moment before',
    perSecond: options.perSecond,
    async run(stage) {
      const { postgres } = kept
      if (postgres === null) throw new Error('There is no PostgreSQL')
      const { world, journal, load } = stage
      await sleep(pieceMs / 2)
      const backUpMs = await postgres.backUp()
      progress('  a base backup was taken while payments went on')
      await sleep(pieceMs)
      const earlierSeal = await readSeal(world.database)
      const moment = await now(world.database)
      const before = chargesTold(journal.asked)
      await sleep(pieceMs)
      const laterSeal = await readSeal(world.database)
      const told = chargesTold(journal.asked)
      load.setRate(0)
      const lostAt = performance.now()
      const offset = lostAt - journal.now()
      await Promise.all([postgres.loseDisk(), ...world.instances.map((instance) => instance.kill())])
      const segments = postgres.countArchived()
      progress(`  the disk is gone; restoring ${moment.toISOString()}`)
      const restoreMs = await postgres.restoreTo(moment)
      const audit = { earlierSeal: await verify(stage, earlierSeal), laterSeal: await verify(stage, laterSeal) }
      const present = await listCharges(world.database)
      const after = told.filter((id) => !before.includes(id))
      await Promise.all(world.instances.map((instance) => instance.revive()))
      load.setRate(options.perSecond)
      const restoredAt = performance.now() - offset
      const withoutServiceMs = (await firstCharge(stage, restoredAt)) + offset - lostAt
      await sleep(pieceMs / 2)
      kept.restored = {
        backUpMs,
        segments,
        restoreMs,
        withoutServiceMs,
        acknowledged: { before, after },
        present: { before: count(before, present), after: count(after, present) },
        audit,
      }
    },
  }
  const drill = await runDrill({
    seed: options.seed,
    shape: options.shape,
    payments: 20_000,
    restWithinMs,
    smallFileSystem: null,
    startDatabase: async (folder, port) => {
      kept.postgres = await startArchivedPostgres(folder, port)
      return kept.postgres
    },
    phases: [phase],
    progress,
    ...(beforeJudging === undefined ? {} : { beforeJudging }),
  })
  if (kept.restored === null) throw new Error('Nothing was restored')
  return { restored: kept.restored, drill }
}

function chargesTold(asked: readonly Asked[]): string[] {
  return [...new Set(asked.filter(isCharge).map(({ body }) => String(body?.id)))]
}

function count(ids: readonly string[], present: ReadonlySet<string>): number {
  return ids.filter((id) => present.has(id)).length
}

async function listCharges(database: pg.Pool): Promise<Set<string>> {
  const { rows } = await database.query<{ id: string }>('select id from charges')
  return new Set(rows.map(({ id }) => id))
}

/** By the clock that the log of changes is stamped with. */
async function now(database: pg.Pool): Promise<Date> {
  const { rows } = await database.query<{ now: Date }>('select clock_timestamp() as now')
  return rows[0]?.now ?? new Date(Number.NaN)
}

/** The last seal of the audit log, as the workers’ log lines have it, which are collected elsewhere. */
async function readSeal(database: pg.Pool): Promise<string> {
  const { rows } = await database.query<{ seal: string }>(
    `select number || ':' || encode(hash, 'hex') as seal from audit_seals order by number desc limit 1`,
  )
  if (rows[0] === undefined) throw new Error('The audit log has no seal yet')
  return rows[0].seal
}

async function verify({ world }: Stage, seal: string): Promise<'whole' | 'not whole'> {
  const args = [pathInRepository('payment-service/src/cli.ts'), 'audit', 'verify', '--known-seal', seal]
  const env = { PATH: process.env.PATH ?? '', DATABASE_URL: world.workerSettings.DATABASE_URL ?? '' }
  const ended = await promisify(execFile)(process.execPath, args, { env }).then(
    () => 0,
    (error: { code?: number }) => error.code,
  )
  if (ended !== 0 && ended !== 1) throw new Error(`fincore audit verify could not look: exit code ${ended}`)
  return ended === 0 ? 'whole' : 'not whole'
}

/** @returns when, by the journal. */
async function firstCharge({ journal }: Stage, since: number): Promise<number> {
  for (const until = performance.now() + backWithinMs; performance.now() < until; await sleep(50)) {
    const first = journal.asked.find((asked) => isCharge(asked) && asked.endedAt > since)
    if (first !== undefined) return first.endedAt
  }
  throw new Error('No charge was acknowledged within two minutes of the restore')
}
