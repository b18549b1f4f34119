import { beginningOf, readCardNumber } from '../../card-brands.ts'
import { encryptField } from './encrypt-field.ts'

/**
 * One field in its frame. It tells the merchant's page, and no other, whether it is right, and of its value only what is
 * encrypted; of a number also brand, first six and last four digits, as Adyen Web does.
 */
const input = document.querySelector<HTMLInputElement>('#field')
if (!input) throw new Error('The field is not in its page')
const { origin = '', publicKey = '', fieldType = '' } = input.dataset

type Reading = { error: string | null; encrypts: Record<string, string>; tells: Record<string, string> }

/** How long the security code is, which the number's field knows. */
let cvcLength = 3
let lastText = ''

const incomplete = 'cc.gen.9100'
const readers: Record<string, (text: string) => Reading> = {
  encryptedCardNumber(text) {
    const number = text.replace(/\D/g, '')
    const card = readCardNumber(number)
    if (card === null) return failed(number === '' ? 'cc.num.900' : 'cc.num.902')
    return {
      error: null,
      encrypts: { encryptedCardNumber: number },
      tells: { endDigits: number.slice(-4), issuerBin: number.slice(0, 6) },
    }
  },
  encryptedExpiryDate(text) {
    const [, month = '', year = ''] = /^(0[1-9]|1[0-2])\D*(?:20)?(\d{2})$/.exec(text.trim()) ?? []
    if (month === '') return failed(text === '' ? 'cc.dat.910' : 'cc.dat.913')
    if (new Date(2000 + Number(year), Number(month), 1).getTime() <= Date.now()) return failed('cc.dat.912')
    return { error: null, encrypts: { encryptedExpiryMonth: month, encryptedExpiryYear: `20${year}` }, tells: {} }
  },
  encryptedExpiryMonth(text) {
    return /^(0[1-9]|1[0-2])$/.test(text)
      ? { error: null, encrypts: { encryptedExpiryMonth: text }, tells: {} }
      : failed('cc.mth.915')
  },
  encryptedExpiryYear(text) {
    const year = /^(?:20)?(\d{2})$/.exec(text)?.[1]
    return year ? { error: null, encrypts: { encryptedExpiryYear: `20${year}` }, tells: {} } : failed('cc.yr.917')
  },
  encryptedSecurityCode(text) {
    const fits = /^\d+$/.test(text) && text.length === cvcLength
    return fits
      ? { error: null, encrypts: { encryptedSecurityCode: text }, tells: {} }
      : failed(text === '' ? 'cc.cvc.920' : 'cc.cvc.921')
  },
}

/** What stands in the encrypted text, by the field that it is sent in. */
const innerNames: Record<string, string> = {
  encryptedCardNumber: 'number',
  encryptedExpiryMonth: 'expiryMonth',
  encryptedExpiryYear: 'expiryYear',
  encryptedSecurityCode: 'cvc',
}

function failed(error: string): Reading {
  return { error, encrypts: {}, tells: {} }
}

function say(message: Record<string, unknown>): void {
  window.parent.postMessage({ adyenStandIn: 1, fieldType, ...message }, origin)
}

function read(field: HTMLInputElement): Reading {
  return readers[fieldType]?.(field.value) ?? failed(incomplete)
}

async function tellChange(field: HTMLInputElement): Promise<void> {
  const text = field.value
  const { error, encrypts, tells } = read(field)
  const brand = fieldType === 'encryptedCardNumber' ? beginningOf(text.replace(/\D/g, '')) : null
  const blobs: Record<string, string> = {}
  for (const [name, value] of Object.entries(encrypts))
    blobs[name] = await encryptField(publicKey, innerNames[name] ?? '', value)
  // While it was encrypted, somebody may have typed on.
  if (field.value === text) say({ event: 'change', error, empty: text === '', blobs, brand, ...tells })
}

/** The merchant's look, of which an error's goes over the usual one. What CSS knows by a pseudo-element comes in a variable. */
type FieldStyles = Partial<Record<'base' | 'error' | 'placeholder', Record<string, string>>>
let styles: FieldStyles = {}

function markError(field: HTMLInputElement, error: string | null): void {
  if (error === null) field.removeAttribute('aria-invalid')
  else field.setAttribute('aria-invalid', 'true')
  Object.assign(field.style, styles.base, error === null ? {} : styles.error)
  field.style.setProperty('--placeholder', styles.placeholder?.color ?? '')
}

function format(field: HTMLInputElement): void {
  if (fieldType === 'encryptedExpiryDate') {
    const digits = field.value.replace(/\D/g, '')
    const isLonger = field.value.length > lastText.length
    if (isLonger && digits.length >= 2) field.value = `${digits.slice(0, 2)}/${digits.slice(2, 6)}`
  }
  if (fieldType === 'encryptedCardNumber' && field.selectionStart === field.value.length)
    field.value = field.value
      .replace(/\D/g, '')
      .slice(0, 19)
      .replace(/(\d{4})(?=\d)/g, '$1 ')
  lastText = field.value
}

input.addEventListener('input', () => {
  format(input)
  markError(input, null)
  void tellChange(input)
})
input.addEventListener('focus', () => say({ event: 'focus', focus: true }))
input.addEventListener('blur', () => {
  const { error } = read(input)
  const empty = input.value === ''
  if (!empty) markError(input, error)
  say({ event: 'focus', focus: false, error, empty })
})
window.addEventListener('message', ({ origin: from, source, data }) => {
  if (from !== origin || source !== window.parent || data?.adyenStandIn !== 1) return
  if (data.do === 'focus') input.focus()
  if (data.do === 'style') {
    styles = data.styles
    markError(input, null)
  }
  if (data.do === 'validate') {
    const { error } = read(input)
    markError(input, error)
    say({ event: 'validated', error })
  }
  if (data.do === 'cvcLength') {
    cvcLength = data.length
    if (input.value !== '') void tellChange(input)
  }
})
say({ event: 'ready' })
