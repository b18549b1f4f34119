import { request } from 'undici'
import type { ShopConfig } from '../config.ts'

/** What the checkout page must know of the PSP before it can allow its frame. */
export type FieldsOffer = { origins: string[]; environment: string | null; testCardsUrl: string | null }

const nothing: FieldsOffer = { origins: [], environment: null, testCardsUrl: null }
const freshMs = 60_000
const answerTimeoutMs = 3_000

type ClientConfig = {
  environment: string
  psp_accounts: { psp: string; fields: { kind: string; origin: string } | null }[]
}

/**
 * Gives the PSP's origins by what `/v1/client_config` says, remembered for a minute. While FinCore cannot be reached it
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

function readOffer(body: ClientConfig): FieldsOffer {
  const frames = body.psp_accounts.filter((account) => account.fields?.kind === 'iframe')
  const origins = frames.map((account) => new URL(account.fields?.origin ?? '').origin)
  const sandbox = frames.findIndex((account) => account.psp === 'sandbox')
  return { origins, environment: body.environment, testCardsUrl: sandbox < 0 ? null : `${origins[sandbox]}/` }
}
