/**
 * The part of Adyen Web 6 that draws card fields, under the names of its documentation (“Custom card integration”):
 * `window.AdyenWeb` with `AdyenCheckout` and `CustomCard`. Every field is a frame of the origin that this script came from.
 * It is served as the body of a function, so that none of its names is one of the merchant's page.
 */
type FieldState = { valid: boolean; error: string | null; blobs: Record<string, string> }
type Configuration = Record<string, unknown> & { clientKey?: string; environment?: string; locale?: string }
type Callback = (...args: unknown[]) => void
type FieldStyles = Partial<Record<'base' | 'error' | 'placeholder', Record<string, string>>>
type Options = {
  onChange?: Callback
  onFieldValid?: Callback
  onBrand?: Callback
  onFocus?: Callback
  onLoad?: Callback
  onConfigSuccess?: Callback
  onAllValid?: Callback
  onError?: Callback
  onValidationError?: Callback
  onReady?: Callback
  onBinValue?: Callback
  ariaLabels?: Record<string, string | undefined>
  placeholders?: Record<string, string | undefined>
  styles?: FieldStyles
  brands?: string[]
}
type Checkout = { options: Configuration }

const adyenWebScript =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[src$="/adyen-web/adyen.js"]')
const adyenWebOrigin = new URL(adyenWebScript?.src ?? location.href).origin

/** Adyen Web's words for its error codes, of which each field has a few. Its other languages are not needed here. */
const adyenWebErrors: Record<string, Record<string, string> | undefined> = {
  en: {
    'cc.num.900': 'Enter the card number',
    'cc.num.902': 'Enter a valid card number',
    'cc.num.903': 'Enter a supported card brand',
    'cc.dat.910': 'Enter the expiry date',
    'cc.dat.912': 'Card too old',
    'cc.dat.913': 'Enter a valid expiry date',
    'cc.mth.915': 'Enter the expiry month',
    'cc.yr.917': 'Enter the expiry year',
    'cc.cvc.920': 'Enter the security code',
    'cc.cvc.921': 'Enter the complete security code',
  },
  de: {
    'cc.num.900': 'Geben Sie die Kartennummer ein',
    'cc.num.902': 'Geben Sie eine gültige Kartennummer ein',
    'cc.num.903': 'Diese Kartenmarke wird nicht angenommen',
    'cc.dat.910': 'Geben Sie das Ablaufdatum ein',
    'cc.dat.912': 'Die Karte ist abgelaufen',
    'cc.dat.913': 'Geben Sie ein gültiges Ablaufdatum ein',
    'cc.mth.915': 'Geben Sie den Ablaufmonat ein',
    'cc.yr.917': 'Geben Sie das Ablaufjahr ein',
    'cc.cvc.920': 'Geben Sie den Sicherheitscode ein',
    'cc.cvc.921': 'Geben Sie den vollständigen Sicherheitscode ein',
  },
}

/** The names of the labels in `ariaLabels` and `placeholders`, by field. */
const adyenWebLabels: Record<string, string> = {
  encryptedCardNumber: 'cardNumber',
  encryptedExpiryDate: 'expiryDate',
  encryptedExpiryMonth: 'expiryMonth',
  encryptedExpiryYear: 'expiryYear',
  encryptedSecurityCode: 'securityCode',
}

function readBrowserInfo() {
  return {
    acceptHeader: '*/*',
    colorDepth: screen.colorDepth,
    language: navigator.language,
    javaEnabled: false,
    screenHeight: screen.height,
    screenWidth: screen.width,
    userAgent: navigator.userAgent,
    timeZoneOffset: new Date().getTimezoneOffset(),
  }
}

class CustomCard {
  private readonly checkout: Checkout
  private readonly options: Options
  private readonly fields = new Map<string, FieldState & { frame: HTMLIFrameElement; ready: boolean }>()
  private brand = ''
  private rootNode: HTMLElement | null = null
  /** Of the security code, by the card's brand. */
  private cvcLength = 3
  private wasValid = false

  constructor(checkout: Checkout, options: Options = {}) {
    this.checkout = checkout
    this.options = options
    this.listen = this.listen.bind(this)
  }

  /** Puts a frame into each element with `data-cse` below the element or selector. */
  mount(target: string | HTMLElement): this {
    const root = typeof target === 'string' ? document.querySelector<HTMLElement>(target) : target
    if (!root) throw new Error('Component could not mount. Root node was not found.')
    this.rootNode = root
    window.addEventListener('message', this.listen)
    for (const place of root.querySelectorAll<HTMLElement>('[data-cse]')) {
      const fieldType = place.dataset.cse ?? ''
      const frame = document.createElement('iframe')
      frame.className = 'js-iframe'
      frame.title = `Iframe for ${this.options.ariaLabels?.[adyenWebLabels[fieldType] ?? ''] ?? fieldType}`
      frame.src = this.addressOf(fieldType)
      frame.style.cssText = 'border:0;width:100%;height:100%'
      this.fields.set(fieldType, { frame, ready: false, valid: false, error: null, blobs: {} })
      place.replaceChildren(frame)
    }
    this.options.onLoad?.({ iframesLoaded: true })
    return this
  }

  /** What the merchant's server sends on: the request's `paymentMethod`, `browserInfo` and `origin`. */
  get data() {
    const blobs = Object.assign({}, ...[...this.fields.values()].map((field) => field.blobs)) as Record<string, string>
    return {
      paymentMethod: { type: 'scheme', ...blobs },
      browserInfo: readBrowserInfo(),
      origin: window.location.origin,
    }
  }

  get isValid(): boolean {
    return this.fields.size > 0 && [...this.fields.values()].every(({ valid }) => valid)
  }

  get state() {
    const entries = [...this.fields]
    const errorOf = ({ error }: FieldState) =>
      error === null ? null : { isValid: false, error, errorMessage: error, errorI18n: this.translate(error) }
    return {
      data: this.data,
      isValid: this.isValid,
      valid: Object.fromEntries(entries.map(([name, { valid }]) => [name, valid])),
      errors: Object.fromEntries(entries.map(([name, field]) => [name, errorOf(field)])),
      selectedBrandValue: this.brand,
    }
  }

  /** Marks every field that is not right. */
  showValidation(): this {
    for (const { frame } of this.fields.values()) this.tell(frame, { do: 'validate' })
    return this
  }

  setFocusOn(fieldType: string): this {
    const frame = this.fields.get(fieldType)?.frame
    frame?.focus()
    if (frame) this.tell(frame, { do: 'focus' })
    return this
  }

  updateStyles(styles: FieldStyles): this {
    for (const { frame } of this.fields.values()) this.tell(frame, { do: 'style', styles })
    return this
  }

  unmount(): this {
    window.removeEventListener('message', this.listen)
    for (const { frame } of this.fields.values()) frame.remove()
    this.fields.clear()
    return this
  }

  remove(): void {
    this.unmount()
  }

  private tellChange(): void {
    this.options.onChange?.(this.state, this)
    if (this.isValid !== this.wasValid) {
      this.wasValid = this.isValid
      this.options.onAllValid?.({ allValid: this.isValid, type: 'card', rootNode: this.rootNode })
    }
  }

  private addressOf(fieldType: string): string {
    const url = new URL('/adyen-web/securedFields.html', adyenWebOrigin)
    const name = adyenWebLabels[fieldType] ?? ''
    url.searchParams.set('clientKey', this.checkout.options.clientKey ?? '')
    url.searchParams.set('fieldType', fieldType)
    url.searchParams.set('origin', window.location.origin)
    const label = this.options.ariaLabels?.[name]
    const placeholder = this.options.placeholders?.[name]
    if (label) url.searchParams.set('label', label)
    if (placeholder) url.searchParams.set('placeholder', placeholder)
    return url.href
  }

  private tell(frame: HTMLIFrameElement, message: Record<string, unknown>): void {
    frame.contentWindow?.postMessage({ adyenStandIn: 1, ...message }, adyenWebOrigin)
  }

  private listen({ origin, source, data }: MessageEvent): void {
    if (origin !== adyenWebOrigin || data?.adyenStandIn !== 1) return
    const [fieldType, field] = [...this.fields].find(([, { frame }]) => frame.contentWindow === source) ?? []
    if (!fieldType || !field) return
    if (data.event === 'ready') {
      field.ready = true
      this.tell(field.frame, { do: 'style', styles: this.options.styles ?? {} })
      this.tell(field.frame, { do: 'cvcLength', length: this.cvcLength })
      if ([...this.fields.values()].every(({ ready }) => ready)) {
        this.options.onConfigSuccess?.({ iframesConfigured: true, type: 'card', rootNode: this.rootNode })
        this.options.onReady?.()
      }
    }
    if (data.event === 'focus') {
      this.options.onFocus?.({ fieldType, focus: data.focus, type: 'card', rootNode: this.rootNode })
      if (data.focus === false && !data.empty) this.setError(fieldType, field, field.valid ? null : data.error)
    }
    // A brand that the merchant does not take is wrong though the number is right.
    if (data.event === 'validated' && !(field.error !== null && data.error === null))
      this.setError(fieldType, field, data.error)
    if (data.event === 'change') this.change(fieldType, field, data)
  }

  /** Tells the merchant's page what is wrong with a field, or, with null, that nothing is any more. */
  private setError(fieldType: string, field: FieldState, error: string | null): void {
    if (field.error === error) return
    field.error = error
    const i18n = error === null ? '' : this.translate(error)
    const told = {
      fieldType,
      error: error ?? '',
      errorI18n: i18n,
      errorText: i18n,
      rootNode: this.rootNode,
      type: 'card',
    }
    this.options.onError?.(told, this)
    this.options.onValidationError?.([told])
  }

  private translate(error: string): string {
    const words = adyenWebErrors[this.checkout.options.locale?.slice(0, 2) ?? 'en'] ?? adyenWebErrors.en
    return words?.[error] ?? error
  }

  private change(
    fieldType: string,
    field: FieldState,
    data: {
      error: string | null
      blobs: Record<string, string>
      brand: { brand: string; cvcLength: number } | null
      endDigits?: string
      issuerBin?: string
    },
  ): void {
    const isUnsupported =
      data.brand !== null && this.options.brands !== undefined && !this.options.brands.includes(data.brand.brand)
    field.valid = data.error === null && !isUnsupported
    field.blobs = field.valid ? data.blobs : {}
    if (fieldType === 'encryptedCardNumber') this.changeBrand(data.brand)
    for (const [encryptedFieldName, blob] of Object.entries(field.blobs)) {
      this.options.onFieldValid?.({
        fieldType,
        encryptedFieldName,
        valid: true,
        type: 'card',
        blob,
        endDigits: data.endDigits,
        issuerBin: data.issuerBin,
        rootNode: this.rootNode,
      })
    }
    if (field.valid && data.issuerBin)
      this.options.onBinValue?.({ type: 'card', binValue: data.issuerBin, encryptedBin: '' })
    // Who types on has not finished: what is wrong is said when the field is left.
    this.setError(fieldType, field, isUnsupported ? 'cc.num.903' : null)
    this.tellChange()
  }

  private changeBrand(found: { brand: string; cvcLength: number } | null): void {
    const brand = found?.brand ?? ''
    if (brand === this.brand) return
    this.brand = brand
    this.cvcLength = found?.cvcLength ?? 3
    const code = this.fields.get('encryptedSecurityCode')
    if (code) this.tell(code.frame, { do: 'cvcLength', length: this.cvcLength })
    this.options.onBrand?.({ type: 'card', rootNode: this.rootNode, brand: brand === '' ? 'card' : brand })
  }
}

/** Makes what components are made with. The client key is looked at when a field is drawn, as by Adyen's own frames. */
async function AdyenCheckout(configuration: Configuration): Promise<Checkout> {
  if (!configuration.clientKey) throw new Error('clientKey is required')
  if (!configuration.environment) throw new Error('environment is required')
  if (!configuration.countryCode) throw new Error('You must specify a countryCode when initializing checkout.')
  return { options: configuration }
}

Object.assign(window, { AdyenWeb: { AdyenCheckout, CustomCard } })
