/** Where FinCore's API is, and the key (`pk_…`) that may be shown to everybody. */
export type LoadOptions = { api: string; publishableKey: string }

/** `brand` is null until the digits typed so far tell it. */
export type FieldsState = { complete: boolean; brand: string | null }

export type FieldsOptions = {
  /** A BCP 47 tag; the page's own `<html lang>` when absent. */
  locale?: string
  /** The colours of the page around the fields; the PSP's own default when absent. */
  theme?: 'light' | 'dark'
  /** Called whenever the shopper's typing changed what is known of the card. */
  onChange?: (state: FieldsState) => void
  /** How long the PSP may take to draw its fields, in milliseconds. */
  readyTimeoutMs?: number
}

/** What may be shown of the card: “Visa ending in 4242”. Null is what this PSP's fields do not tell. */
export type CardSummary = { brand: string; last4: string; exp_month: number | null; exp_year: number | null }

/** Send `token` and `pspAccount` to your own server, which makes the charge with them. A token works once. */
export type TokenResult = { token: string; card: CardSummary; pspAccount: string }

export type CardFields = {
  /** Who draws them: a page of the PSP in a frame, or the PSP's own script. The calls are the same for all. */
  kind: 'iframe' | 'stripe' | 'adyen'
  /** Rejects with a `FincoreError` whose `message` can be shown to the shopper as it is. */
  tokenize: () => Promise<TokenResult>
  focus: () => void
  /** Takes the fields off the page; a `tokenize` under way rejects. */
  unmount: () => void
}

/** The part of a charge that the browser needs. Your server may hand the whole charge on. */
export type ChargeInBrowser = { next_action: { type: string; url?: string } | null }

export type Fincore = {
  environment: string
  mountCardFields: (element: HTMLElement, options?: FieldsOptions) => Promise<CardFields>
  /**
   * Does what the charge asks of the shopper, such as a visit to the bank's page. Resolves `false` when there is
   * nothing to do; when the browser is leaving for another page it never resolves.
   */
  handleNextAction: (charge: ChargeInBrowser) => Promise<boolean>
}

/** Draws a PSP's fields, and resolves when the shopper can type. */
export type Mount = (element: HTMLElement, options: FieldsOptions) => Promise<CardFields>

/**
 * Reads what `client_config` says of an account's fields. Null when it is not understood, contradicts itself, or names a
 * place that this SDK does not take a script from; then the account's fields are not offered.
 */
export type ReadOffer = (account: string, fields: Record<string, unknown>, api: string) => Mount | null
