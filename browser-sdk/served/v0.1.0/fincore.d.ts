/** Where FinCore's API is, and the key (`pk_…`) that may be shown to everybody. */
export type LoadOptions = {
  api: string
  publishableKey: string
  /** The language of all texts, as a BCP 47 tag; the page's own `<html lang>` when absent. */
  locale?: string
}

export type FieldName = 'number' | 'expiry' | 'cvc'

/** `incomplete`: what is typed so far can still become right. `invalid`: it cannot. */
export type FieldState = 'empty' | 'incomplete' | 'invalid' | 'complete'

/** What is known of a field, and of the whole card. */
export type FieldEvent = {
  field: FieldName
  state: FieldState
  /** What the shopper is told about the field, in their language; null while nothing is. */
  message: string | null
  /** Whether all fields are complete. */
  complete: boolean
  /** Null until the digits typed so far tell it. */
  brand: string | null
}

/** How the fields look. A colour is `#1c2127`, `rgb(…)` or `hsl(…)`; a size is in CSS pixels. */
export type FieldStyles = {
  textColor?: string
  /** Of what stands in an empty field, and of the brand. */
  placeholderColor?: string
  backgroundColor?: string
  borderColor?: string
  focusColor?: string
  errorColor?: string
  /** Of the fonts that the shopper's device has: a web font of the page does not reach into a PSP's frame. */
  fontFamily?: string
  /** 12 to 24. Phones zoom into a field whose text is smaller than 16. */
  fontSize?: number
  /** 0 to 24. */
  borderRadius?: number
  /** Between the fields, 0 to 32. */
  spacing?: number
}

export type FieldsOptions = {
  /** The language of these fields; that of `loadFincore` when absent. */
  locale?: string
  /** The colours of the page around the fields; the PSP's own default when absent. */
  theme?: 'light' | 'dark'
  /** What differs from the theme. */
  styles?: FieldStyles
  /** Called once, when the shopper can type. */
  onReady?: () => void
  /** Called whenever something is newly known of a field. */
  onChange?: (event: FieldEvent) => void
  onFocus?: (event: FieldEvent) => void
  onBlur?: (event: FieldEvent) => void
  /** Its abort does what `destroy()` does, also while the fields are still being drawn. */
  signal?: AbortSignal
  /** How long the PSP may take to draw its fields, in milliseconds; 10,000 when absent. */
  readyTimeoutMs?: number
}

/** What may be shown of the card: “Visa ending in 4242”. Null is what this PSP's fields do not tell. */
export type CardSummary = { brand: string; last4: string; exp_month: number | null; exp_year: number | null }

/** Send `token` and `pspAccount` to your own server, which makes the charge with them. A token works once. */
export type TokenResult = { token: string; card: CardSummary; pspAccount: string }

export type CardFields = {
  /** Who draws them: a page of the PSP in a frame, or the PSP's own script. The calls are the same for all. */
  kind: 'iframe' | 'stripe' | 'adyen'
  /**
   * Rejects with a `FincoreError` whose `message` can be shown to the shopper as it is. When a field is wrong, it says so
   * there, and has the focus.
   */
  tokenize: () => Promise<TokenResult>
  /** Puts the focus into a field, the card number when none is named. */
  focus: (field?: FieldName) => void
  /** Takes the fields off the page; a `tokenize` under way rejects. A second time does nothing. */
  destroy: () => void
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

export declare class FincoreError extends Error {
  readonly code: string
  readonly field: FieldName | null
  constructor(code: string, message: string, detail?: { field?: FieldName | null; cause?: unknown })
}

export declare function loadFincore(options: LoadOptions): Promise<Fincore>

declare global {
  interface Window {
    /** Of a page that has fincore.js in a script tag; undefined when it was not loaded. */
    Fincore?: { load: typeof loadFincore; FincoreError: typeof FincoreError }
  }
}
