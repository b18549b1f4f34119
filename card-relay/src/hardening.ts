/** The flags of `node-flags`, what `start.sh` adds of files, and `--import`, by which the development launcher ends it. */
const knownFlags =
  /^--(permission|disable-sigusr1|disallow-code-generation-from-strings|disable-proto=throw|frozen-intrinsics|disable-warning=ExperimentalWarning|allow-fs-read=.+|import=.+)$/
/** What every system has, and what no relay needs. */
const foreignFile = '/etc/passwd'

/** What a process must be that touches cards, seen from its inside; each with what is said when it is not so. */
const conditions: readonly { whenNot: string; holds(env: object): boolean }[] = [
  { whenNot: 'it may read files that are not its own', holds: () => isForbidden('fs.read', foreignFile) },
  { whenNot: 'it may write files', holds: () => isForbidden('fs.write', foreignFile) },
  { whenNot: 'it may start child processes', holds: () => isForbidden('child') },
  { whenNot: 'it may start workers', holds: () => isForbidden('worker') },
  { whenNot: 'it may load addons', holds: () => isForbidden('addon') },
  { whenNot: 'it may use WASI', holds: () => isForbidden('wasi') },
  { whenNot: 'it may be inspected', holds: () => isForbidden('inspector') },
  { whenNot: 'SIGUSR1 opens a debugger', holds: () => process.execArgv.includes('--disable-sigusr1') },
  // Some flags write files past the permission model, such as `--cpu-prof`; some open a part of it, such as `--allow-fs-write=/tmp`.
  {
    whenNot: 'Node has other flags than it needs',
    holds: () => process.execArgv.every((flag) => knownFlags.test(flag)),
  },
  { whenNot: 'strings may become code', holds: () => fails(() => new Function('')) },
  { whenNot: '__proto__ exchanges prototypes', holds: () => fails(() => Reflect.get({}, '__proto__')) },
  { whenNot: 'the language’s own objects may be changed', holds: () => Object.isFrozen(Array.prototype) },
  { whenNot: 'a core file may be written', holds: () => isCoreLimitZero() },
  {
    whenNot: 'its environment holds more than RELAY_…',
    holds: (env) => Object.keys(env).every((name) => name.startsWith('RELAY_')),
  },
]

/** What stands open that `start.sh` closes; nothing when this process may touch cards. */
export function findOpenDoors(env: object): string[] {
  return conditions.filter(({ holds }) => !holds(env)).map(({ whenNot }) => whenNot)
}

/** Without the permission model there is no `process.permission`, and nothing is forbidden. */
function isForbidden(scope: string, reference?: string): boolean {
  return process.permission !== undefined && !process.permission.has(scope, reference)
}

function fails(attempt: () => unknown): boolean {
  try {
    attempt()
    return false
  } catch {
    return true
  }
}

/** Node's own report knows the limits without a right to read `/proc`. The hard one counts: the other can be raised. */
function isCoreLimitZero(): boolean {
  const { userLimits } = process.report.getReport() as { userLimits?: Record<string, { hard: unknown }> }
  return userLimits?.core_file_size_blocks?.hard === 0
}
