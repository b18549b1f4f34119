import { fileURLToPath } from 'node:url'

/** The flags of `node-flags`. */
const knownFlags = `--permission --disable-sigusr1 --disallow-code-generation-from-strings --disable-proto=throw
  --frozen-intrinsics --expose-gc --disable-warning=ExperimentalWarning`.split(/\s+/)
/** By it glibc overwrites what is freed: Node copies what it sends and receives, and frees the copies, card included. */
const overwritesFreed = 'GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0'
const ownSettings = /^(RELAY_.*|GLIBC_TUNABLES)$/
const certificateSetting = /^RELAY_(TLS_CERT|TLS_KEY|CLIENT_CA|PSP_CA)_FILE$/
/** By this file, beside the relay in the repository, the development launcher ends it. */
const watcher = new URL('../../dev/src/exit-with-parent.ts', import.meta.url)

/** What stands open that `start.sh` closes, seen from inside the process; nothing when it may touch cards. */
export function findOpenDoors(env: Readonly<Record<string, string | undefined>>): string[] {
  const certificates = Object.entries(env).flatMap(([name, path]) => (certificateSetting.test(name) && path) || [])
  const files = [import.meta.dirname, ...certificates, fileURLToPath(watcher)]
  const known = [...knownFlags, ...files.map((path) => `--allow-fs-read=${path}`), `--import=${watcher}`]
  // Node's own report knows the limits without a right to read `/proc`. The hard one counts: the other can be raised.
  const { userLimits } = process.report.getReport() as { userLimits?: Record<string, { hard: unknown }> }
  const isOpen: Record<string, boolean> = {
    'it may read files that are not its own': may('fs.read', '/etc/passwd'),
    'it may write files': may('fs.write', '/etc/passwd'),
    'it may start child processes': may('child'),
    'it may start workers': may('worker'),
    'it may load addons': may('addon'),
    'it may use WASI': may('wasi'),
    'it may be inspected': may('inspector'),
    'SIGUSR1 opens a debugger': !process.execArgv.includes('--disable-sigusr1'),
    // Some write files past the permission model, such as `--cpu-prof`; some open a part of it: `--allow-fs-read=/var`.
    'Node has other flags than it needs': !process.execArgv.every((flag) => known.includes(flag)),
    'strings may become code': succeeds(() => new Function('')),
    '__proto__ exchanges prototypes': succeeds(() => Reflect.get({}, '__proto__')),
    'the language’s own objects may be changed': !Object.isFrozen(Array.prototype),
    'a core file may be written': userLimits?.core_file_size_blocks?.hard !== 0,
    'memory that is freed is not overwritten': !Object.entries(env).some((pair) => pair.join('=') === overwritesFreed),
    'its environment holds more than RELAY_…': !Object.keys(env).every((name) => ownSettings.test(name)),
  }
  return Object.keys(isOpen).filter((door) => isOpen[door])
}

/** Without the permission model there is no `process.permission`, and everything is allowed. */
const may = (scope: string, reference?: string) => process.permission?.has(scope, reference) ?? true

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}
