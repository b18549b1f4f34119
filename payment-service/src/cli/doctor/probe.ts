import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { rootCertificates, type TLSSocket } from 'node:tls'
import { describeConnectionFault } from '../http-client.ts'

/** What a look at a door showed, without any secret. */
export type Probe = {
  status: number
  /** By the server's clock, against this machine's: positive when the server's is ahead. Null without a Date header. */
  clockAheadMs: number | null
  /** Null where there is no TLS. `why` is the code of what is wrong with it, null where it is trusted. */
  certificate: { endsAt: Date; why: string | null } | null
}

const timeoutMs = 10_000

/**
 * Asks a door whether it is ready. A certificate that is not trusted is told and not refused: nothing secret is sent, and
 * nothing that is answered is believed.
 *
 * @returns the reason, in words, where nothing answered.
 */
export function probe(url: string, ca: string | null): Promise<Probe | { why: string }> {
  const target = new URL('/health/ready', url)
  const send = target.protocol === 'https:' ? requestHttps : requestHttp
  const options = {
    signal: AbortSignal.timeout(timeoutMs),
    rejectUnauthorized: false,
    agent: false,
    ...(ca === null ? {} : { ca: [...rootCertificates, ca] }),
  }
  return new Promise((resolve) => {
    const request = send(target, options, (response) => {
      const certificate = readCertificate(response)
      response.once('error', () => {}).resume()
      resolve({ status: response.statusCode ?? 0, clockAheadMs: readClock(response), certificate })
    })
    request.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ why: error.name === 'TimeoutError' ? 'there was no answer in time' : reasonOf(error) }),
    )
    request.end()
  })
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return describeConnectionFault(error.code ?? '')[0]
}

function readCertificate({ socket }: IncomingMessage): Probe['certificate'] {
  if (!('getPeerX509Certificate' in socket)) return null
  const tls = socket as TLSSocket
  const certificate = tls.getPeerX509Certificate()
  if (certificate === undefined) return null
  const code = tls.authorizationError as (Error & { code?: string }) | string | null
  const why = tls.authorized ? null : typeof code === 'string' ? code : (code?.code ?? 'UNKNOWN')
  return { endsAt: new Date(certificate.validTo), why }
}

/** The header has whole seconds, so it is taken for the middle of its second. */
function readClock({ headers }: IncomingMessage): number | null {
  const time = Date.parse(headers.date ?? '')
  return Number.isNaN(time) ? null : time + 500 - Date.now()
}
