/**
 * `@fincore/browser`: draws the card fields of the merchant's PSP, returns a token for them, and carries the shopper
 * through what the charge asks next. The card's number and code stay inside the PSP's iframes: these files, the page
 * around them and the merchant's server never see them.
 *
 * It imports nothing from elsewhere; build.ts makes the files of it that browsers get.
 */
import { readAdyenOffer } from './adyen-fields.ts'
import { makeError } from './errors.ts'
import { readIframeOffer } from './iframe-fields.ts'
import type { Mount, ReadOffer } from './mount.ts'
import { readStripeOffer } from './stripe-fields.ts'
import type { Fincore, LoadOptions } from './types.ts'
import { isRecord, parseWebAddress, readText } from './untrusted.ts'

export { FincoreError } from './errors.ts'
export type {
  CardFields,
  CardSummary,
  ChargeInBrowser,
  FieldEvent,
  FieldName,
  FieldState,
  FieldStyles,
  FieldsOptions,
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
  const locale = options.locale ?? (document.documentElement.lang || 'en')
  const config = await fetchClientConfig(options).catch((cause) => {
    throw makeError('api_unreachable', locale, cause)
  })
  return {
    environment: readText(config.environment) ?? 'unknown',
    async mountCardFields(element, fieldsOptions) {
      const mount = findMount(config, options.api)
      if (mount !== undefined) return mount(element, { locale, ...fieldsOptions })
      throw makeError('fields_not_offered', locale, new Error('No account of client_config has fields to draw.'))
    },
    async handleNextAction({ next_action: action }) {
      if (action === null) return false
      const url = parseWebAddress(action.url)
      if (action.type !== 'redirect' || url === null) {
        throw makeError('next_action_unsupported', locale, new Error(`next_action of type ${action.type}`))
      }
      location.assign(url.href)
      return new Promise(() => {})
    },
  }
}

async function fetchClientConfig({ api, publishableKey }: LoadOptions): Promise<Record<string, unknown>> {
  const response = await fetch(`${api.replace(/\/+$/, '')}/v1/client_config`, {
    headers: { authorization: `Bearer ${publishableKey}` },
    credentials: 'omit',
    signal: AbortSignal.timeout(configTimeoutMs),
  })
  const body: unknown = await response.json()
  if (response.ok && isRecord(body)) return body
  throw new Error(`client_config answered ${response.status}: ${isRecord(body) ? body.code : 'not an object'}`)
}

/** How to draw the fields of the first PSP account whose fields can be drawn. */
function findMount(config: Record<string, unknown>, api: string): Mount | undefined {
  const accounts = Array.isArray(config.psp_accounts) ? config.psp_accounts : []
  for (const account of accounts) {
    const id = isRecord(account) ? readText(account.id) : null
    if (id === null || !isRecord(account.fields)) continue
    const mount = offers.get(account.fields.kind)?.(id, account.fields, api)
    if (mount) return mount
  }
  return undefined
}
