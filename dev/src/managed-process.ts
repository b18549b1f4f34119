import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, existsSync, renameSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findTrouble, limitTrouble } from './trouble.ts'

export type ProcessPlan = {
  name: string
  /** The absolute path of its `main.ts`, or of the shell script by which it starts itself, given flags of Node. */
  main: string
  /** The words that start it in place of `main`, as from an image; they end it with this process. */
  command?: readonly string[]
  env: Record<string, string>
  logFile: string
  /** The `exit-with-parent.ts` of another checkout, for a program of that one: the card relay takes no other. */
  watcher?: string
  /** Told of lines that say that something went wrong while it runs; the log file has everything. */
  onTrouble?(line: string): void
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** One process of FinCore, started anew by `restart` with the same settings and so on the same ports. */
export type ManagedProcess = {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** What it printed after `listening`. */
  readonly listening: Record<string, string>
  /** Ends it by the signal (default SIGKILL) and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
  restart(): Promise<void>
  /** SIGTERM, and SIGKILL when it does not end in time. */
  stop(): Promise<Exit>
}

// A process starts in half a second; on a busy machine, all at once, it takes longer.
const startTimeoutMs = 30_000
// As long as an engine waits by compose.yaml. A call to a PSP may take its 10 s, and some more until what came of it is
// written, by the payment service (15 s in all) or by the card relay, which tries to report it for longer (25 s).
const stopTimeoutMs = 30_000
const keptErrorLines = 20
const maxLogBytes = 10 * 1024 * 1024
// Everything else comes from the plan: a setting of the user's shell must not reach a process by accident.
const inheritedVariables = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'TZ',
  'NODE_OPTIONS',
  'NODE_V8_COVERAGE',
  'NODE_COMPILE_CACHE',
]

/**
 * Starts a process and waits for its `listening` line. Its output goes to the log file.
 * @param onUnexpectedExit told when it ends without having been asked to.
 * @throws Error with its last error lines when it ends or stays silent instead.
 */
export async function startManagedProcess(
  plan: ProcessPlan,
  onUnexpectedExit: (name: string, exit: Exit) => void,
): Promise<ManagedProcess> {
  rotateLog(plan.logFile)
  let running = await launch(plan, onUnexpectedExit)
  const end = async (signal: NodeJS.Signals): Promise<Exit> => {
    running.endExpected()
    running.child.kill(signal)
    const timer = setTimeout(() => running.child.kill('SIGKILL'), stopTimeoutMs)
    const exit = await running.exited
    clearTimeout(timer)
    return exit
  }
  return {
    name: plan.name,
    logFile: plan.logFile,
    get pid() {
      return running.child.pid ?? 0
    },
    get listening() {
      return running.listening
    },
    kill: (signal = 'SIGKILL') => end(signal),
    stop: () => end('SIGTERM'),
    restart: async () => {
      await end('SIGTERM')
      running = await launch(plan, onUnexpectedExit)
    },
  }
}

type Running = {
  child: ChildProcess
  listening: Record<string, string>
  exited: Promise<Exit>
  endExpected(): void
}

async function launch(plan: ProcessPlan, onUnexpectedExit: (name: string, exit: Exit) => void): Promise<Running> {
  const log = createWriteStream(plan.logFile, { flags: 'a', mode: 0o600 })
  const child = spawn('/bin/sh', commandOf(plan), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...inheritedEnvironment(), NODE: process.execPath, ...plan.env },
    // Its own process group, so that Ctrl-C reaches only the launcher, which stops everything in order.
    detached: true,
  })
  let state: 'starting' | 'running' | 'ending' = 'starting'
  const errorLines: string[] = []
  const exited = new Promise<Exit>((done) => {
    child.once('error', (error) => {
      errorLines.push(error.message)
      done({ code: 1, signal: null })
    })
    child.once('close', (code, signal) => {
      log.end()
      done({ code, signal })
      if (state === 'running') onUnexpectedExit(plan.name, { code, signal })
    })
  })
  const report = limitTrouble((line) => {
    if (state === 'running') plan.onTrouble?.(line)
  })
  const watch = (line: string, stream: 'stdout' | 'stderr') => {
    log.write(`${line}\n`)
    const trouble = findTrouble(line, stream)
    if (trouble !== undefined) report(trouble)
  }
  createInterface({ input: child.stderr }).on('line', (line) => {
    watch(line, 'stderr')
    errorLines.push(line)
    if (errorLines.length > keptErrorLines) errorLines.shift()
  })
  const ready = new Promise<Record<string, string>>((done) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      watch(line, 'stdout')
      if (line.startsWith('listening ')) done(JSON.parse(line.slice('listening '.length)))
    })
  })
  let timer: NodeJS.Timeout | undefined
  const listening = await Promise.race([
    ready,
    exited,
    new Promise<undefined>((done) => {
      timer = setTimeout(() => done(undefined), startTimeoutMs)
    }),
  ])
  clearTimeout(timer)
  if (listening === undefined || 'code' in listening) {
    child.kill('SIGKILL')
    const said = errorLines.join('\n') || `see ${plan.logFile}`
    const happened =
      listening === undefined ? `was not ready within ${startTimeoutMs / 1000} s` : 'stopped while it started'
    throw new Error(`${plan.name} ${happened}: ${said}`)
  }
  state = 'running'
  return {
    child,
    listening,
    exited,
    endExpected: () => {
      state = 'ending'
    },
  }
}

/**
 * The shell's arguments; it becomes the process itself. No process leaves a core file or opens a debugger on SIGUSR1:
 * both would hand out secrets. A start script of its own sees to that and more.
 */
function commandOf(plan: ProcessPlan): string[] {
  if (plan.command !== undefined) return ['-c', 'unset NODE; exec "$@"', 'sh', ...plan.command]
  const watcher = plan.watcher ?? fileURLToPath(new URL('./exit-with-parent.ts', import.meta.url))
  const flags = ['--disable-sigusr1', `--import=${pathToFileURL(watcher).href}`]
  if (plan.main.endsWith('.sh')) return [plan.main, ...flags, `--allow-fs-read=${watcher}`]
  // The pages' scripts are made from TypeScript by what Node still calls an experiment; that is no trouble of the reader's.
  flags.push('--disable-warning=ExperimentalWarning')
  return ['-c', 'ulimit -c 0; program=$NODE; unset NODE; exec "$program" "$@"', 'sh', ...flags, plan.main]
}

function inheritedEnvironment(): Record<string, string> {
  const entries = inheritedVariables.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

/** Keeps one earlier log of at most this size, so that years of development do not fill the disk. */
function rotateLog(path: string): void {
  if (existsSync(path) && statSync(path).size > maxLogBytes) renameSync(path, `${path}.1`)
}

/** The path of a workspace's file, for processes that are started by it. */
export function pathInRepository(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}
