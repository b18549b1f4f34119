import { createHash, X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type BlockList, isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Caller } from '@fincore/api-contract/card-door'
import { normaliseAddress } from './peers.ts'

/** The addresses of a load balancer that ends TLS and has verified the certificate; undefined where there is none. */
export type Proxies = BlockList | undefined

/**
 * Reads who is calling from the connection and the headers alone: from the relay's own handshake and socket, or from the
 * headers that only the load balancer's addresses may set.
 */
export function identifyCaller(request: IncomingMessage, proxies: Proxies): Caller {
  const { authorization = '', 'x-forwarded-for': forwarded = '', 'x-amzn-mtls-clientcert-leaf': leaf } = request.headers
  const socket = request.socket as TLSSocket
  const peer = normaliseAddress(socket.remoteAddress ?? '')
  const isProxied = isTrustedProxy(peer, proxies)
  // A certificate that does not chain to `RELAY_CLIENT_CA_FILE`, or is out of date, counts as none.
  const own = proxies === undefined && socket.authorized ? socket.getPeerX509Certificate() : undefined
  const certificate = isProxied ? readLeaf(leaf) : own
  // The handshake judged it once; a connection may be kept beyond the certificate's end.
  const isOver = certificate !== undefined && certificate.validToDate.getTime() < Date.now()
  // The load balancer appends the address that it saw; what stands before the last comma is the client's own claim.
  const client = isProxied ? String(forwarded).split(',').at(-1)?.trim() : ''
  const key = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1]
  return {
    keyDigest: key === undefined ? null : createHash('sha256').update(key).digest('hex'),
    certificateFingerprint: isOver ? null : (certificate?.fingerprint256.replaceAll(':', '').toLowerCase() ?? null),
    sourceAddress: client ? normaliseAddress(client) : peer,
  }
}

/** True for an address of the load balancer, where there is one. */
export function isTrustedProxy(address: string, proxies: Proxies): boolean {
  const peer = normaliseAddress(address)
  const family = isIP(peer)
  return family !== 0 && (proxies?.check(peer, family === 6 ? 'ipv6' : 'ipv4') ?? false)
}

/** AWS's Application Load Balancer sends the leaf as percent-encoded PEM, and removes the header when a client sets it. */
function readLeaf(header: string | string[] | undefined): X509Certificate | undefined {
  try {
    return new X509Certificate(decodeURIComponent(String(header)))
  } catch {
    return undefined
  }
}
