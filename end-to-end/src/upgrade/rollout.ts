import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Journal } from '../faults/journal.ts'
import type { Service, UpgradeWorld, Version } from './upgrade-world.ts'

/** What was done in a rollout, and how it went. */
export type Step = {
  what: string
  seconds: number
  /** Requests that were answered meanwhile. */
  answered: number
  /** Of the process that ended: its code and how long that took, in ms. */
  exit: number | null
  stopMs: number | null
}

/** The steps of a rollout, while the load goes on; each says what it did. */
export function createRollout(world: UpgradeWorld, journal: Journal, tell: (line: string) => void) {
  const steps: Step[] = []
  const pauseMs = 1_500
  const step = async (what: string, work: () => Promise<{ exit: number | null; ms: number } | null>) => {
    const [begunAt, before] = [journal.now(), journal.asked.length]
    const ended = await work()
    await sleep(pauseMs)
    const seconds = (journal.now() - begunAt) / 1_000
    const answered = journal.asked.length - before
    steps.push({
      what,
      seconds,
      answered,
      exit: ended?.exit ?? null,
      stopMs: ended === null ? null : Math.round(ended.ms),
    })
    tell(
      `${what}${ended === null ? '' : `: the earlier process ended with ${ended.exit} after ${Math.round(ended.ms)} ms`}`,
    )
  }
  return {
    steps,
    /** As the one-off task of a deployment does it. */
    migrate: (version: Version, ownerUrl: string) =>
      step(`${version.name} migrates`, async () => {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [join(version.folder, 'payment-service/src/cli.ts'), 'migrate'],
          {
            env: { PATH: process.env.PATH, MIGRATIONS_DATABASE_URL: ownerUrl },
          },
        )
        for (const line of stdout.trim().split('\n')) tell(line)
        return null
      }),
    /** One process after the other: a new one is ready before an earlier one is told to end. */
    async replaceAll(services: readonly Service[], version: Version): Promise<Service[]> {
      const replaced: Service[] = []
      for (const earlier of services) {
        const names = `${earlier.roles}: ${earlier.version.name} → ${version.name}`
        await step(names, async () => {
          replaced.push(await world.startService(version, earlier.roles))
          const { exit, ms } = await earlier.retire()
          return { exit: exit.code, ms }
        })
      }
      return replaced
    },
    replaceRelay: (version: Version) =>
      step(`card relay → ${version.name}`, async () => {
        await world.replaceRelay(version)
        return null
      }),
  }
}
