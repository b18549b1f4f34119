import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { SandboxConfig } from './sandbox.ts'
import { defaultTimings } from './timings.ts'

/** Reads the settings. Throws one error that names every setting that is wrong, and what it should be. */
export function loadConfig(env: Record<string, string | undefined>): SandboxConfig {
  const problems: string[] = []
  const required = (name: string): string => {
    const value = env[name] ?? ''
    if (value === '') problems.push(`${name} is missing`)
    return value
  }
  const integer = (name: string, fallback: number | null, most: number): number => {
    const text = env[name] ?? ''
    if (text === '' && fallback !== null) return fallback
    const value = Number(text)
    if (/^\d+$/.test(text) && value <= most) return value
    problems.push(`${name} must be a whole number from 0 to ${most}`)
    return 0
  }
  const file = (name: string): string => {
    const path = required(name)
    if (path === '') return ''
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      problems.push(
        `${name} names a file that cannot be read (${error instanceof Error ? error.message : 'unknown error'})`,
      )
      return ''
    }
  }
  const tls = { cert: file('SANDBOX_TLS_CERT_FILE'), key: file('SANDBOX_TLS_KEY_FILE') }
  if (tls.cert !== '' && tls.key !== '' && !isPair(tls))
    problems.push('SANDBOX_TLS_CERT_FILE and SANDBOX_TLS_KEY_FILE must be a certificate and its key, in PEM')
  const adminToken = required('SANDBOX_ADMIN_TOKEN')
  if (adminToken !== '' && adminToken.length < 16) problems.push('SANDBOX_ADMIN_TOKEN must have at least 16 characters')
  const publicPagesUrl = env.SANDBOX_PUBLIC_PAGES_URL ?? ''
  if (publicPagesUrl !== '' && !isOrigin(publicPagesUrl)) {
    problems.push('SANDBOX_PUBLIC_PAGES_URL must be an origin such as https://pay.example.com, without a path')
  }
  const config: SandboxConfig = {
    host: env.SANDBOX_HOST || '127.0.0.1',
    pagesPort: integer('SANDBOX_PAGES_PORT', null, 65_535),
    apiPort: integer('SANDBOX_API_PORT', null, 65_535),
    tls,
    dataDir: required('SANDBOX_DATA_DIR'),
    adminToken,
    lookupDelayMs: integer('SANDBOX_LOOKUP_DELAY_MS', 0, 60_000),
    challengeTimeoutMs: integer('SANDBOX_CHALLENGE_TIMEOUT_MS', 900_000, 86_400_000),
    timings: {
      webhookMaxRetryMs: integer('SANDBOX_WEBHOOK_MAX_RETRY_MS', defaultTimings.webhookMaxRetryMs, 86_400_000),
    },
    ...(publicPagesUrl === '' ? {} : { publicPagesUrl }),
  }
  if (problems.length > 0) throw new Error(`psp-sandbox cannot start: ${problems.join('; ')}.`)
  return config
}

function isPair(tls: { cert: string; key: string }): boolean {
  try {
    createSecureContext(tls)
    return true
  } catch {
    return false
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}
