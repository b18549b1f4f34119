import { makeDeferred, mountFields } from './card-fields.ts'
import { makeFieldError } from './errors.ts'
import { drawFieldBoxes } from './field-boxes.ts'
import { fieldNames } from './field-watch.ts'
import type { MountOptions, ReadOffer } from './mount.ts'
import { loadScript, type PspScript, readScript } from './psp-script.ts'
import type { CardFields, FieldName, FieldState } from './types.ts'
import { isRecord, readText } from './untrusted.ts'

/** The part of Stripe.js that is used here, as its reference ("Stripe JS Reference") has it. */
type StripeElement = {
  on: (event: string, handler: (event: StripeEvent) => void) => void
  mount: (holder: HTMLElement) => void
  focus: () => void
  destroy: () => void
}
type StripeEvent = { empty?: boolean; complete?: boolean; brand?: string; error?: { code?: string; message?: string } }
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

async function mountStripe(from: StripeAccount, element: HTMLElement, options: MountOptions): Promise<CardFields> {
  const { locale } = options
  const elements = new Map<FieldName, StripeElement>()
  const focus = (field: FieldName = 'number') => elements.get(field)?.focus()
  const boxes = drawFieldBoxes(options, focus)
  const { watch } = boxes
  let stripe: ReturnType<StripeJs>

  const draw = async (isGone: () => boolean) => {
    stripe = (await loadScript<StripeJs>(from.script, 'Stripe'))(from.publishableKey)
    if (isGone()) return
    const group = stripe.elements({ locale: wholeLocales.test(locale) ? locale : locale.slice(0, 2) })
    const style = { base: { ...boxes.text, '::placeholder': boxes.quiet }, invalid: boxes.wrong }
    const isReady = fieldNames.map((field) => {
      const drawn = group.create(elementNames[field], field === 'number' ? { style, disableLink: true } : { style })
      const ready = makeDeferred<void>()
      drawn.on('ready', () => ready.resolve())
      drawn.on('loaderror', () => ready.reject(new Error(`Stripe could not draw ${elementNames[field]}.`)))
      for (const name of ['focus', 'blur']) drawn.on(name, () => watch.noteFocus(field, name === 'focus'))
      drawn.on('change', (event) => {
        const brand = event.brand === 'unknown' ? null : readText(event.brand)
        watch.note(field, readState(event), readText(event.error?.message), field === 'number' ? brand : undefined)
      })
      drawn.mount(boxes.holders[field])
      elements.set(field, drawn)
      return ready.promise
    })
    await Promise.all(isReady)
    boxes.show()
  }

  const tokenize = async () => {
    const { paymentMethod, error } = await stripe.createPaymentMethod({ type: 'card', card: elements.get('number') })
    if (isRecord(paymentMethod)) return { token: paymentMethod.id, card: paymentMethod.card }
    const { type, code, message } = isRecord(error) ? error : {}
    // Only these two types are written for shoppers, in their language; the others speak to developers (Stripe, "Errors").
    const isForShopper = type === 'validation_error' || type === 'card_error'
    const field = (isForShopper && fieldNames.find((name) => String(code).includes(name))) || null
    const refused = makeFieldError({ field, code, text: isForShopper && message, cause: error }, locale)
    if (field !== null) {
      watch.note(field, /^incomplete/.test(refused.code) ? watch.of(field).state : 'invalid', refused.message)
      focus(field)
    }
    throw refused
  }

  const remove = () => {
    for (const drawn of elements.values()) drawn.destroy()
  }
  const { account, script } = from
  return mountFields(
    element,
    { kind: 'stripe', account, root: boxes.root, from: script.url, draw, tokenize, focus, remove },
    options,
  )
}

/** An `incomplete_…` error is what Stripe says of a field that was left too early; it can still become right. */
function readState({ empty, complete, error }: StripeEvent): FieldState {
  if (complete) return 'complete'
  if (error && !error.code?.startsWith('incomplete_')) return 'invalid'
  return empty ? 'empty' : 'incomplete'
}
