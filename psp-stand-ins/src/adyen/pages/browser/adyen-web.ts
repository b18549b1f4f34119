/**
 * The part of Adyen Web 6 that draws card fields, under the names of its documentation: `window.AdyenWeb` with
 * `AdyenCheckout`, `CustomCard` and `Card`. Every field is a frame of the origin that this script came from.
 */
type FieldState = { valid: boolean; error: string | null; blobs: Record<string, string> }
type Configuration = Record<string, unknown> & { clientKey?: string; environment?: string; locale?: string }
type Callback = (...args: unknown[]) => void
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
  styles?: { base?: Record<string, string>; error?: Record<string, string> }
  brands?: string[]
  hasHolderName?: boolean
}
type Checkout = { options: Configuration }

const adyenWebScript =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[src$="/adyen-web/adyen.js"]')
const adyenWebOrigin = new URL(adyenWebScript?.src ?? location.href).origin

/** Adyen Web's words for its error codes, of which each field has a few. */
const adyenWebErrors: Record<string, string> = {
  'cc.num.900': 'Enter the card number',
  'cc.num.902': 'Enter a valid card number',
  'cc.dat.910': 'Enter the expiry date',
  'cc.dat.912': 'Card too old',
  'cc.dat.913': 'Enter a valid expiry date',
  'cc.mth.915': 'Enter the expiry month',
  'cc.yr.917': 'Enter the expiry year',
  'cc.cvc.920': 'Enter the security code',
  'cc.cvc.921': 'Enter the complete security code',
  'cc.num.903': 'Enter a supported card brand',
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
  protected readonly options: Options
  private readonly fields = new Map<string, FieldState & { frame: HTMLIFrameElement; ready: boolean }>()
  private brand = ''
  private rootNode: HTMLElement | null = null
  private wasValid = false
  /** The name on the card, which `Card` asks for and `CustomCard` leaves to the merchant. */
  protected holderName = ''

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
    this.prepare(root)
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
      paymentMethod: {
        type: 'scheme',
        ...blobs,
        ...(this.holderName === '' ? {} : { holderName: this.holderName }),
      },
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
      error === null ? null : { isValid: false, error, errorMessage: error, errorI18n: adyenWebErrors[error] ?? error }
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

  updateStyles(styles: Options['styles']): this {
    for (const { frame } of this.fields.values()) this.tell(frame, { do: 'style', style: styles?.base ?? {} })
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

  protected prepare(_root: HTMLElement): void {}

  protected tellChange(): void {
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
      this.tell(field.frame, { do: 'style', style: this.options.styles?.base ?? {} })
      if ([...this.fields.values()].every(({ ready }) => ready)) {
        this.options.onConfigSuccess?.({ iframesConfigured: true, type: 'card', rootNode: this.rootNode })
        this.options.onReady?.()
      }
    }
    if (data.event === 'focus') {
      this.options.onFocus?.({ fieldType, focus: data.focus, type: 'card', rootNode: this.rootNode })
      if (data.focus === false && !data.empty) this.setError(fieldType, field, data.error)
    }
    if (data.event === 'validated') this.setError(fieldType, field, data.error)
    if (data.event === 'change') this.change(fieldType, field, data)
  }

  private setError(fieldType: string, field: FieldState, error: string | null): void {
    if (field.error === error) return
    field.error = error
    const i18n = error === null ? '' : (adyenWebErrors[error] ?? error)
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
    this.tellChange()
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
    if (field.valid) field.error = null
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
    if (isUnsupported) this.setError(fieldType, field, 'cc.num.903')
    this.tellChange()
  }

  private changeBrand(found: { brand: string; cvcLength: number } | null): void {
    const brand = found?.brand ?? ''
    if (brand === this.brand) return
    this.brand = brand
    const code = this.fields.get('encryptedSecurityCode')
    if (code) this.tell(code.frame, { do: 'cvcLength', length: found?.cvcLength ?? 3 })
    this.options.onBrand?.({ type: 'card', rootNode: this.rootNode, brand: brand === '' ? 'card' : brand })
  }
}

/** The whole form, with labels of its own. */
class Card extends CustomCard {
  protected override prepare(root: HTMLElement): void {
    const field = (name: string, label: string) => {
      const place = document.createElement('label')
      place.className = 'adyen-checkout__field'
      const text = document.createElement('span')
      text.textContent = label
      const frame = document.createElement('span')
      frame.dataset.cse = name
      place.append(text, frame)
      return place
    }
    const form = document.createElement('div')
    form.className = 'adyen-checkout__card-input__form'
    form.append(
      field('encryptedCardNumber', 'Card number'),
      field('encryptedExpiryDate', 'Expiry date'),
      field('encryptedSecurityCode', 'Security code'),
    )
    if (this.options.hasHolderName) form.append(this.makeHolderName())
    root.replaceChildren(form)
  }

  private makeHolderName(): HTMLElement {
    const label = document.createElement('label')
    label.className = 'adyen-checkout__field'
    const input = document.createElement('input')
    input.autocomplete = 'cc-name'
    input.addEventListener('input', () => {
      this.holderName = input.value.trim()
      this.tellChange()
    })
    label.append('Name on card', input)
    return label
  }
}

/** Makes what components are made with. The client key is looked at when a field is drawn, as by Adyen's own frames. */
async function AdyenCheckout(configuration: Configuration): Promise<Checkout> {
  if (!configuration.clientKey) throw new Error('clientKey is required')
  if (!configuration.environment) throw new Error('environment is required')
  if (!configuration.countryCode) throw new Error('You must specify a countryCode when initializing checkout.')
  return { options: configuration }
}

Object.assign(window, { AdyenWeb: { AdyenCheckout, Card, CustomCard } })
