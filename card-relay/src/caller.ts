import { createHash, X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type BlockList, isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Caller } from '@fincore/api-contract/card-door'
import { normaliseAddress } from './peers.ts'

/**
 * Where the client's certificate and address come from: the relay's own handshake and socket, or, behind a load
 * balancer that ends TLS and has verified the certificate, the headers that only its addresses may set.
 */
export type CallerSource = { kind: 'handshake' } | { kind: 'header'; trustedProxies: BlockList }

/** Reads who is calling from the connection and the headers alone. */
export function identifyCaller(request: IncomingMessage, source: CallerSource): Caller {
  const socket = request.socket as TLSSocket
  const peer = normaliseAddress(socket.remoteAddress ?? '')
  const keyDigest = digestApiKey(request.headers.authorization)
  if (source.kind === 'handshake') {
    return { keyDigest, certificateFingerprint: readHandshakeFingerprint(socket), sourceAddress: peer }
  }
  if (!isTrustedProxy(peer, source)) return { keyDigest, certificateFingerprint: null, sourceAddress: peer }
  return {
    keyDigest,
    certificateFingerprint: readHeaderFingerprint(request.headers['x-amzn-mtls-clientcert-leaf']),
    sourceAddress: readForwardedAddress(request.headers['x-forwarded-for']) ?? peer,
  }
}

/** True for an address of the load balancer, where there is one. */
export function isTrustedProxy(address: string, source: CallerSource): boolean {
  const peer = normaliseAddress(address)
  const family = isIP(peer)
  return source.kind === 'header' && family !== 0 && source.trustedProxies.check(peer, family === 6 ? 'ipv6' : 'ipv4')
}

function digestApiKey(authorization: string | undefined): string | null {
  const key = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1]
  return key === undefined ? null : createHash('sha256').update(key).digest('hex')
}

/** A certificate that does not chain to `RELAY_CLIENT_CA_FILE`, or is out of date, counts as none. */
function readHandshakeFingerprint(socket: TLSSocket): string | null {
  if (!socket.authorized) return null
  const certificate = socket.getPeerX509Certificate()
  // The handshake judged it once; a connection may be kept beyond the certificate's end.
  if (certificate === undefined || certificate.validToDate.getTime() < Date.now()) return null
  return formatFingerprint(certificate)
}

/** AWS's Application Load Balancer sends the leaf as percent-encoded PEM, and removes the header when a client sets it. */
function readHeaderFingerprint(header: string | string[] | undefined): string | null {
  if (typeof header !== 'string') return null
  try {
    return formatFingerprint(new X509Certificate(decodeURIComponent(header)))
  } catch {
    return null
  }
}

function formatFingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

/** The load balancer appends the address that it saw; what stands before the last comma is the client's own claim. */
function readForwardedAddress(header: string | string[] | undefined): string | null {
  const last = (typeof header === 'string' ? header : '').split(',').at(-1)?.trim() ?? ''
  return last === '' ? null : normaliseAddress(last)
}
