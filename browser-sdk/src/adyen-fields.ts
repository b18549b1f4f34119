import { makeDeferred, mountFields } from './card-fields.ts'
import { makeFieldError } from './errors.ts'
import { drawFieldBoxes } from './field-boxes.ts'
import { fieldNames } from './field-watch.ts'
import type { MountOptions, ReadOffer } from './mount.ts'
import { loadScript, type PspScript, readScript } from './psp-script.ts'
import { textsOf } from './texts.ts'
import type { CardFields, FieldName, FieldState } from './types.ts'
import { isRecord, readText } from './untrusted.ts'

/** The part of Adyen Web 6 that is used here, as its documentation ("Custom card integration") has it. */
type AdyenWeb = {
  AdyenCheckout: (options: object) => Promise<object>
  CustomCard: new (checkout: object, options: object) => CustomCard
}
type CustomCard = {
  mount: (root: HTMLElement) => CustomCard
  unmount: () => void
  setFocusOn: (fieldType: string) => void
  showValidation: () => void
}
type CardState = {
  isValid?: boolean
  data?: unknown
  valid?: Readonly<Record<string, unknown>>
  errors?: Readonly<Record<string, unknown>>
}
type FieldProblem = { fieldType?: string; error?: string; errorI18n?: string; errorMessage?: string }

type AdyenAccount = { account: string; clientKey: string; environment: string; script: PspScript }

const fieldTypes: Record<FieldName, string> = {
  number: 'encryptedCardNumber',
  expiry: 'encryptedExpiryDate',
  cvc: 'encryptedSecurityCode',
}
const encryptedNames = [
  'encryptedCardNumber',
  'encryptedExpiryMonth',
  'encryptedExpiryYear',
  'encryptedSecurityCode',
] as const

/**
 * The brands that Adyen Web looks for. An account that does not take one of them refuses the payment. Brands that share
 * a card with another are not among them, since the shopper would have to be asked for one (EU regulation 2015/751).
 */
const brands = ['visa', 'mc', 'amex', 'maestro', 'discover', 'diners', 'jcb', 'cup']
/** Adyen's names that are not FinCore's. */
const brandNames: Readonly<Record<string, string>> = { mc: 'mastercard', cup: 'unionpay' }
const digitPlaceholders = {
  cardNumber: '1234 1234 1234 1234',
  securityCodeThreeDigits: '123',
  securityCodeFourDigits: '1234',
}
// How long Adyen Web may take to put into words what it was just asked to check.
const wordsTimeoutMs = 500
const longestCiphertext = 10_000

export const readAdyenOffer: ReadOffer = (account, fields, api) => {
  const clientKey = readText(fields.client_key)
  const environment = readText(fields.environment)
  const script = readScript('adyen', fields, api)
  if (clientKey === null || environment === null || script === null) return null
  return (element, options) => mountAdyen({ account, clientKey, environment, script }, element, options)
}

async function mountAdyen(from: AdyenAccount, element: HTMLElement, options: MountOptions): Promise<CardFields> {
  const { locale } = options
  let card: CustomCard | null = null
  const focus = (field: FieldName = 'number') => card?.setFocusOn(fieldTypes[field])
  const boxes = drawFieldBoxes(options, focus)
  for (const field of fieldNames) boxes.holders[field].dataset.cse = fieldTypes[field]
  const { watch } = boxes
  const ready = makeDeferred<void>()
  let state: CardState = {}
  let brand: string | null = null
  let last4 = ''
  let focused: FieldName | undefined
  /** Adyen's codes of what is wrong. */
  const codes: Partial<Record<FieldName, string | undefined>> = {}
  let inWords = makeDeferred<void>()
  let trouble: unknown
  const findWrong = () => fieldNames.find((field) => codes[field])

  /** Tells what is known of a field. Adyen does not say when a field that is not right was emptied. */
  const note = (field: FieldName, message: string | null) => {
    const { state: before } = watch.of(field)
    const begun = field === focused || before !== 'empty' ? 'incomplete' : 'empty'
    watch.note(
      field,
      state.valid?.[fieldTypes[field]] ? 'complete' : (readState(codes[field]) ?? begun),
      message,
      brand,
    )
  }

  const handlers = {
    onConfigSuccess: () => ready.resolve(),
    // It also complains of what it can do without, such as a translation.
    onError: (error: unknown) => {
      trouble = error
    },
    onFocus: ({ fieldType, focus: hasFocus }: { fieldType?: string; focus?: boolean }) => {
      const field = fieldOf(fieldType)
      if (field === undefined) return
      focused = hasFocus ? field : undefined
      watch.noteFocus(field, hasFocus === true)
    },
    onBrand: ({ brand: name }: { brand?: string }) => {
      // `card` is what Adyen Web says while it does not know.
      brand = name === undefined || name === 'card' ? null : (brandNames[name] ?? readText(name))
      note('number', watch.of('number').message)
    },
    onFieldValid: ({ fieldType, endDigits }: { fieldType?: string; endDigits?: string }) => {
      if (fieldType === fieldTypes.number) last4 = readText(endDigits) ?? ''
    },
    onValidationError: (problems: FieldProblem[]) => {
      for (const { fieldType, error, errorI18n, errorMessage } of problems) {
        const field = fieldOf(fieldType)
        if (field === undefined) continue
        codes[field] = error
        note(field, readText(errorI18n ?? errorMessage))
      }
      if (findWrong()) inWords.resolve()
    },
    onChange: (now: CardState) => {
      state = now
      for (const field of fieldNames) {
        const isWrong = now.errors?.[fieldTypes[field]]
        if (!isWrong) codes[field] = ''
        note(field, isWrong ? watch.of(field).message : null)
      }
    },
  }

  const draw = async (isGone: () => boolean) => {
    const { AdyenCheckout, CustomCard } = await loadScript<AdyenWeb>(from.script, 'AdyenWeb')
    const checkout = await AdyenCheckout({
      clientKey: from.clientKey,
      environment: from.environment,
      locale,
      // Adyen Web wants a country, by which it would choose ways to pay; card fields are the same in all of them.
      countryCode: /-([A-Z]{2})$/.exec(locale)?.[1] ?? 'NL',
      // What the shopper does is no business of a third party's statistics, and nobody here reads its risk data. A number
      // for the visit is asked for all the same.
      analytics: { enabled: false },
      risk: { enabled: false },
      // Problems are told beside each field; a second voice would say them twice.
      srConfig: { enabled: false },
      onError: handlers.onError,
    })
    if (isGone()) return
    const styles = { base: boxes.text, placeholder: boxes.quiet, error: boxes.wrong }
    const placeholders = { ...digitPlaceholders, expiryDate: textsOf(locale).date }
    card = new CustomCard(checkout, { brands, styles, placeholders, ...handlers }).mount(boxes.root)
    await ready.promise
    for (const iframe of boxes.root.querySelectorAll('iframe')) {
      Object.assign(iframe.style, { display: 'block', width: '100%', height: '46px', border: '0' })
    }
    boxes.show()
  }

  const tokenize = async () => {
    if (state.isValid !== true) throw await findWrongField()
    return { token: makeToken(state.data), card: { brand, last4 } }
  }

  /** Has Adyen Web say what is wrong, and puts the focus there. */
  const findWrongField = async () => {
    inWords = makeDeferred<void>()
    card?.showValidation()
    if (findWrong()) inWords.resolve()
    await Promise.race([inWords.promise, new Promise((resolve) => setTimeout(resolve, wordsTimeoutMs))])
    const field = findWrong()
    if (field === undefined) return makeFieldError({ field: null, code: null, text: null }, locale)
    focus(field)
    return makeFieldError({ field, code: codes[field], text: watch.of(field).message }, locale)
  }

  return mountFields(
    element,
    {
      kind: 'adyen',
      account: from.account,
      root: boxes.root,
      from: from.script.url,
      draw,
      tokenize,
      focus,
      remove: () => card?.unmount(),
      trouble: () => trouble,
    },
    options,
  )
}

/** Of Adyen's codes, 900, 910 and 920 are of an empty field, 901, 911 and 921 of one that was left too early. */
function readState(code = ''): FieldState | null {
  if (code === '') return null
  return code.endsWith('0') ? 'empty' : code.endsWith('1') ? 'incomplete' : 'invalid'
}

function fieldOf(fieldType: string | undefined): FieldName | undefined {
  return fieldNames.find((field) => fieldTypes[field] === fieldType)
}

/**
 * Adyen has no token of one word: its API takes the encrypted fields. They are wrapped into one, so that a merchant's
 * server handles every PSP's token alike; only Adyen can open what is inside. Text in base64 has no four digits in a row,
 * so nobody's watch for card numbers takes it for one. Null when Adyen Web gave less than a card.
 */
function makeToken(data: unknown): string | null {
  const { paymentMethod, browserInfo, origin } = isRecord(data) ? data : {}
  const encrypted = isRecord(paymentMethod) ? paymentMethod : {}
  if (!encryptedNames.every((name) => readText(encrypted[name], longestCiphertext))) return null
  const content = {
    paymentMethod: { type: 'scheme', ...Object.fromEntries(encryptedNames.map((name) => [name, encrypted[name]])) },
    ...(isRecord(browserInfo) && { browserInfo }),
    origin: readText(origin) ?? location.origin,
  }
  const bytes = new TextEncoder().encode(JSON.stringify(content))
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return `adyen_${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
}
