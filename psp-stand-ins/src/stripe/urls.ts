/** Whether a text is an address of the web, as Stripe asks of the ones that a shopper is sent to. */
export function isWebUrl(text: string): boolean {
  return text.length <= 5_000 && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

/** The address with more parameters in its query. */
export function addQuery(address: string, more: Record<string, string>): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value)
  return url.href
}
