import ipaddr from 'ipaddr.js'
import { readCa } from './certificate-settings.ts'
import { findDatabaseContradictions, readAccess } from './database-settings.ts'
import { type Environment, makeChoice, reportProblems } from './read-settings.ts'
import { listSecretFiles, readSecretSettings, type SecretField, type SecretSettings } from './secret-settings.ts'
import { stopsWithinMs } from './stop-sequence.ts'

export type Role = 'api' | 'worker' | 'admin'
export type Config = SecretSettings & {
  /** Where secrets stand in files: what is put there anew takes the place of what this object holds. */
  secretFiles: ReadonlyMap<SecretField, string>
  environment: 'sandbox' | 'production'
  roles: ReadonlySet<Role>
  host: string
  apiPort: number
  adminPort: number
  internalPort: number
  /** Health and metrics of the process, whatever its roles. */
  managementPort: number
  /** The API's address as shoppers and PSPs reach it, without a slash at its end. */
  publicUrl: string
  /** The card relay's address, told to merchants who send a card to the wrong door. */
  relayUrl: string
  /** Whether statements may be prepared once for a connection; not behind a pooler that knows nothing of that. */
  preparesStatements: boolean
  databaseConnections: number
  /** `aws-iam`: each connection gets a signed token of AWS in place of a password. */
  databaseAuth: 'password' | 'aws-iam'
  /** PEM of the authorities of the database's certificate; null: the connection is as DATABASE_URL says. */
  databaseCa: string | null
  /** The key of AWS KMS that wraps the data keys. */
  encryptionKmsKeyId: string | null
  awsRegion: string | null
  /** Of a KMS that is not at its usual address. */
  kmsEndpoint: string | null
  /** PEM of further certificate authorities that PSP calls trust; null for the system's alone. */
  extraCa: string | null
  pspTimeoutMs: number
  /** Networks (CIDR) of the load balancers whose `X-Forwarded-For` is believed. */
  trustedProxies: string[]
  /** After the signal to end: how long the process still accepts requests, in ms, while load balancers notice. */
  drainMs: number
  /** How long whoever ends this process waits before it kills it, in ms. */
  stopWithinMs: number
  allowLoopbackWebhooks: boolean
  logLevel: string
  /** Where traces are sent by OTLP over HTTP; null: there are none. */
  tracesEndpoint: string | null
  /** Which part of the traces is kept, from 0 to 1. */
  tracesSampleRatio: number
}

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
  const choice = makeChoice(env, problems)
  const address = (name: string): string => {
    const value = need(name)
    if (value !== '' && !/^https?:\/\/[^/]+$/.test(value))
      problems.push(`${name} must be an address such as https://pay.example.com, without a path`)
    return value
  }
  const secrets = readSecretSettings(env, problems)
  const config: Config = {
    ...secrets,
    secretFiles: listSecretFiles(env),
    environment: choice('ENVIRONMENT', 'sandbox', ['sandbox', 'production']),
    roles: readRoles(rolesFlag ?? env.ROLES ?? 'api,worker,admin', problems),
    host: env.HOST ?? '127.0.0.1',
    apiPort: number('API_PORT', 4000, 0, 65535),
    adminPort: number('ADMIN_PORT', 4002, 0, 65535),
    internalPort: number('INTERNAL_PORT', 4003, 0, 65535),
    managementPort: number('MANAGEMENT_PORT', 4004, 0, 65535),
    publicUrl: address('PUBLIC_URL'),
    relayUrl: address('RELAY_URL'),
    preparesStatements: choice('DATABASE_PREPARED_STATEMENTS', 'true', ['true', 'false']) === 'true',
    databaseConnections: number('DATABASE_CONNECTIONS', 12, 2, 200),
    ...readAccess(env, problems),
    encryptionKmsKeyId: env.ENCRYPTION_KMS_KEY_ID || null,
    kmsEndpoint: env.AWS_ENDPOINT_URL_KMS || null,
    extraCa: readCa('EXTRA_CA_FILE', env.EXTRA_CA_FILE, problems),
    pspTimeoutMs: number('PSP_TIMEOUT_MS', 10_000, 100, 60_000),
    trustedProxies: readNetworks(env.TRUSTED_PROXIES, problems),
    drainMs: number('DRAIN_MS', 0, 0, 300_000),
    stopWithinMs: number('STOP_WITHIN_MS', 30_000, 1_000, 600_000),
    allowLoopbackWebhooks: choice('ALLOW_LOOPBACK_WEBHOOKS', 'false', ['true', 'false']) === 'true',
    logLevel: choice('LOG_LEVEL', 'info', ['debug', 'info', 'warn', 'error', 'silent']),
    tracesEndpoint: readTracesEndpoint(env.TRACES_ENDPOINT, problems),
    tracesSampleRatio: readRatio(env.TRACES_SAMPLE_RATIO, problems),
  }
  if (config.environment === 'production') {
    if (!config.publicUrl.startsWith('https:')) problems.push('PUBLIC_URL must be https in production')
    if (!config.relayUrl.startsWith('https:')) problems.push('RELAY_URL must be https in production')
    if (config.allowLoopbackWebhooks) problems.push('ALLOW_LOOPBACK_WEBHOOKS must be false in production')
  }
  if (stopsWithinMs(config) > config.stopWithinMs)
    problems.push(
      `DRAIN_MS and PSP_TIMEOUT_MS are too long: this process takes up to ${stopsWithinMs(config)} ms to end, and is killed after STOP_WITHIN_MS, ${config.stopWithinMs} ms`,
    )
  problems.push(...findSharedPorts(config), ...findDatabaseContradictions(config))
  if (config.encryptionKmsKeyId !== null && config.awsRegion === null)
    problems.push('AWS_REGION is missing; ENCRYPTION_KMS_KEY_ID needs it')
  reportProblems(problems)
  return config
}

/** Two doors of this process on one port. 0 takes a free one. */
function findSharedPorts({ roles, apiPort, internalPort, adminPort, managementPort }: Config): string[] {
  const used = [
    ...(roles.has('api') ? [['API_PORT', apiPort] as const, ['INTERNAL_PORT', internalPort] as const] : []),
    ...(roles.has('admin') ? [['ADMIN_PORT', adminPort] as const] : []),
    ['MANAGEMENT_PORT', managementPort] as const,
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
