/** Names that are never on the public Internet, by their last label, and who has set them apart. */
export const specialLabels: Readonly<Record<string, string>> = {
  localhost: 'the machine itself (RFC 6761)',
  local: 'the local link (RFC 6762), and Kubernetes’ `cluster.local`',
  internal: 'private use (ICANN, 2024); clouds’ metadata services',
  svc: 'services of Kubernetes',
  onion: 'Tor (RFC 7686)',
  alt: 'outside DNS (RFC 9476)',
  lan: 'home and office networks',
  home: 'home networks; never delegated',
  corp: 'office networks; never delegated',
  intranet: 'office networks',
  private: 'private networks',
  localdomain: 'the machine itself, on older systems',
}
/** The same of two labels. */
const specialEndings = ['home.arpa']

/**
 * Whether a host's name leads inside by its form alone, whatever the DNS says of it at the moment: one label, a label set
 * apart, or numbers that are no address.
 *
 * @param host not an IP address.
 */
export function isSpecialName(host: string): boolean {
  const labels = host.toLowerCase().replace(/\.+$/, '').split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2 || labels.includes('') || Object.hasOwn(specialLabels, last)) return true
  return /^(\d+|0x[0-9a-f]*)$/.test(last) || specialEndings.includes(labels.slice(-2).join('.'))
}

/** `localhost` and what is under it: loopback by definition, whatever the DNS says. */
export function isLocalhost(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host)
}
