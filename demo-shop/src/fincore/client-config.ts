import { request } from 'undici'
import type { ShopConfig } from '../config.ts'

/** What the checkout page must know of the PSPs before it can allow their fields. */
export type FieldsOffer = { sources: FieldsSources; environment: string | null; testCardsUrl: string | null }

/** What a Content-Security-Policy must allow for the card fields, whichever PSP draws them. */
export type FieldsSources = { scripts: string[]; frames: string[]; connects: string[]; images: string[] }

const nothing: FieldsOffer = {
  sources: { scripts: [], frames: [], connects: [], images: [] },
  environment: null,
  testCardsUrl: null,
}
const freshMs = 60_000
const answerTimeoutMs = 3_000

type ClientConfig = {
  environment: string
  psp_accounts: {
    psp: string
    fields: {
      origin?: string
      content_security_policy: Record<'script_src' | 'frame_src' | 'connect_src' | 'img_src', string[]>
    }
  }[]
}
// A scheme, a host with at most a `*` in front, a port, a path: what is more could write the policy anew.
const sourcePattern = /^https?:\/\/(\*\.)?[a-z\d.-]+(:\d{1,5})?(\/[\w./-]*)?$/

/**
 * Gives what the PSPs' fields need by what `/v1/client_config` says, remembered for a minute. While FinCore cannot be reached it
 * gives the last answer, or none: the page then offers no fields, rather than allowing frames of anybody.
 */
export function makeFieldsOffer(config: ShopConfig): () => Promise<FieldsOffer> {
  let last = { offer: nothing, until: 0 }
  return async () => {
    if (Date.now() < last.until) return last.offer
    try {
      const response = await request(`${config.apiUrl}/v1/client_config`, {
        headers: { authorization: `Bearer ${config.publishableKey}` },
        headersTimeout: answerTimeoutMs,
        bodyTimeout: answerTimeoutMs,
      })
      const body = (await response.body.json()) as ClientConfig
      if (response.statusCode === 200) last = { offer: readOffer(body), until: Date.now() + freshMs }
    } catch {
      // Without an answer the last one stands; the next page asks again.
    }
    return last.offer
  }
}

function readOffer({ environment, psp_accounts: accounts }: ClientConfig): FieldsOffer {
  const gather = (directive: 'script_src' | 'frame_src' | 'connect_src' | 'img_src') => {
    const named = accounts.flatMap(({ fields }) => fields.content_security_policy[directive])
    return [...new Set(named)].filter((source) => sourcePattern.test(source))
  }
  const sandbox = accounts.find(({ psp }) => psp === 'sandbox')?.fields.origin
  return {
    sources: {
      scripts: gather('script_src'),
      frames: gather('frame_src'),
      connects: gather('connect_src'),
      images: gather('img_src'),
    },
    environment,
    testCardsUrl: sandbox === undefined ? null : `${sandbox}/#magic-cards`,
  }
}
