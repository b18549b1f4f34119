import type { Payment } from './checkout.ts'
import type { RawCard } from './fincore/mask.ts'

export type CheckoutForm = { attempt: string; payment: Payment }
export type FormReading = { form: CheckoutForm } | { problem: string }

const attemptPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
// As long as FinCore takes one: some PSPs' tokens are the whole encrypted card.
const tokenPattern = /^[\x21-\x7e]{1,10000}$/
const accountPattern = /^pspa_[0-9a-z]{1,64}$/

/** Reads the form that a shopper sent. A problem is a sentence for the shopper, and never quotes what they typed. */
export function readCheckoutForm(body: unknown): FormReading {
  const values = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const read = (name: string): string => {
    const value = values[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  const attempt = read('attempt')
  if (!attemptPattern.test(attempt)) return { problem: 'This page was out of date. Choose how to pay once more.' }
  switch (read('way')) {
    case 'hosted':
      return { form: { attempt, payment: { way: 'hosted' } } }
    case 'fields': {
      const [token, account] = [read('token'), read('psp_account')]
      if (!tokenPattern.test(token)) return { problem: 'Paying here needs JavaScript. Choose the secure page instead.' }
      return {
        form: { attempt, payment: { way: 'fields', token, pspAccount: accountPattern.test(account) ? account : null } },
      }
    }
    case 'server': {
      const reading = readCard(read)
      return 'problem' in reading ? reading : { form: { attempt, payment: { way: 'server', card: reading.card } } }
    }
    default:
      return { problem: 'Choose one of the three ways to pay.' }
  }
}

function readCard(read: (name: string) => string): { card: RawCard } | { problem: string } {
  const number = read('number').replace(/[ -]/g, '')
  if (!/^\d{12,19}$/.test(number)) return { problem: 'The card number is not complete. It has 12 to 19 digits.' }
  const expiry = /^(0?[1-9]|1[0-2]) ?[/-] ?(?:20)?(\d{2})$/.exec(read('expiry'))
  if (expiry === null) return { problem: 'The expiry date is not right. Write the month and the year, such as 04/31.' }
  const cvc = read('cvc')
  if (!/^\d{3,4}$/.test(cvc)) return { problem: 'The security code is not right. It has 3 or 4 digits.' }
  const holder = read('holder_name').slice(0, 100)
  const dates = { exp_month: Number(expiry[1]), exp_year: 2000 + Number(expiry[2]) }
  return { card: { number, cvc, ...dates, ...(holder !== '' && { holder_name: holder }) } }
}
