import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** Of every stand-in: where it listens, the certificate of its API, and who administers it. */
export type CommonSettings = {
  pagesPort: number
  apiPort: number
  /** PEM texts. */
  tls: { cert: string; key: string }
  adminToken: string
}

/** Reads further settings; what is wrong with them goes to `problems`. */
export type SettingsReader = {
  env: Readonly<Record<string, string | undefined>>
  problems: string[]
  /** @param fallback of a setting that may be left out; null: it may not. */
  integer(name: string, fallback: number | null, most: number): number
}

/** Reads the settings. Throws one error that names every setting that is wrong, and what it should be. */
export function readSettings<More extends object>(
  name: string,
  env: SettingsReader['env'],
  readMore: (reader: SettingsReader) => More,
): CommonSettings & More {
  const problems: string[] = []
  const required = (setting: string): string => {
    const value = env[setting] ?? ''
    if (value === '') problems.push(`${setting} is missing`)
    return value
  }
  const integer: SettingsReader['integer'] = (setting, fallback, most) => {
    const text = env[setting] ?? ''
    if (text === '' && fallback !== null) return fallback
    if (/^\d{1,9}$/.test(text) && Number(text) <= most) return Number(text)
    problems.push(`${setting} must be a whole number from 0 to ${most}`)
    return 0
  }
  const file = (setting: string): string => {
    const path = required(setting)
    if (path === '') return ''
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
      problems.push(`${setting} names a file that cannot be read (${code})`)
      return ''
    }
  }
  const pagesPort = integer('STAND_IN_PAGES_PORT', null, 65_535)
  const apiPort = integer('STAND_IN_API_PORT', null, 65_535)
  const tls = { cert: file('STAND_IN_TLS_CERT_FILE'), key: file('STAND_IN_TLS_KEY_FILE') }
  if (tls.cert !== '' && tls.key !== '' && !isPair(tls))
    problems.push('STAND_IN_TLS_CERT_FILE and STAND_IN_TLS_KEY_FILE must be a certificate and its key, in PEM')
  const adminToken = required('STAND_IN_ADMIN_TOKEN')
  if (adminToken !== '' && adminToken.length < 16)
    problems.push('STAND_IN_ADMIN_TOKEN must have at least 16 characters')
  const more = readMore({ env, problems, integer })
  if (problems.length > 0) throw new Error(`${name} cannot start: ${problems.join('; ')}.`)
  return { pagesPort, apiPort, tls, adminToken, ...more }
}

function isPair(tls: { cert: string; key: string }): boolean {
  try {
    createSecureContext(tls)
    return true
  } catch {
    return false
  }
}
