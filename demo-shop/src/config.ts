import { readFileSync } from 'node:fs'

export type RelayCertificates = { ca: string; cert: string; key: string }

export type ShopConfig = {
  host: string
  port: number
  /** The shop's address as shoppers and FinCore reach it, without a slash at its end. */
  publicUrl: string
  apiUrl: string
  relayUrl: string
  secretKey: string
  publishableKey: string
  webhookSecret: string
  relay: RelayCertificates
  dataDir: string
}

/**
 * Reads the shop's settings, and the certificates that they name. Throws one error that lists every setting at fault.
 */
export function loadConfig(env: Record<string, string | undefined>): ShopConfig {
  const problems: string[] = []
  const readSetting = (name: string, fallback?: string): string => {
    const value = env[name] || fallback
    if (value === undefined) problems.push(`${name} is missing`)
    return value ?? ''
  }
  const readUrl = (name: string, fallback?: string): string => {
    const value = readSetting(name, fallback)
    if (value !== '' && !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
      problems.push(`${name} is not a web address`)
    return value.replace(/\/+$/, '')
  }
  const readPem = (name: string): string => {
    const path = readSetting(name)
    if (path === '') return ''
    try {
      return readFileSync(path, 'utf8')
    } catch {
      problems.push(`${name} names a file that cannot be read: ${path}`)
      return ''
    }
  }

  const readKey = (name: string, pattern: RegExp, example: string): string => {
    const value = readSetting(name)
    if (value !== '' && !pattern.test(value)) problems.push(`${name} must look like ${example}`)
    return value
  }

  const host = readSetting('SHOP_HOST', '127.0.0.1')
  const port = Number(readSetting('SHOP_PORT', '4300'))
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push('SHOP_PORT is not a port number')
  const config = {
    host,
    port,
    publicUrl: readUrl('SHOP_PUBLIC_URL', `http://${host}:${port}`),
    apiUrl: readUrl('FINCORE_API_URL'),
    relayUrl: readUrl('FINCORE_RELAY_URL'),
    secretKey: readKey('FINCORE_SECRET_KEY', /^sk_./, 'sk_…'),
    publishableKey: readKey('FINCORE_PUBLISHABLE_KEY', /^pk_./, 'pk_…'),
    webhookSecret: readKey('FINCORE_WEBHOOK_SECRET', /^whsec_[A-Za-z0-9+/]{4,}={0,2}$/, 'whsec_… in base 64'),
    relay: {
      ca: readPem('RELAY_CA_FILE'),
      cert: readPem('RELAY_CLIENT_CERT_FILE'),
      key: readPem('RELAY_CLIENT_KEY_FILE'),
    },
    dataDir: readSetting('SHOP_DATA_DIR'),
  }
  if (problems.length > 0) throw new Error(`The shop cannot start: ${problems.join('; ')}.`)
  return config
}
