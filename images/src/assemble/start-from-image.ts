import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessPlan } from '@fincore/dev/managed-process'
import { secretReaders } from '@fincore/payment-service/secret-settings'
import { type AssembledImage, makePlace } from './assemble-image.ts'
import { enterRoot } from './enter-root.ts'

type Settings = Record<string, string>
/** A command, and the environment that it needs. */
export type Start = { command: string[]; env: Settings }

/** Where compose mounts secrets, and with them certificates. */
const secretsFolder = '/run/secrets'
const secretSettings: readonly string[] = Object.values(secretReaders).map(({ setting }) => setting)

/**
 * The plan of the development launcher, carried out from an image instead: in its root file system, read-only, as its
 * user, with its own settings and the plan's. As in compose.yaml secrets and certificates are files, which are mounted.
 */
export function startFromImage(image: AssembledImage, plan: ProcessPlan): ProcessPlan {
  const { entrypoint, command } = image.config
  return { ...plan, ...runInImage(image, plan.env, [...entrypoint, ...command]) }
}

/** Another command in an image, beside its service or before it, with the same settings. */
export function runInImage({ root, config }: AssembledImage, settings: Settings, words: readonly string[]): Start {
  const secrets = `${root}.secrets`
  mkdirSync(secrets, { recursive: true })
  const mount = { from: secrets, to: secretsFolder }
  makePlace(root, mount)
  const command = enterRoot(
    { root, workdir: config.workdir, user: config.user, readOnly: true, mounts: [mount] },
    words,
  )
  return { command, env: { ...config.env, ...putIntoFiles(settings, secrets, config.user) } }
}

/** Puts secrets, and the files that settings name, into a folder that is mounted. */
function putIntoFiles(settings: Settings, folder: string, user: string): Settings {
  const entries = Object.entries(settings).map(([name, value]) => {
    const isSecret = secretSettings.includes(name)
    if (!isSecret && !(value.startsWith('/') && existsSync(value))) return [name, value]
    writeSecret(join(folder, name), isSecret ? value : readFileSync(value, 'utf8'), user)
    return [isSecret ? `${name}_FILE` : name, `${secretsFolder}/${name}`]
  })
  return Object.fromEntries(entries) as Settings
}

/** An engine mounts a file with the owner that it has: the image's user must be able to read it, and nobody else. */
function writeSecret(path: string, text: string, user: string): void {
  if (existsSync(path)) return
  writeFileSync(path, text)
  chmodSync(path, 0o400)
  const [uid = 0, gid = 0] = user.split(':').map(Number)
  if (process.getuid?.() === 0) chownSync(path, uid, gid)
}
