import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import ipaddr from 'ipaddr.js'
import { StartError } from './start-error.ts'

export type Role = 'api' | 'worker' | 'admin'
export type Config = {
  environment: 'sandbox' | 'production'
  roles: ReadonlySet<Role>
  host: string
  apiPort: number
  adminPort: number
  internalPort: number
  /** The API's address as shoppers and PSPs reach it, without a slash at its end. */
  publicUrl: string
  /** The card relay's address, told to merchants who send a card to the wrong door. */
  relayUrl: string
  databaseUrl: string
  migrationsDatabaseUrl: string | null
  databaseConnections: number
  /** 32 bytes: encrypts credentials and webhook secrets; other keys are derived from it. */
  encryptionKey: Buffer
  internalToken: string
  /** PEM of further certificate authorities that PSP calls trust; null for the system's alone. */
  extraCa: string | null
  pspTimeoutMs: number
  /** Networks (CIDR) of the load balancers whose `X-Forwarded-For` is believed. */
  trustedProxies: string[]
  allowLoopbackWebhooks: boolean
  logLevel: string
  /** Where traces are sent by OTLP over HTTP; null: there are none. */
  tracesEndpoint: string | null
  /** Which part of the traces is kept, from 0 to 1. */
  tracesSampleRatio: number
  bootstrapOperators: { name: string; token: string }[]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads all settings at once. Throws one StartError that names every setting that is missing or wrong, so that a first
 * start does not fail one setting at a time. Values are never quoted, because some of them are secrets.
 */
export function loadConfig(env: Environment, rolesFlag?: string): Config {
  const problems: string[] = []
  const need = (name: string, fallback?: string): string => {
    const value = env[name] ?? fallback
    if (value === undefined || value === '') problems.push(`${name} is missing`)
    return value ?? ''
  }
  const number = (name: string, fallback: number, min: number, max: number): number => {
    const value = Number(env[name] ?? fallback)
    if (!Number.isInteger(value) || value < min || value > max)
      problems.push(`${name} must be a whole number from ${min} to ${max}`)
    return value
  }
  const choice = <T extends string>(name: string, fallback: T, allowed: readonly T[]): T => {
    const found = allowed.find((candidate) => candidate === (env[name] ?? fallback))
    if (found === undefined) problems.push(`${name} must be one of ${allowed.join(', ')}`)
    return found ?? fallback
  }
  const address = (name: string): string => {
    const value = need(name)
    if (value !== '' && !/^https?:\/\/[^/]+$/.test(value))
      problems.push(`${name} must be an address such as https://pay.example.com, without a path`)
    return value
  }
  const databaseUrl = (name: string, value: string): string => {
    const isRight = value === '' || /^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? '')
    if (!isRight) problems.push(`${name} must be written as postgres://user:password@host:5432/database`)
    return value
  }
  const encryptionKey = readEncryptionKey(need('ENCRYPTION_KEY'), problems)
  const internalToken = need('INTERNAL_TOKEN')
  if (internalToken !== '' && internalToken.length < 32)
    problems.push('INTERNAL_TOKEN must have at least 32 characters')
  const config: Config = {
    environment: choice('ENVIRONMENT', 'sandbox', ['sandbox', 'production']),
    roles: readRoles(rolesFlag ?? env.ROLES ?? 'api,worker,admin', problems),
    host: env.HOST ?? '127.0.0.1',
    apiPort: number('API_PORT', 4000, 0, 65535),
    adminPort: number('ADMIN_PORT', 4002, 0, 65535),
    internalPort: number('INTERNAL_PORT', 4003, 0, 65535),
    publicUrl: address('PUBLIC_URL'),
    relayUrl: address('RELAY_URL'),
    databaseUrl: databaseUrl('DATABASE_URL', need('DATABASE_URL')),
    migrationsDatabaseUrl: env.MIGRATIONS_DATABASE_URL
      ? databaseUrl('MIGRATIONS_DATABASE_URL', env.MIGRATIONS_DATABASE_URL)
      : null,
    databaseConnections: number('DATABASE_CONNECTIONS', 12, 2, 200),
    encryptionKey,
    internalToken,
    extraCa: readCa(env.EXTRA_CA_FILE, problems),
    pspTimeoutMs: number('PSP_TIMEOUT_MS', 10_000, 100, 60_000),
    trustedProxies: readNetworks(env.TRUSTED_PROXIES, problems),
    allowLoopbackWebhooks: choice('ALLOW_LOOPBACK_WEBHOOKS', 'false', ['true', 'false']) === 'true',
    logLevel: choice('LOG_LEVEL', 'info', ['debug', 'info', 'warn', 'error', 'silent']),
    tracesEndpoint: readTracesEndpoint(env.TRACES_ENDPOINT, problems),
    tracesSampleRatio: readRatio(env.TRACES_SAMPLE_RATIO, problems),
    bootstrapOperators: readOperators(env.BOOTSTRAP_OPERATORS, problems),
  }
  if (config.environment === 'production') {
    if (!config.publicUrl.startsWith('https:')) problems.push('PUBLIC_URL must be https in production')
    if (!config.relayUrl.startsWith('https:')) problems.push('RELAY_URL must be https in production')
    if (config.allowLoopbackWebhooks) problems.push('ALLOW_LOOPBACK_WEBHOOKS must be false in production')
  }
  problems.push(...findSharedPorts(config))
  if (problems.length > 0)
    throw new StartError(`${problems.join('; ')}. Set these in the environment; docs/operating.md lists all settings.`)
  return config
}

function readEncryptionKey(text: string, problems: string[]): Buffer {
  // Node reads what is no base64 as the part that is, which would be another key.
  const isKey = /^[\w+/-]{43}=?$/.test(text)
  if (text !== '' && !isKey) problems.push('ENCRYPTION_KEY must be 32 bytes in base64, as of `openssl rand -base64 32`')
  return Buffer.from(isKey ? text : '', 'base64')
}

/** Two doors of this process on one port. 0 takes a free one. */
function findSharedPorts({ roles, apiPort, internalPort, adminPort }: Config): string[] {
  const used = [
    ...(roles.has('api') ? [['API_PORT', apiPort] as const, ['INTERNAL_PORT', internalPort] as const] : []),
    ...(roles.has('admin') ? [['ADMIN_PORT', adminPort] as const] : []),
  ].filter(([, port]) => port !== 0)
  return used.flatMap(([name, port], index) =>
    used.slice(0, index).flatMap(([other, same]) => (same === port ? [`${other} and ${name} must be different`] : [])),
  )
}

function readRoles(text: string, problems: string[]): ReadonlySet<Role> {
  const roles = new Set<Role>()
  for (const word of text.split(',')) {
    if (word === 'api' || word === 'worker' || word === 'admin') roles.add(word)
    else problems.push('ROLES (or --roles) must be a list of api, worker, admin')
  }
  return roles
}

/** A list of networks; one address is written with its whole length, such as 203.0.113.7/32. */
function readNetworks(text: string | undefined, problems: string[]): string[] {
  const networks = (text ?? '')
    .split(',')
    .map((network) => network.trim())
    .filter((network) => network !== '')
  // Whoever is believed can be anybody: a list that believes everybody is a mistake.
  const isNetwork = (network: string) => ipaddr.isValidCIDR(network) && ipaddr.parseCIDR(network)[1] > 0
  if (!networks.every(isNetwork))
    problems.push('TRUSTED_PROXIES must be networks such as 10.0.0.0/16, comma-separated, not all addresses')
  return networks
}

function readTracesEndpoint(text: string | undefined, problems: string[]): string | null {
  if (text === undefined || text === '') return null
  const url = URL.parse(text)
  // A password in it would stand in what monitors show of this process's calls.
  const isRight = /^https?:$/.test(url?.protocol ?? '') && url?.username === '' && url.password === ''
  if (!isRight) problems.push('TRACES_ENDPOINT must be an address such as http://collector:4318/v1/traces')
  return text
}

function readRatio(text: string | undefined, problems: string[]): number {
  const ratio = Number(text || '1')
  const isRight = ratio >= 0 && ratio <= 1
  if (!isRight) problems.push('TRACES_SAMPLE_RATIO must be a number from 0 to 1')
  return isRight ? ratio : 1
}

function readCa(file: string | undefined, problems: string[]): string | null {
  if (file === undefined || file === '') return null
  try {
    const pem = readFileSync(file, 'utf8')
    // Node would take a file without a certificate for none, and PSPs would seem not to be trusted.
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const code = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : ''
    problems.push(`EXTRA_CA_FILE must be a PEM file with certificates that this process may read${code && `: ${code}`}`)
    return null
  }
}

function readOperators(text: string | undefined, problems: string[]): { name: string; token: string }[] {
  if (text === undefined || text === '') return []
  const complaint = 'BOOTSTRAP_OPERATORS must be a JSON list of {"name", "token"} with tokens of at least 32 characters'
  try {
    const list: unknown = JSON.parse(text)
    if (!Array.isArray(list)) throw new Error(complaint)
    return list.map((entry: { name?: unknown; token?: unknown }) => {
      if (typeof entry.name !== 'string' || typeof entry.token !== 'string' || entry.token.length < 32)
        throw new Error(complaint)
      return { name: entry.name, token: entry.token }
    })
  } catch {
    problems.push(complaint)
    return []
  }
}
