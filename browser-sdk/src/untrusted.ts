import type { CardSummary } from './types.ts'

// The longest text that is taken from a PSP's page or script, so that a broken one cannot flood the merchant's page.
const longestText = 500

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text that says something and is not too long, by default to show; else null. */
export function readText(value: unknown, longest = longestText): string | null {
  return typeof value === 'string' && value !== '' && value.length <= longest ? value : null
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

/** What a PSP tells of the card that a token was made of. */
export function readCard(value: unknown): CardSummary {
  const card = isRecord(value) ? value : {}
  return {
    brand: readText(card.brand) ?? 'unknown',
    last4: readText(card.last4) ?? '',
    exp_month: readInteger(card.exp_month),
    exp_year: readInteger(card.exp_year),
  }
}

function readInteger(value: unknown): number | null {
  return Number.isSafeInteger(value) ? Number(value) : null
}
