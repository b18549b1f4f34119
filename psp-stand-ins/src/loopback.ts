import type { AddressInfo } from 'node:net'

/** Where stand-ins listen. Whoever can reach one can pay with it, so only this machine can. */
export const loopback = '127.0.0.1'

/** The origin of a listener there, without a slash at the end. */
export function originOf(scheme: 'http' | 'https', address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('The listener has no port')
  return `${scheme}://${loopback}:${address.port}`
}
