import { parseWebAddress } from './untrusted.ts'

/** Where a PSP's script may come from, whatever `client_config` says: a page that runs another's script is lost. */
const scriptOrigins = {
  stripe: /^https:\/\/([a-z0-9-]+\.)?js\.stripe\.com$/,
  adyen: /^https:\/\/checkoutshopper-(test|live(-[a-z]{2,4})?)\.cdn\.adyen\.com$/,
} as const

const loopback = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

/** Whether FinCore itself runs on this very machine: only then is a stand-in's script on this machine taken. */
function isDevelopment(api: string): boolean {
  return loopback.test(new URL(api, location.href).origin)
}

export type PspScript = { url: string; integrity: string | null }

/** The script of a PSP, when it comes from one of the PSP's own origins; null for every other place. @param api FinCore's */
export function readScript(
  psp: keyof typeof scriptOrigins,
  fields: Record<string, unknown>,
  api: string,
): PspScript | null {
  const url = parseWebAddress(fields.script_url)
  if (url === null) return null
  const integrity = typeof fields.script_integrity === 'string' ? fields.script_integrity : null
  const isStandIn = isDevelopment(api) && loopback.test(url.origin)
  if (isStandIn) return { url: url.href, integrity }
  if (!scriptOrigins[psp].test(url.origin)) return null
  // Adyen publishes a hash for every release; Stripe's script changes under its address, and has none.
  if (psp === 'adyen' && !/^sha384-[A-Za-z0-9+/]{64}$/.test(integrity ?? '')) return null
  return { url: url.href, integrity }
}

const underWay = new Map<string, Promise<void>>()

/**
 * Loads a script once, and gives what it leaves at `window[name]`. A page that has loaded it itself, as Stripe advises
 * for every page of a shop, keeps its own.
 */
export async function loadScript<T>(script: PspScript, name: string): Promise<T> {
  const read = () => (window as unknown as Record<string, T | undefined>)[name]
  const own = read()
  if (own !== undefined) return own
  const loading = underWay.get(script.url) ?? addScript(script)
  underWay.set(script.url, loading)
  // The next try may find the connection back, so a failure is not remembered.
  await loading.finally(() => underWay.delete(script.url))
  const loaded = read()
  if (loaded === undefined) throw new Error(`${script.url} left nothing at window.${name}.`)
  return loaded
}

function addScript({ url, integrity }: PspScript): Promise<void> {
  return new Promise((resolve, reject) => {
    const tag = document.createElement('script')
    tag.async = true
    tag.src = url
    if (integrity !== null) {
      tag.integrity = integrity
      tag.crossOrigin = 'anonymous'
    }
    tag.onload = () => resolve()
    tag.onerror = () => {
      tag.remove()
      reject(new Error(`${url} did not load. Look at the page's Content-Security-Policy.`))
    }
    document.head.append(tag)
  })
}
