import { brandOf, type CardBrand, cvcLengthOf, isCardNumber } from '../../card-brands.ts'

export type FieldName = 'number' | 'expiry' | 'cvc'
/** `incomplete`: what is typed so far can still become right. */
export type FieldState = 'empty' | 'incomplete' | 'invalid' | 'complete'
export type FieldProblem = { field: FieldName; code: string; message: string }
export type TypedCard = { number: string; cvc: string; expiry_month: number; expiry_year: number }

export const fieldNames: readonly FieldName[] = ['number', 'expiry', 'cvc']

const brandLabels: Record<string, string> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'Amex',
  discover: 'Discover',
  diners: 'Diners',
  jcb: 'JCB',
  unionpay: 'UnionPay',
  maestro: 'Maestro',
}

/**
 * Finds the inputs of the page, formats what is typed, and shows what is wrong. Throws when the page has none.
 *
 * @param onFocus called when an input gets the focus or loses it
 */
export function connectCardInputs(
  onChange: () => void,
  onFocus: (field: FieldName, hasFocus: boolean) => void = () => {},
) {
  const holder = requireElement('.card-inputs', HTMLElement)
  const messages: Record<string, string> = JSON.parse(holder.dataset.messages ?? '{}')
  const input = (name: FieldName) => requireElement(`#${name}`, HTMLInputElement)
  const digits = (name: FieldName) => input(name).value.replace(/\D/g, '')

  const show = (field: FieldName, message: string) => {
    requireElement(`#${field}-error`, HTMLElement).textContent = message
    input(field).setAttribute('aria-invalid', message === '' ? 'false' : 'true')
  }

  const problemOf = (field: FieldName): FieldProblem | null => {
    const code = problemCodeOf(field, digits('number'), input('expiry').value, digits('cvc'))
    return code === null ? null : { field, code, message: messages[code] ?? code }
  }

  const format = (field: FieldName) => {
    const element = input(field)
    // Text after the caret would jump; formatting waits until the caret is at the end again.
    if (element.selectionStart !== element.value.length) return
    if (field === 'number') element.value = groupNumber(digits('number').slice(0, 19))
    if (field === 'expiry') element.value = formatExpiry(element.value)
    if (field === 'cvc') element.value = digits('cvc')
  }

  let lastLength = 0
  for (const field of fieldNames) {
    input(field).addEventListener('input', () => {
      // While the shopper deletes, a slash that comes back by itself would be in the way.
      const grows = input(field).value.length > lastLength || field !== 'expiry'
      if (grows) format(field)
      lastLength = input(field).value.length
      if (field === 'number') {
        const brand = brandOf(digits('number'))
        requireElement('#brand', HTMLElement).textContent = brandLabels[brand] ?? ''
        input('cvc').placeholder = cvcLengthOf(brand) === 4 ? '1234' : '123'
      }
      if (input(field).getAttribute('aria-invalid') === 'true' && problemOf(field) === null) show(field, '')
      onChange()
    })
    input(field).addEventListener('focus', () => {
      lastLength = input(field).value.length
      onFocus(field, true)
    })
    input(field).addEventListener('blur', () => {
      const problem = problemOf(field)
      // An empty field that is only passed through is not a mistake yet.
      if (problem && input(field).value !== '') show(field, problem.message)
      onChange()
      onFocus(field, false)
    })
  }

  return {
    message: (name: string) => messages[name] ?? name,
    /** The name of the brand, or null while the digits do not tell it. */
    brand: (): string | null => {
      const brand = brandOf(digits('number'))
      return brand === 'unknown' ? null : brand
    },
    /** What is known of a field, and what the shopper is told about it. */
    describe: (field: FieldName): { state: FieldState; message: string | null } => ({
      state: stateOf(field, problemOf(field)?.code ?? null, input(field).value, brandOf(digits('number'))),
      message: requireElement(`#${field}-error`, HTMLElement).textContent || null,
    }),
    /** Shows every problem, puts the focus on the first, and returns it. */
    validate: (): FieldProblem | null => {
      const problems = fieldNames.map(problemOf)
      for (const [index, field] of fieldNames.entries()) show(field, problems[index]?.message ?? '')
      onChange()
      const first = problems.find((problem) => problem !== null) ?? null
      if (first) input(first.field).focus()
      return first
    },
    show,
    focus: (field: FieldName) => input(field).focus(),
    read: (): TypedCard => {
      const expiry = readExpiry(input('expiry').value)
      return {
        number: digits('number'),
        cvc: digits('cvc'),
        expiry_month: expiry?.month ?? 0,
        expiry_year: expiry?.year ?? 0,
      }
    },
    disable: (disabled: boolean) => {
      for (const field of fieldNames) input(field).readOnly = disabled
    },
  }
}

/** The element of a selector. Throws when it is not there or of another kind. */
export function requireElement<E extends Element>(selector: string, kind: new () => E): E {
  const element = document.querySelector(selector)
  if (element instanceof kind) return element
  throw new Error(`the page has no ${selector}`)
}

function problemCodeOf(field: FieldName, number: string, expiryText: string, cvc: string): string | null {
  if (field === 'number') return number === '' ? 'incomplete_number' : isCardNumber(number) ? null : 'incorrect_number'
  if (field === 'cvc') {
    const length = cvcLengthOf(brandOf(number))
    const fits = length === 0 ? cvc.length === 3 || cvc.length === 4 : cvc.length === length
    return cvc === '' ? 'incomplete_cvc' : fits ? null : 'incorrect_cvc'
  }
  const expiry = readExpiry(expiryText)
  if (expiryText.trim() === '' || !expiry) return expiryText.trim() === '' ? 'incomplete_expiry' : 'incorrect_expiry'
  // Local time is the shopper's; the bank has the last word on the day itself.
  return new Date(expiry.year, expiry.month, 1).getTime() <= Date.now() ? 'expired_date' : null
}

/** A field that is wrong may only be too short yet: then nobody should be told that it is wrong. */
function stateOf(field: FieldName, problem: string | null, text: string, brand: CardBrand): FieldState {
  if (problem === null) return 'complete'
  if (text.trim() === '') return 'empty'
  const length = text.replace(/\D/g, '').length
  const whole = { number: brand === 'amex' ? 15 : 16, expiry: 4, cvc: cvcLengthOf(brand) || 3 }[field]
  return length < whole ? 'incomplete' : 'invalid'
}

function readExpiry(text: string): { month: number; year: number } | null {
  const match = /^\s*(0?[1-9]|1[0-2])\s*[/.-]?\s*(?:20)?(\d{2})\s*$/.exec(text)
  return match ? { month: Number(match[1]), year: 2000 + Number(match[2]) } : null
}

function formatExpiry(text: string): string {
  let digits = text.replace(/\D/g, '')
  if (/^[2-9]/.test(digits)) digits = `0${digits}`
  if (digits.length === 1 && /^1\s*\//.test(text)) digits = '01'
  if (digits.length === 6 && digits.slice(2, 4) === '20') digits = digits.slice(0, 2) + digits.slice(4)
  return digits.length < 2 ? digits : `${digits.slice(0, 2)} / ${digits.slice(2, 6)}`
}

/** Groups digits as they are embossed: 4-6-5 for American Express, fours for the rest. */
function groupNumber(digits: string): string {
  const groups = brandOf(digits) === 'amex' ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?/ : null
  if (!groups) return digits.replace(/(\d{4})(?=\d)/g, '$1 ')
  return (groups.exec(digits) ?? []).slice(1).filter(Boolean).join(' ')
}
