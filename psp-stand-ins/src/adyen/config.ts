import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { AdyenStandInOptions } from './stand-in.ts'

/** Reads the settings. Throws one error that names every setting that is wrong, and what it should be. */
export function loadConfig(env: Record<string, string | undefined>): AdyenStandInOptions {
  const problems: string[] = []
  const required = (name: string): string => {
    const value = env[name] ?? ''
    if (value === '') problems.push(`${name} is missing`)
    return value
  }
  const port = (name: string): number => {
    const text = required(name)
    if (text !== '' && !(/^\d{1,5}$/.test(text) && Number(text) <= 65_535))
      problems.push(`${name} must be a whole number from 0 to 65535`)
    return Number(text)
  }
  const file = (name: string): string => {
    const path = required(name)
    if (path === '') return ''
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
      problems.push(`${name} names a file that cannot be read (${code})`)
      return ''
    }
  }
  const pagesPort = port('STAND_IN_PAGES_PORT')
  const apiPort = port('STAND_IN_API_PORT')
  const tls = { cert: file('STAND_IN_TLS_CERT_FILE'), key: file('STAND_IN_TLS_KEY_FILE') }
  if (tls.cert !== '' && tls.key !== '' && !isPair(tls))
    problems.push('STAND_IN_TLS_CERT_FILE and STAND_IN_TLS_KEY_FILE must be a certificate and its key, in PEM')
  const adminToken = required('STAND_IN_ADMIN_TOKEN')
  if (adminToken !== '' && adminToken.length < 16)
    problems.push('STAND_IN_ADMIN_TOKEN must have at least 16 characters')
  if (problems.length > 0) throw new Error(`adyen-stand-in cannot start: ${problems.join('; ')}.`)
  return { pagesPort, apiPort, tls, adminToken }
}

function isPair(tls: { cert: string; key: string }): boolean {
  try {
    createSecureContext(tls)
    return true
  } catch {
    return false
  }
}
