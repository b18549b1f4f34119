import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { StandInOptions } from './stand-in.ts'

/** Reads the settings. Throws one error that names every setting that is wrong, and what it should be. */
export function loadConfig(env: Record<string, string | undefined>): StandInOptions {
  const problems: string[] = []
  const required = (name: string): string => {
    const value = env[name] ?? ''
    if (value === '') problems.push(`${name} is missing`)
    return value
  }
  const integer = (name: string, fallback: number | null, most: number): number => {
    const text = env[name] ?? ''
    if (text === '' && fallback !== null) return fallback
    if (/^\d{1,9}$/.test(text) && Number(text) <= most) return Number(text)
    problems.push(`${name} must be a whole number from 0 to ${most}`)
    return 0
  }
  const file = (name: string): string => {
    const path = required(name)
    if (path === '') return ''
    try {
      return readFileSync(path, 'utf8')
    } catch {
      problems.push(`${name} names a file that cannot be read`)
      return ''
    }
  }
  const tls = { cert: file('STAND_IN_TLS_CERT_FILE'), key: file('STAND_IN_TLS_KEY_FILE') }
  if (tls.cert !== '' && tls.key !== '' && !isPair(tls))
    problems.push('STAND_IN_TLS_CERT_FILE and STAND_IN_TLS_KEY_FILE must be a certificate and its key, in PEM')
  const adminToken = required('STAND_IN_ADMIN_TOKEN')
  if (adminToken !== '' && adminToken.length < 16)
    problems.push('STAND_IN_ADMIN_TOKEN must have at least 16 characters')
  const publicPagesUrl = env.STAND_IN_PUBLIC_PAGES_URL ?? ''
  if (publicPagesUrl !== '' && !isOrigin(publicPagesUrl))
    problems.push('STAND_IN_PUBLIC_PAGES_URL must be an origin such as https://pay.example.com, without a path')
  const options: StandInOptions = {
    pagesPort: integer('STAND_IN_PAGES_PORT', null, 65_535),
    apiPort: integer('STAND_IN_API_PORT', null, 65_535),
    tls,
    adminToken,
    timings: { searchLagMs: integer('STAND_IN_SEARCH_LAG_MS', 3_000, 3_600_000) },
    ...(publicPagesUrl === '' ? {} : { publicPagesUrl }),
  }
  if (problems.length > 0) throw new Error(`The Stripe stand-in cannot start: ${problems.join('; ')}.`)
  return options
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
