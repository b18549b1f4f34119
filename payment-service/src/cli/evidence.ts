import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CommandFailure } from './failures.ts'

/** SHA-256 of a document, in lowercase hexadecimal. */
export function digestOfFile(path: string): string {
  return createHash('sha256').update(readBytes(path, 'The evidence')).digest('hex')
}

/** SHA-256 of a certificate's DER, in lowercase hexadecimal, as a raw-card grant lists it. The file is PEM or DER. */
export function fingerprintOfFile(path: string): string {
  const bytes = readBytes(path, 'The certificate')
  try {
    return createHash('sha256').update(new X509Certificate(bytes).raw).digest('hex')
  } catch {
    throw new CommandFailure(`${path} holds no certificate.`, 'Give the client certificate itself, and not its key.')
  }
}

function readBytes(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    throw new CommandFailure(`${what}, ${path}, cannot be read (${code}).`)
  }
}
