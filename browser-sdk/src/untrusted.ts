// The longest text that is taken from a PSP's page or script, so that a broken one cannot flood the merchant's page.
const longestText = 500

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text that says something and is not too long to show; else null. */
export function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= longestText ? value : null
}

/** Null for everything but `http:` and `https:`, since a `javascript:` address would run in the merchant's page. */
export function parseWebAddress(value: unknown): URL | null {
  try {
    const url = new URL(String(value))
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : null
  } catch {
    return null
  }
}

/** A whole number, or null. */
export function readInteger(value: unknown): number | null {
  return Number.isSafeInteger(value) ? Number(value) : null
}
