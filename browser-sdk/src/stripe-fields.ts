import { makeCardFields, makeDeferred, tellChanges, waitUntilReady } from './card-fields.ts'
import { makeError, makeFieldError } from './errors.ts'
import { drawFieldBoxes } from './field-boxes.ts'
import { describeFields, type FieldName, fieldNames } from './field-texts.ts'
import { loadScript, type PspScript, readScript } from './psp-script.ts'
import type { CardFields, FieldsOptions, ReadOffer, TokenResult } from './types.ts'
import { isRecord, readInteger, readText } from './untrusted.ts'

/** The part of Stripe.js that is used here, as its reference ("Stripe JS Reference") has it. */
type StripeElement = {
  on: (event: string, handler: (event: StripeEvent) => void) => void
  mount: (holder: HTMLElement) => void
  focus: () => void
  destroy: () => void
}
type StripeEvent = { complete?: boolean; brand?: string; error?: { message?: string } }
type StripeJs = (publishableKey: string) => {
  elements: (options: { locale: string }) => { create: (type: string, options: object) => StripeElement }
  createPaymentMethod: (input: object) => Promise<{ paymentMethod?: unknown; error?: unknown }>
}

type StripeAccount = { account: string; publishableKey: string; script: PspScript }

const elementNames: Record<FieldName, string> = { number: 'cardNumber', expiry: 'cardExpiry', cvc: 'cardCvc' }
/** Locales that Stripe tells from their language; of every other it knows the language alone. */
const wholeLocales = /^(en-GB|es-419|fr-CA|pt-BR|zh-HK|zh-TW)$/

export const readStripeOffer: ReadOffer = (account, fields, api) => {
  const publishableKey = readText(fields.publishable_key)
  const script = readScript('stripe', fields, api)
  // A secret key that was put into the wrong setting must not be used in a browser, though it has been seen by then.
  if (publishableKey === null || !publishableKey.startsWith('pk_') || script === null) return null
  return (element, options) => mountStripe({ account, publishableKey, script }, element, options)
}

async function mountStripe(from: StripeAccount, element: HTMLElement, options: FieldsOptions): Promise<CardFields> {
  const elements = new Map<FieldName, StripeElement>()
  const boxes = drawFieldBoxes(options, (field) => elements.get(field)?.focus())
  const tell = tellChanges(options)
  const complete = new Set<FieldName>()
  let brand: string | null = null
  let isGone = false
  const remove = () => {
    isGone = true
    for (const drawn of elements.values()) drawn.destroy()
    elements.clear()
    boxes.root.remove()
  }

  const draw = async () => {
    const stripe = (await loadScript<StripeJs>(from.script, 'Stripe'))(from.publishableKey)
    if (isGone) throw new Error('The fields were not waited for any longer.')
    const { locale } = describeFields(options)
    const group = stripe.elements({ locale: wholeLocales.test(locale) ? locale : (locale.split('-')[0] ?? 'auto') })
    const { color, quiet, wrong, fontFamily, fontSize } = boxes.text
    const style = {
      base: { color, fontFamily, fontSize, '::placeholder': { color: quiet } },
      invalid: { color: wrong },
    }
    const isReady = fieldNames.map((field) => {
      const drawn = group.create(elementNames[field], field === 'number' ? { style, disableLink: true } : { style })
      const ready = makeDeferred<void>()
      drawn.on('ready', () => ready.resolve())
      drawn.on('loaderror', () => ready.reject(new Error(`Stripe could not draw ${elementNames[field]}.`)))
      drawn.on('focus', () => boxes.showFocus(field, true))
      drawn.on('blur', () => boxes.showFocus(field, false))
      drawn.on('change', (event) => {
        if (event.complete) complete.add(field)
        else complete.delete(field)
        if (field === 'number') brand = event.brand === 'unknown' ? null : readText(event.brand)
        boxes.showBrand(brand)
        boxes.showProblem(field, readText(event.error?.message) ?? '')
        tell({ complete: complete.size === fieldNames.length, brand })
      })
      drawn.mount(boxes.holders[field])
      elements.set(field, drawn)
      return ready.promise
    })
    await Promise.all(isReady)
    return stripe
  }

  element.replaceChildren(boxes.root)
  const drawing = draw()
  await waitUntilReady(drawing, { from: from.script.url, remove, options })
  const stripe = await drawing
  boxes.show()

  const tokenize = async (): Promise<TokenResult> => {
    const { paymentMethod, error } = await stripe.createPaymentMethod({ type: 'card', card: elements.get('number') })
    if (isRecord(paymentMethod)) return readPaymentMethod(paymentMethod, from.account)
    const refused = readStripeError(error)
    if (refused.field !== null) {
      const field = refused.field as FieldName
      boxes.showProblem(field, refused.message)
      elements.get(field)?.focus()
    }
    throw refused
  }
  return makeCardFields({
    kind: 'stripe',
    root: boxes.root,
    tokenize,
    focus: () => elements.get('number')?.focus(),
    remove,
  })
}

function readPaymentMethod(paymentMethod: Record<string, unknown>, pspAccount: string): TokenResult {
  const token = readText(paymentMethod.id)
  if (token === null) throw makeError('fields_unavailable', new Error('Stripe made a payment method without an id.'))
  const card = isRecord(paymentMethod.card) ? paymentMethod.card : {}
  const summary = {
    brand: readText(card.brand) ?? 'unknown',
    last4: readText(card.last4) ?? '',
    exp_month: readInteger(card.exp_month),
    exp_year: readInteger(card.exp_year),
  }
  return { token, card: summary, pspAccount }
}

/** Only these two types are written for shoppers, in their language; the others speak to developers (Stripe, "Errors"). */
function readStripeError(error: unknown) {
  const { type, code, message } = isRecord(error) ? error : {}
  const isForShopper = type === 'validation_error' || type === 'card_error'
  const field = isForShopper ? (fieldNames.find((name) => String(code).includes(name)) ?? null) : null
  return makeFieldError(code, isForShopper ? message : null, field, error)
}
