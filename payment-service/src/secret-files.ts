import { statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import { type Job, runEvery } from './jobs/run-every.ts'
import type { Log } from './log.ts'
import type { Metrics } from './observability/metrics.ts'
import { readSecretFile, type SecretField, secretReaders } from './secret-settings.ts'

/** How often the files are looked at. What reaches a container's files has taken longer than this already. */
const lookEveryMs = 2_000

/**
 * Puts what secrets' files hold anew into `config`, which is one object for the life of a process: whoever reads a
 * secret of it at each use has the new one. A file that becomes unreadable or wrong is logged by its name, and what it
 * held before stays in use.
 *
 * @param onChange told which settings have another value, after all files were looked at.
 */
export function watchSecretFiles(
  config: Config,
  deps: { log: Log; metrics: Metrics },
  onChange: (fields: ReadonlySet<SecretField>) => Promise<void>,
  everyMs = lookEveryMs,
): Job {
  const { log } = deps
  const seen = new Map<SecretField, string>()
  const look = async (): Promise<void> => {
    const changed = new Set<SecretField>()
    for (const [field, path] of config.secretFiles) {
      const version = versionOf(path)
      // What the start read may have been replaced before the first look, so that one reads in any case.
      if (version === seen.get(field)) continue
      seen.set(field, version)
      const result = readSecretFile(field, path)
      if ('problem' in result)
        log.error('a file of a setting is wrong; what it held before stays in use', { reason: result.problem })
      else if (replace(config, field, result.value)) changed.add(field)
    }
    if (changed.size === 0) return
    const names = [...changed].map((field) => secretReaders[field].setting)
    log.info('settings were read again from their files', { reason: names.join(' ') })
    await onChange(changed)
  }
  return runEvery(config.secretFiles.size === 0 ? 3_600_000 : everyMs, 'secret files', look, deps)
}

/** Names what is there now: another file in its place, behind links too, is another; so is one that was written over. */
function versionOf(path: string): string {
  try {
    const { dev, ino, mtimeMs, size } = statSync(path)
    return `${dev} ${ino} ${mtimeMs} ${size}`
  } catch {
    return 'unreadable'
  }
}

function replace<Field extends SecretField>(config: Config, field: Field, value: Config[Field]): boolean {
  if (isDeepStrictEqual(config[field], value)) return false
  config[field] = value
  return true
}
