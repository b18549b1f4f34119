import { readFileSync } from 'node:fs'
import { DCLinter } from 'dclint'
import { parse } from 'yaml'
import type { Finding } from './dockerfile-rules.ts'

type Service = {
  image?: string
  build?: unknown
  user?: string
  read_only?: boolean
  privileged?: boolean
  cap_drop?: string[]
  cap_add?: string[]
  security_opt?: string[]
  ulimits?: { core?: number }
  restart?: string
  stop_grace_period?: string
  mem_limit?: string
  cpus?: number
  pids_limit?: number
  logging?: { options?: Record<string, string> }
  networks?: string[]
  network_mode?: string
  pid?: string
  ipc?: string
  ports?: string[]
  volumes?: string[]
  environment?: Record<string, string | null>
}
type Compose = {
  services: Record<string, Service>
  networks?: Record<string, { internal?: boolean } | null>
}
type Rule = { name: string; why: string; isKept(service: Service, name: string, compose: Compose): boolean }

const secretName = /(^|_)(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|OPERATORS|DATABASE_URL)$/
/** The only door that is for the world: it ends TLS itself. All else is reached through what stands before it. */
const openPort = '0.0.0.0:4001:4001'

/** What each service of compose.yaml must keep. Each is broken once in compose-rules.test.ts. */
export const composeRules = [
  {
    name: 'pinned-image',
    why: 'an image is one of ours by its version, or another by its digest; none is built on the way',
    isKept: ({ image = '', build }) =>
      build === undefined && /^(fincore\/[a-z-]+:\d+\.\d+\.\d+|[^@]+:[^@]+@sha256:[0-9a-f]{64})$/.test(image),
  },
  {
    name: 'unprivileged',
    why: 'it runs as a number that is not root, without any capability, and can gain none',
    isKept: ({ user = '', privileged, cap_drop, cap_add, security_opt }) =>
      /^[1-9]\d*:[1-9]\d*$/.test(user) &&
      privileged !== true &&
      cap_drop?.join() === 'ALL' &&
      cap_add === undefined &&
      security_opt?.includes('no-new-privileges:true') === true,
  },
  {
    name: 'read-only',
    why: 'its root file system cannot be written',
    isKept: ({ read_only }) => read_only === true,
  },
  {
    name: 'no-core-file',
    why: 'a core file would hold secrets, and the relay’s cards',
    isKept: ({ ulimits }) => ulimits?.core === 0,
  },
  {
    name: 'bounded',
    why: 'memory, processors, processes and logs have bounds, so that one service cannot take the host from the others',
    isKept: ({ mem_limit, cpus, pids_limit, logging }) =>
      Boolean(mem_limit && cpus && pids_limit && logging?.options?.['max-size'] && logging.options['max-file']),
  },
  {
    name: 'restarted',
    why: 'what ends is started again, but for what has a job to do once; what is told to end has 30 s for it',
    isKept: ({ restart, stop_grace_period }, name) =>
      restart === (name === 'migrate' ? 'no' : 'unless-stopped') && stop_grace_period === '30s',
  },
  {
    name: 'own-namespaces',
    why: 'it shares neither network, processes nor memory with the host, and cannot speak to the engine',
    isKept: ({ network_mode, pid, ipc, volumes = [] }) =>
      network_mode === undefined &&
      pid === undefined &&
      ipc === undefined &&
      volumes.every((volume) => !volume.includes('docker.sock') && (volume.endsWith(':ro') || !/^[./~]/.test(volume))),
  },
  {
    name: 'closed-doors',
    why: 'ports are open on this host’s own address alone, but for the card relay’s',
    isKept: ({ ports = [] }, name) =>
      ports.every((port) => port.startsWith('127.0.0.1:') || (name === 'card-relay' && port === openPort)),
  },
  {
    name: 'secrets-in-files',
    why: 'a secret is a file that is mounted, since whoever may look at a container sees its environment',
    isKept: ({ environment = {} }) => Object.keys(environment).every((name) => !secretName.test(name)),
  },
  {
    name: 'segmented',
    why: 'the database is reached by those that use it, on a network without a way out, and never by the card relay',
    isKept: ({ networks = [] }, name, { networks: all = {}, services }) => {
      const ofDatabase = services.postgres?.networks ?? []
      if (name === 'postgres') return networks.every((network) => all[network]?.internal)
      return networks.length > 0 && !(name === 'card-relay' && networks.some((network) => ofDatabase.includes(network)))
    },
  },
] satisfies readonly Rule[]

/** Everything that is wrong with a compose file: by dclint with all of its rules, and by our own. */
export function lintCompose(file: string): Finding[] {
  const linter = new DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] })
  // Its types cannot be found by a project that has modules alone.
  const results: { messages: { rule: string; line: number; message: string }[] }[] = linter.lintFiles([file], false)
  const language = results
    .flatMap(({ messages }) => messages)
    .map(({ rule, line, message }) => ({ rule, line, text: message }))
  return [...language, ...findBroken(readFileSync(file, 'utf8'))]
}

/** What breaks our own rules. */
export function findBroken(text: string): Finding[] {
  const compose = readCompose(text)
  const lines = text.split('\n')
  return Object.entries(compose.services).flatMap(([name, service]) =>
    composeRules
      .filter(({ isKept }) => !isKept(service, name, compose))
      .map(({ name: rule, why }) => ({ rule, line: lines.indexOf(`  ${name}:`) + 1, text: `${name}: ${why}` })),
  )
}

function readCompose(text: string): Compose {
  return parse(text, { merge: true }) as Compose
}

/** Of all services, which other ones each can reach: those on a network of its own. */
export function listReachable(text: string): Record<string, string[]> {
  const services = Object.entries(readCompose(text).services)
  const meets = (one: Service, other: Service) =>
    (one.networks ?? []).some((network) => (other.networks ?? []).includes(network))
  return Object.fromEntries(
    services.map(([name, service]) => [
      name,
      services.filter(([other, found]) => other !== name && meets(service, found)).map(([other]) => other),
    ]),
  )
}
