import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessPlan } from '@fincore/dev/managed-process'
import { type AssembledImage, makePlace } from './assemble-image.ts'
import { enterRoot } from './enter-root.ts'

/** Where compose mounts secrets, and with them certificates. */
const secretsFolder = '/run/secrets'

/**
 * The plan of the development launcher, carried out from an image instead: in its root file system, read-only, as its
 * user, with its own settings and the plan's, of which files are mounted where an engine mounts secrets.
 */
export function startFromImage({ root, config }: AssembledImage, plan: ProcessPlan): ProcessPlan {
  const folder = findFolder(plan.env)
  const copies = folder === undefined ? undefined : `${root}.secrets`
  if (folder !== undefined && copies !== undefined) copySecrets(folder, copies, config.user)
  const mounts = copies === undefined ? [] : [{ from: copies, to: secretsFolder }]
  for (const mount of mounts) makePlace(root, mount)
  const entry = { root, workdir: config.workdir, user: config.user, readOnly: true, mounts }
  return {
    ...plan,
    env: { ...config.env, ...replaceFolder(plan.env, folder) },
    command: enterRoot(entry, [...config.entrypoint, ...config.command]),
  }
}

/** The launcher's files of certificates lie in one folder. */
function findFolder(env: Record<string, string>): string | undefined {
  const file = Object.values(env).find((value) => value.startsWith('/') && existsSync(value))
  return file?.replace(/\/[^/]*$/, '')
}

function replaceFolder(env: Record<string, string>, folder: string | undefined): Record<string, string> {
  if (folder === undefined) return env
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value.startsWith(`${folder}/`) ? `${secretsFolder}${value.slice(folder.length)}` : value,
    ]),
  )
}

/** An engine mounts a file with the owner that it has: the image's user must be able to read it, and nobody else. */
function copySecrets(from: string, to: string, user: string): void {
  mkdirSync(to, { recursive: true })
  const [uid = 0, gid = 0] = user.split(':').map(Number)
  const isRoot = process.getuid?.() === 0
  for (const name of readdirSync(from)) {
    const path = join(to, name)
    copyFileSync(join(from, name), path)
    chmodSync(path, 0o400)
    if (isRoot) chownSync(path, uid, gid)
  }
}
