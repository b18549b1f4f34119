/**
 * `@fincore/browser`: draws the card fields of the merchant's PSP, returns a token for them, and carries the shopper
 * through what the charge asks next. The card's number and code stay inside the PSP's iframes: these files, the page
 * around them and the merchant's server never see them.
 *
 * Erasable types only and no imports from elsewhere, so that script.ts can join the files to the one that is served.
 */
import { readAdyenOffer } from './adyen-fields.ts'
import { makeError } from './errors.ts'
import { readIframeOffer } from './iframe-fields.ts'
import { readStripeOffer } from './stripe-fields.ts'
import type { ChargeInBrowser, Fincore, LoadOptions, Mount, ReadOffer } from './types.ts'
import { isRecord, parseWebAddress, readText } from './untrusted.ts'

export { FincoreError } from './errors.ts'
export type {
  CardFields,
  CardSummary,
  ChargeInBrowser,
  FieldsOptions,
  FieldsState,
  Fincore,
  LoadOptions,
  TokenResult,
} from './types.ts'

const configTimeoutMs = 10_000

/** Every kind of fields that can be drawn. A PSP whose fields are a page in an iframe needs no line here. */
const offers: ReadonlyMap<unknown, ReadOffer> = new Map([
  ['iframe', readIframeOffer],
  ['stripe', readStripeOffer],
  ['adyen', readAdyenOffer],
])

/**
 * Asks FinCore how this merchant's card fields are drawn. Throws a `FincoreError` when the API cannot be reached or
 * refuses the key, and a `TypeError` when a secret key was passed, which must never reach a browser.
 */
export async function loadFincore(options: LoadOptions): Promise<Fincore> {
  if (!options.publishableKey.startsWith('pk_')) {
    throw new TypeError('loadFincore takes a publishable key (pk_…). A secret key must never be sent to a browser.')
  }
  const config = await fetchClientConfig(options)
  return {
    environment: readText(config.environment) ?? 'unknown',
    mountCardFields: async (element, fieldsOptions = {}) => findMount(config, options.api)(element, fieldsOptions),
    handleNextAction,
  }
}

async function fetchClientConfig(options: LoadOptions): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(`${options.api.replace(/\/+$/, '')}/v1/client_config`, {
      headers: { authorization: `Bearer ${options.publishableKey}` },
      credentials: 'omit',
      signal: AbortSignal.timeout(configTimeoutMs),
    })
    const body: unknown = await response.json()
    if (response.ok && isRecord(body)) return body
    throw new Error(`client_config answered ${response.status}: ${isRecord(body) ? body.code : 'not an object'}`)
  } catch (cause) {
    throw makeError('api_unreachable', cause)
  }
}

/** How to draw the fields of the first PSP account whose fields can be drawn. */
function findMount(config: Record<string, unknown>, api: string): Mount {
  const accounts = Array.isArray(config.psp_accounts) ? config.psp_accounts : []
  for (const account of accounts) {
    const id = isRecord(account) ? readText(account.id) : null
    if (id === null || !isRecord(account.fields)) continue
    const mount = offers.get(account.fields.kind)?.(id, account.fields, api)
    if (mount) return mount
  }
  throw makeError('fields_not_offered', new Error('client_config lists no PSP account with fields that can be drawn.'))
}

async function handleNextAction(charge: ChargeInBrowser): Promise<boolean> {
  if (charge.next_action === null) return false
  const url = parseWebAddress(charge.next_action.url)
  if (charge.next_action.type !== 'redirect' || url === null) {
    throw makeError('next_action_unsupported', new Error(`next_action of type ${charge.next_action.type}`))
  }
  window.location.assign(url.href)
  return new Promise(() => {})
}
