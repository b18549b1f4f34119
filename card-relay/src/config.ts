import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import tls from 'node:tls'
import type { CallerSource } from './caller.ts'

export type Config = {
  host: string
  port: number
  /** PEM texts. */
  tlsCert: string
  tlsKey: string
  /** PEM of the authority of merchants' certificates; undefined when the load balancer checks them. */
  clientCa: string | undefined
  callerSource: CallerSource
  paymentServiceUrl: string
  internalToken: string
  pspOrigins: readonly string[]
  /** PEM of the only authorities trusted for PSPs; undefined for those that come with Node. */
  pspCa: string | undefined
  /** Without a slash at its end. */
  docsUrl: string
}

type Env = Readonly<Record<string, string | undefined>>
export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: string[] }

/** Reads and checks every setting, the files included, and reports all problems at once. */
export function loadConfig(env: Env): ConfigResult {
  const problems: string[] = []
  const wantsHeader = env.RELAY_CERTIFICATE_SOURCE === 'header'
  const config: Config = {
    host: env.RELAY_HOST ?? '127.0.0.1',
    port: readPort(env, problems),
    tlsCert: readFile(env, 'RELAY_TLS_CERT_FILE', problems),
    tlsKey: readFile(env, 'RELAY_TLS_KEY_FILE', problems),
    clientCa: wantsHeader ? undefined : readFile(env, 'RELAY_CLIENT_CA_FILE', problems),
    callerSource: readCallerSource(env, problems),
    paymentServiceUrl: readUrl(env, 'RELAY_PAYMENT_SERVICE_URL', ['http:'], problems),
    internalToken: readToken(env, problems),
    pspOrigins: readOrigins(env, problems),
    pspCa: env.RELAY_PSP_CA_FILE ? readFile(env, 'RELAY_PSP_CA_FILE', problems) : undefined,
    docsUrl: readUrl(env, 'RELAY_DOCS_URL', ['http:', 'https:'], problems).replace(/\/+$/, ''),
  }
  if (problems.length === 0) checkCertificates(config, problems)
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems }
}

function readPort(env: Env, problems: string[]): number {
  const text = env.RELAY_PORT ?? '4001'
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) problems.push('RELAY_PORT must be a port number from 0 to 65535 (0 takes a free one).')
  return port
}

function readFile(env: Env, name: string, problems: string[]): string {
  const path = env[name]
  if (!path) {
    problems.push(`${name} is missing. It must name a PEM file.`)
    return ''
  }
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    problems.push(`${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`)
    return ''
  }
}

function readCallerSource(env: Env, problems: string[]): CallerSource {
  const kind = env.RELAY_CERTIFICATE_SOURCE ?? 'handshake'
  if (kind === 'header') return { kind, trustedProxies: readTrustedProxies(env, problems) }
  if (kind !== 'handshake') problems.push('RELAY_CERTIFICATE_SOURCE must be `handshake` or `header`.')
  if (env.RELAY_TRUSTED_PROXIES) {
    problems.push('RELAY_TRUSTED_PROXIES only has a meaning with RELAY_CERTIFICATE_SOURCE=header.')
  }
  return { kind: 'handshake' }
}

function readTrustedProxies(env: Env, problems: string[]): BlockList {
  const list = new BlockList()
  const ranges = splitList(env.RELAY_TRUSTED_PROXIES)
  if (ranges.length === 0) {
    problems.push('RELAY_TRUSTED_PROXIES is missing. It must list the load balancer’s ranges, such as `10.0.0.0/24`.')
  }
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address)
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix)
    if (family === 0 || !Number.isInteger(bits) || bits < 1 || bits > (family === 6 ? 128 : 32)) {
      problems.push('RELAY_TRUSTED_PROXIES must list address ranges separated by commas, such as `10.0.0.0/24`.')
    } else {
      list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
    }
  }
  return list
}

function readUrl(env: Env, name: string, protocols: readonly string[], problems: string[]): string {
  const url = URL.parse(env[name] ?? '')
  if (url !== null && protocols.includes(url.protocol)) return url.href
  problems.push(`${name} must be an absolute address that begins with ${protocols.join('// or ')}//.`)
  return ''
}

function readToken(env: Env, problems: string[]): string {
  const token = env.RELAY_INTERNAL_TOKEN ?? ''
  if (!/^[\x21-\x7e]{32,512}$/.test(token)) {
    problems.push('RELAY_INTERNAL_TOKEN must be 32 to 512 printable characters without spaces.')
  }
  return token
}

function readOrigins(env: Env, problems: string[]): string[] {
  const origins = splitList(env.RELAY_PSP_ORIGINS)
  if (origins.length === 0) problems.push('RELAY_PSP_ORIGINS is missing. It must list the PSPs’ https origins.')
  const wrong = origins.filter((origin) => !origin.startsWith('https://') || URL.parse(origin)?.origin !== origin)
  if (wrong.length > 0) {
    problems.push('RELAY_PSP_ORIGINS must list https origins without a path, such as `https://api.psp.example`.')
  }
  return origins
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** Their errors may quote what they were given, so only the settings' names are said. */
function checkCertificates(config: Config, problems: string[]): void {
  if (!isUsable(() => tls.createSecureContext({ cert: config.tlsCert, key: config.tlsKey }))) {
    problems.push('RELAY_TLS_CERT_FILE and RELAY_TLS_KEY_FILE must hold a certificate and its own key, both in PEM.')
  }
  const authorities = { RELAY_CLIENT_CA_FILE: config.clientCa, RELAY_PSP_CA_FILE: config.pspCa }
  for (const [name, pem] of Object.entries(authorities)) {
    const isGood = pem === undefined || isUsable(() => new X509Certificate(pem))
    if (!isGood) problems.push(`${name} must hold the certificate of an authority in PEM.`)
  }
}

function isUsable(use: () => unknown): boolean {
  try {
    use()
    return true
  } catch {
    return false
  }
}
