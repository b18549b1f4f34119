import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A PEM itself, as a container is given it, or the path of one. */
export function readPemOrFile(name: string, text: string | undefined, problems: string[]): string | null {
  if (!text?.includes('-----BEGIN')) return readCa(name, text, problems)
  return isCertificate(text) ? text : complainOfCa(name, '', problems)
}

/** The certificates of a PEM file; null without one. What is wrong with it is added to `problems`. */
export function readCa(name: string, file: string | undefined, problems: string[]): string | null {
  if (file === undefined || file === '') return null
  try {
    const pem = readFileSync(file, 'utf8')
    return isCertificate(pem) ? pem : complainOfCa(name, '', problems)
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return complainOfCa(name, isGone ? ': there is no such file' : '', problems)
  }
}

/** Node would take a text without a certificate for none, and the other side would seem not to be trusted. */
function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

function complainOfCa(name: string, why: string, problems: string[]): null {
  problems.push(`${name} must be a PEM file with certificates that this process may read${why}`)
  return null
}
