/**
 * `npm run drill:faults`: the whole of FinCore as real processes behind faulty links, killed, starved and set to the
 * wrong time, and then judged by the PSP's truth ledger.
 * `-- --seed 7 --payments 900 --minutes 6 --only random,steps --markdown` for another run. Exit code 0: I1 to I7 hold. 1:
 * they do not, with the story of each payment. 2: the drill could not be run. It says where the processes’ logs are kept
 * unless it ends with 0.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tellProgress } from '../tell-progress.ts'
import { type Phase, runDrill } from './drill.ts'
import { commandOf, type PhaseName, readSettings } from './drill-options.ts'
import {
  calmPhase,
  clockPhase,
  diskFullPhase,
  networkPhase,
  poolPhase,
  randomKillsPhase,
  stepsPhase,
} from './phases.ts'
import { findReasons, writeSteps, writeStories, writeTable } from './report.ts'

const settings = readSettings(process.argv.slice(2))
if ('wrong' in settings) {
  for (const problem of settings.wrong) console.error(problem)
  process.exit(2)
}
const { seed, payments, minutes, phases, markdown } = settings
const again = commandOf(settings)

const fileSystemMb = 300
const inOwnNamespace = 'FINCORE_DRILL_FILE_SYSTEM'

/**
 * Runs this program again in a mount namespace of its own, with a small file system in it, which is gone with its last
 * process, `kill -9` included. As root, or as a user where user namespaces are allowed. Null where neither can be done.
 */
async function runInOwnNamespace(): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-small-disk-'))
  try {
    const flags = process.getuid?.() === 0 ? ['--mount'] : ['--map-current-user', '--keep-caps', '--mount']
    const mount = `mount -t tmpfs -o size=${fileSystemMb}m,mode=711 tmpfs "$1"`
    const trial = spawnSync('unshare', [...flags, 'sh', '-c', mount, 'sh', folder], { stdio: 'ignore' })
    if (trial.status !== 0) return null
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    const run = spawn('unshare', [...flags, 'sh', '-c', `${mount} && shift && exec "$@"`, 'sh', folder, ...again], {
      stdio: 'inherit',
      env: { ...process.env, [inOwnNamespace]: folder },
    })
    // Ctrl-C reaches the other one too, which stops everything; this one waits for it.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => run.kill(signal))
    const [code] = (await once(run, 'exit')) as [number | null]
    return code ?? 2
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The phases by their share of the time; what is left after them is for coming to rest. */
function planPhases(): Phase[] {
  const share = (part: number) => Math.round(minutes * 60 * part)
  const all: Record<PhaseName, Phase> = {
    calm: calmPhase(share(0.03), 6),
    network: networkPhase(share(0.2), 6),
    random: randomKillsPhase(share(0.12), 4),
    steps: stepsPhase(1),
    disk: diskFullPhase(4),
    pool: poolPhase(4),
    clock: clockPhase(4),
  }
  return phases.map((name) => all[name])
}

async function main(): Promise<number> {
  const folder = process.env[inOwnNamespace]
  const result = await runDrill({
    seed,
    shape: 'whole',
    payments,
    restWithinMs: 120_000,
    smallFileSystem: folder !== undefined && existsSync(folder) ? folder : null,
    phases: planPhases(),
    progress: tellProgress(),
  })
  const reasons = findReasons(result)
  console.log(`\n${writeTable(result, markdown)}\n`)
  console.log(`${writeSteps(result, markdown)}\n`)
  if (reasons.length === 0) {
    console.log(`I1 to I7 hold: seed ${seed}.`)
    return 0
  }
  console.log(writeStories(result))
  for (const reason of reasons) console.log(`- ${reason}`)
  console.log(`The processes’ logs are kept in ${result.logs}`)
  console.log(`The drill failed. Again: ${again}`)
  return 1
}

/** The drill's own mistake is not FinCore's: told in a line, with its place. */
function sayWhy(error: unknown): void {
  const [place = ''] = error instanceof Error ? ((error.stack ?? '').match(/^ +at .*$/m) ?? []) : []
  console.error(`The drill could not be run: ${error}${place === '' ? '' : ` (${place.trim()})`}`)
}

// What nobody waits for, too; everything that was started is stopped as by Ctrl-C.
process.on('uncaughtException', (error) => {
  sayWhy(error)
  // The first one has it stopped already; what breaks meanwhile must not cut that short.
  if (process.exitCode === 2) return
  process.exitCode = 2
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(2)
})

let code = 2
try {
  const elsewhere = process.env[inOwnNamespace] === undefined ? await runInOwnNamespace() : null
  code = elsewhere ?? (await main())
} catch (error) {
  sayWhy(error)
}
// Everything was stopped; a payment that still waits for an answer that never comes must not keep the drill.
process.stdout.write('', () => process.exit(code))
