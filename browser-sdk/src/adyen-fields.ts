import { makeCardFields, makeDeferred, tellChanges, waitUntilReady } from './card-fields.ts'
import { makeError, makeFieldError } from './errors.ts'
import { drawFieldBoxes, findProblem } from './field-boxes.ts'
import { describeFields, type FieldName, fieldNames } from './field-texts.ts'
import { loadScript, type PspScript, readScript } from './psp-script.ts'
import type { CardFields, FieldsOptions, ReadOffer, TokenResult } from './types.ts'
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
type CardState = { isValid?: boolean; data?: unknown; errors?: Readonly<Record<string, unknown>> }
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
// What FinCore takes. Adyen's ciphertexts have some 700 characters each, so it is about twice what is needed.
const longestToken = 10_000

export const readAdyenOffer: ReadOffer = (account, fields, api) => {
  const clientKey = readText(fields.client_key)
  const environment = readText(fields.environment)
  const script = readScript('adyen', fields, api)
  if (clientKey === null || environment === null || script === null) return null
  return (element, options) => mountAdyen({ account, clientKey, environment, script }, element, options)
}

async function mountAdyen(from: AdyenAccount, element: HTMLElement, options: FieldsOptions): Promise<CardFields> {
  let card: CustomCard | null = null
  const focus = (field: FieldName) => card?.setFocusOn(fieldTypes[field])
  const boxes = drawFieldBoxes(options, focus)
  for (const field of fieldNames) boxes.holders[field].dataset.cse = fieldTypes[field]
  const tell = tellChanges(options)
  const ready = makeDeferred<void>()
  let state: CardState = {}
  let brand: string | null = null
  let last4 = ''
  /** Adyen's codes of what is wrong. */
  const codes: Partial<Record<FieldName, string | undefined>> = {}
  let inWords = makeDeferred<void>()
  let trouble: unknown
  let isGone = false
  const remove = () => {
    isGone = true
    card?.unmount()
    boxes.root.remove()
  }
  const tellState = () => tell({ complete: state.isValid === true, brand })

  const handlers = {
    onConfigSuccess: () => ready.resolve(),
    // It also complains of what it can do without, such as a translation.
    onError: (error: unknown) => {
      trouble = error
    },
    onFocus: ({ fieldType, focus: hasFocus }: { fieldType?: string; focus?: boolean }) => {
      const field = fieldOf(fieldType)
      if (field !== undefined) boxes.showFocus(field, hasFocus === true)
    },
    onBrand: ({ brand: name }: { brand?: string }) => {
      // `card` is what Adyen Web says while it does not know.
      brand = name === undefined || name === 'card' ? null : (brandNames[name] ?? readText(name))
      boxes.showBrand(brand)
      tellState()
    },
    onFieldValid: ({ fieldType, endDigits }: { fieldType?: string; endDigits?: string }) => {
      if (fieldType === fieldTypes.number) last4 = readText(endDigits) ?? ''
    },
    onValidationError: (problems: FieldProblem[]) => {
      for (const { fieldType, error, errorI18n, errorMessage } of problems) {
        const field = fieldOf(fieldType)
        if (field === undefined) continue
        codes[field] = error
        boxes.showProblem(field, readText(errorI18n ?? errorMessage) ?? '')
      }
      if (findProblem(boxes) !== undefined) inWords.resolve()
    },
    onChange: (now: CardState) => {
      state = now
      for (const field of fieldNames) if (!now.errors?.[fieldTypes[field]]) boxes.showProblem(field, '')
      tellState()
    },
  }

  const draw = async () => {
    const { AdyenCheckout, CustomCard } = await loadScript<AdyenWeb>(from.script, 'AdyenWeb')
    const { locale, texts } = describeFields(options)
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
    if (isGone) throw new Error('The fields were not waited for any longer.')
    const { color, quiet, wrong, fontFamily, fontSize } = boxes.text
    const styles = {
      base: { color, fontFamily, fontSize },
      placeholder: { color: quiet },
      error: { color: wrong },
    }
    const placeholders = { ...digitPlaceholders, expiryDate: texts.date }
    card = new CustomCard(checkout, { brands, styles, placeholders, ...handlers }).mount(boxes.root)
    await ready.promise
    for (const iframe of boxes.root.querySelectorAll('iframe')) {
      Object.assign(iframe.style, { display: 'block', width: '100%', height: '46px', border: '0' })
    }
  }

  element.replaceChildren(boxes.root)
  await waitUntilReady(draw(), { from: from.script.url, remove, options, trouble: () => trouble })
  boxes.show()

  const tokenize = async (): Promise<TokenResult> => {
    if (state.isValid !== true) throw await findWrongField()
    return {
      token: makeToken(state.data),
      card: { brand: brand ?? 'unknown', last4, exp_month: null, exp_year: null },
      pspAccount: from.account,
    }
  }

  /** Has Adyen Web say what is wrong, and puts the focus there. */
  const findWrongField = async () => {
    inWords = makeDeferred<void>()
    card?.showValidation()
    if (findProblem(boxes) !== undefined) inWords.resolve()
    await Promise.race([inWords.promise, new Promise((resolve) => setTimeout(resolve, wordsTimeoutMs))])
    const field = findProblem(boxes)
    if (field === undefined) return makeFieldError(null, null, null)
    focus(field)
    return makeFieldError(codes[field], boxes.problemOf(field), field)
  }

  return makeCardFields({ kind: 'adyen', root: boxes.root, tokenize, focus: () => focus('number'), remove })
}

function fieldOf(fieldType: string | undefined): FieldName | undefined {
  return fieldNames.find((field) => fieldTypes[field] === fieldType)
}

/**
 * Adyen has no token of one word: its API takes the encrypted fields. They are wrapped into one, so that a merchant's
 * server handles every PSP's token alike; only Adyen can open what is inside. Text in base64 has no four digits in a row,
 * so nobody's watch for card numbers takes it for one.
 */
function makeToken(data: unknown): string {
  const { paymentMethod, browserInfo, origin } = isRecord(data) ? data : {}
  const encrypted = isRecord(paymentMethod) ? paymentMethod : {}
  const parts = encryptedNames.map((name) => {
    const text = encrypted[name]
    if (typeof text !== 'string' || text === '')
      throw makeError('fields_error', new Error(`Adyen Web gave no ${name}.`))
    return [name, text]
  })
  const content = {
    paymentMethod: { type: 'scheme', ...Object.fromEntries(parts) },
    ...(isRecord(browserInfo) && { browserInfo }),
    origin: readText(origin) ?? window.location.origin,
  }
  const bytes = new TextEncoder().encode(JSON.stringify(content))
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  const token = `adyen_${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
  if (token.length > longestToken) throw makeError('fields_error', new Error('The encrypted card is too long to send.'))
  return token
}
