import { type Refusal, refuse } from '../refusal.ts'
import { type AddressPolicy, hostOf, isAddressLiteral, isAllowedAddress, isLoopbackAddress } from './address-guard.ts'
import { type Resolve, resolveByDns } from './checked-lookup.ts'
import { isLocalhost, isSpecialName } from './special-names.ts'

/** How long a merchant waits for the name of their endpoint to be resolved. */
const resolveWithinMs = 2_000

/**
 * Checks an endpoint's address when it is set, so that a mistake is found then and not at the first event. It decides
 * nothing for later: every connection is checked again. A name that does not resolve now is taken, because a server
 * may be set up after its endpoint.
 */
export async function checkWebhookUrl(
  text: string,
  policy: AddressPolicy,
  resolve: Resolve = resolveByDns,
): Promise<Refusal | null> {
  const fault = findFaultInUrl(text, policy)
  if (fault !== null) return refuseUrl(fault)
  const url = new URL(text)
  const host = hostOf(url)
  if (isAddressLiteral(host)) return null
  const addresses = await resolveBounded(host, resolve)
  if (addresses.some((address) => !isAllowedAddress(address, policy))) return refuseUrl(faults.address)
  return url.protocol === 'http:' && !addresses.every(isLoopbackAddress) ? refuseUrl(faults.protocol) : null
}

const faults = {
  unreadable: 'url is not an absolute web address.',
  credentials: 'url must not hold a user name or a password; webhooks are signed instead.',
  protocol: 'url must begin with https:.',
  name: 'url must name a server on the public Internet; a name of one word, or one that ends in localhost, .local, .internal or the like, leads inside a network.',
  address: 'url must lead to a public address, not to a private, loopback, link-local or reserved one.',
} as const

/** What can be told of an address without asking anybody. Null when there is no fault. */
export function findFaultInUrl(text: string, policy: AddressPolicy): string | null {
  const url = URL.parse(text)
  if (url === null || url.hostname === '') return faults.unreadable
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowLoopback)) return faults.protocol
  if (url.username !== '' || url.password !== '') return faults.credentials
  const host = hostOf(url)
  if (!isAddressLiteral(host))
    return isSpecialName(host) && !(policy.allowLoopback && isLocalhost(host)) ? faults.name : null
  if (!isAllowedAddress(host, policy)) return faults.address
  return url.protocol === 'http:' && !isLoopbackAddress(host) ? faults.protocol : null
}

function refuseUrl(detail: string): Refusal {
  return refuse('webhook_url_not_allowed', { param: 'url', detail })
}

function resolveBounded(host: string, resolve: Resolve): Promise<string[]> {
  return new Promise((done) => {
    const limit = setTimeout(() => done([]), resolveWithinMs)
    resolve(host, (_error, addresses) => {
      clearTimeout(limit)
      done(addresses.map(({ address }) => address))
    })
  })
}
