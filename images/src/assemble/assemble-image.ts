import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, posix } from 'node:path'
import { readStages, readSteps, type Step } from '../read-dockerfile.ts'
import { enterRoot, type Mount } from './enter-root.ts'
import { copyInstalled } from './installed-packages.ts'
import { makeBase } from './make-base.ts'
import { readIgnoreFile } from './read-ignore-file.ts'

export const imageNames = ['payment-service', 'card-relay'] as const
export type ImageName = (typeof imageNames)[number]

/** What an engine keeps beside the files of an image. */
export type ImageConfig = {
  env: Record<string, string>
  workdir: string
  user: string
  entrypoint: string[]
  command: string[]
  healthCheck: string[]
}
export type AssembledImage = { root: string; config: ImageConfig }
/** `npm` runs `npm ci` as it stands there; `copy` takes the same packages from the repository, without npm. */
export type Install = 'npm' | 'copy'

type Build = {
  root: string
  config: ImageConfig
  input: AssembleInput
  stages: Map<string, string>
  isSeen(path: string): boolean
}
type AssembleInput = {
  name: ImageName
  repository: string
  /** An empty folder, or none yet. */
  into: string
  install: Install
  onStep?(line: string): void
}

const emptyConfig: ImageConfig = { env: {}, workdir: '/', user: '0:0', entrypoint: [], command: [], healthCheck: [] }

/**
 * Does what a container engine does with one of our Dockerfiles, step by step, in a folder: for machines without an
 * engine. Every instruction that it does not know is an error, as is a file that is not there or that `.dockerignore`
 * hides.
 * @throws Error that names the Dockerfile's line.
 */
export function assembleImage(input: AssembleInput): AssembledImage {
  const dockerfile = join(input.repository, 'images', `${input.name}.Dockerfile`)
  const isSeen = readIgnoreFile(`${dockerfile}.dockerignore`)
  const all = readStages(readSteps(readFileSync(dockerfile, 'utf8')))
  const stages = new Map<string, string>()
  let built: AssembledImage = { root: input.into, config: emptyConfig }
  for (const [index, stage] of all.entries()) {
    const root = index === all.length - 1 ? input.into : `${input.into}.${stage.name}`
    if (existsSync(root) && readdirSync(root).length > 0) throw new Error(`${root} is not empty`)
    const isInstalling = stage.steps.some(({ text }) => text.startsWith('npm ci '))
    makeBase(root, { npm: isInstalling && input.install === 'npm', linked: input.install === 'copy' })
    const build: Build = { root, config: { ...emptyConfig, env: {} }, input, stages, isSeen }
    for (const step of stage.steps) {
      input.onStep?.(`${step.keyword} ${step.words.length > 0 ? step.words.join(' ') : step.text}`)
      try {
        takeStep(build, step)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`${basename(dockerfile)}, line ${step.line}: ${reason}`)
      }
    }
    stages.set(stage.name, root)
    built = { root, config: build.config }
  }
  for (const root of stages.values()) if (root !== input.into) rmSync(root, { recursive: true, force: true })
  return built
}

const takers: Record<string, (build: Build, step: Step) => void> = {
  COPY: copy,
  RUN: run,
  WORKDIR(build, { text }) {
    build.config.workdir = posix.resolve(build.config.workdir, text)
    mkdirSync(join(build.root, build.config.workdir), { recursive: true })
  },
  ENV({ config }, { text }) {
    for (const [, name = '', value = ''] of text.matchAll(/(\w+)=("[^"]*"|\S*)/g))
      config.env[name] = value.replaceAll('"', '')
  },
  USER({ config }, { text }) {
    config.user = text
  },
  ENTRYPOINT({ config }, { words }) {
    config.entrypoint = words
  },
  CMD({ config }, { words }) {
    config.command = words
  },
  HEALTHCHECK({ config }, { text }) {
    config.healthCheck = JSON.parse(text.replace(/^CMD /, '')) as string[]
  },
  // What an engine only writes down.
  EXPOSE() {},
  LABEL() {},
  STOPSIGNAL() {},
}

function takeStep(build: Build, step: Step): void {
  const take = takers[step.keyword]
  if (take === undefined) throw new Error(`${step.keyword} is not known to image:assemble`)
  take(build, step)
}

function copy(build: Build, { flags, text }: Step): void {
  const from = flags.find(({ name }) => name === 'from')?.value
  const words = text.split(/\s+/)
  const sources = words.slice(0, -1)
  const target = words.at(-1) ?? ''
  const isFolder = target.endsWith('/') || sources.length > 1
  const to = join(build.root, posix.resolve(build.config.workdir, target))
  const fromFolder = from === undefined ? build.input.repository : build.stages.get(from)
  if (fromFolder === undefined) throw new Error(`there is no stage ${from}`)
  for (const source of sources) {
    const path = join(fromFolder, source)
    const isThere = existsSync(path)
    const place = isFolder && isThere && statSync(path).isFile() ? join(to, basename(source)) : to
    let copied = 0
    if (isThere) {
      cpSync(path, place, {
        recursive: true,
        filter(file) {
          const seen = from !== undefined || build.isSeen(file.slice(fromFolder.length).replace(/^\//, ''))
          const isFile = !lstatSync(file).isDirectory()
          if (seen && isFile) copied += 1
          return seen
        },
      })
    }
    if (copied === 0) throw new Error(`nothing of ${source} is there, or .dockerignore hides it`)
  }
}

function run(build: Build, { flags, text, words }: Step): void {
  const { root, config, input } = build
  if (input.install === 'copy' && text.startsWith('npm ci ')) {
    const workspace = /--workspace=@fincore\/(\S+)/.exec(text)?.[1] ?? ''
    copyInstalled(input.repository, workspace, join(root, config.workdir))
    return
  }
  const authorities = process.env.NODE_EXTRA_CA_CERTS
  const mounts = [
    ...flags.flatMap(({ name, value }) => (name === 'mount' ? readMount(value) : [])),
    // Where the way out leads through a proxy with an authority of its own, as an engine's build does too.
    ...(authorities === undefined ? [] : [{ from: authorities, to: '/run/authorities.pem' }]),
  ]
  for (const mount of mounts) makePlace(root, mount)
  const command = words.length > 0 ? words : ['sh', '-c', text]
  const [program = '', ...rest] = enterRoot(
    { root, workdir: config.workdir, user: config.user, readOnly: false, mounts },
    command,
  )
  try {
    const trust = authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: '/run/authorities.pem' }
    const env = { PATH: process.env.PATH, HOME: '/root', ...trust, ...config.env }
    execFileSync(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new Error(`${command.join(' ')}: ${said.slice(-2_000)}`)
  } finally {
    for (const { to } of mounts) rmSync(join(root, to), { recursive: true, force: true })
  }
}

/** A mount of BuildKit's: the cache is npm's own of this machine, the secret its settings, when there are any. */
function readMount(text: string): Mount[] {
  const { type = '', id = '', target: to = '' } = Object.fromEntries(text.split(',').map((pair) => pair.split('=')))
  if (type === 'cache' && to === '/root/.npm') {
    const from = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim()
    mkdirSync(from, { recursive: true })
    return [{ from, to, writable: true }]
  }
  const settings = join(homedir(), '.npmrc')
  if (type === 'secret' && id === 'npmrc') return existsSync(settings) ? [{ from: settings, to }] : []
  throw new Error(`the mount ${text} is not known to image:assemble`)
}

/** A mount needs something to lie over. */
export function makePlace(root: string, { from, to }: Mount): void {
  const place = join(root, to)
  mkdirSync(dirname(place), { recursive: true })
  if (statSync(from).isDirectory()) mkdirSync(place, { recursive: true })
  else if (!existsSync(place)) writeFileSync(place, '')
}
