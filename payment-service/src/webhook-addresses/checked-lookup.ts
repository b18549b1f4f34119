import { type LookupAddress, Resolver } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isLocalhost } from './special-names.ts'

/** Resolves a name to all its addresses: by DNS, except in tests. */
export type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

const loopback: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Asks the DNS over sockets of its own. Not `dns.lookup`: that one waits in a pool of four threads, which four dead
 * names would take from every other endpoint, and from the calls to PSPs. So the hosts file is not read; `localhost`
 * is loopback by definition (RFC 6761).
 */
export function createDnsResolve(resolver: Resolver): Resolve {
  return (hostname, done) => {
    if (isLocalhost(hostname)) setImmediate(done, null, loopback)
    else askDns(resolver, hostname, (addresses) => done(null, addresses))
  }
}

/** Two tries of two seconds: a name whose servers are down costs its own endpoint that long, and nobody else. */
export const resolveByDns = createDnsResolve(new Resolver({ timeout: 2_000, tries: 2 }))

function askDns(resolver: Resolver, hostname: string, done: (addresses: LookupAddress[]) => void): void {
  const found: Record<4 | 6, LookupAddress[]> = { 4: [], 6: [] }
  let waiting = 2
  // A family that has no address, or no answer, leaves the other.
  const collect = (family: 4 | 6) => (error: Error | null, addresses: string[]) => {
    if (error === null) found[family] = addresses.map((address) => ({ address, family }))
    waiting--
    if (waiting === 0) done([...found[4], ...found[6]])
  }
  resolver.resolve4(hostname, collect(4))
  resolver.resolve6(hostname, collect(6))
}

/** The `code` of the error of a connection that was refused here, before any packet left. */
export const notAllowedCode = 'ADDRESS_NOT_ALLOWED'

/**
 * A lookup for `net.connect` that hands on only addresses that were checked, so that the checked address is the one
 * that is connected to, however the name resolves a moment later (DNS re-binding). One forbidden address among several
 * refuses the name: an honest one has none.
 */
export function createCheckedLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const first = addresses[0]
      if (error !== null || first === undefined) {
        callback(error ?? Object.assign(new Error('The name has no address'), { code: 'ENOTFOUND' }), '', 0)
      } else if (!addresses.every(({ address }) => isAllowed(address))) {
        callback(
          Object.assign(new Error('The name leads to an address that is not allowed'), { code: notAllowedCode }),
          '',
          0,
        )
      } else if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
