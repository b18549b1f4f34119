import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Resolves a name to all its addresses; the system's resolver, except in tests. */
export type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export const resolveBySystem: Resolve = (hostname, done) => {
  systemLookup(hostname, { all: true }, (error, addresses) => done(error, addresses ?? []))
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
