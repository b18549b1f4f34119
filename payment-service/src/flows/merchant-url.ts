/** The addresses that a merchant gave us for the shopper's way back, with what the merchant's page needs to know added. */

/** The address with `name=value` added to its query; everything else in it stays as the merchant wrote it. */
export function addParameter(address: string, name: string, value: string): string {
  // URL gives the ASCII form, which a Location header needs; the query is not re-encoded.
  const [beforeHash = '', ...hash] = new URL(address).href.split('#')
  const join = !beforeHash.includes('?') ? '?' : /[?&]$/.test(beforeHash) ? '' : '&'
  return [`${beforeHash}${join}${name}=${encodeURIComponent(value)}`, ...hash].join('#')
}

/** Whether a shopper can be sent there. */
export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
