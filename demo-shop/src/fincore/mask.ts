export type RawCard = { number: string; cvc: string; exp_month: number; exp_year: number; holder_name?: string }

const dots = '••••'

/** The first six and the last four digits, the most that PCI DSS 3.4.1 lets anybody see. */
export function maskNumber(number: string): string {
  return number.length < 12 ? dots : `${number.slice(0, 6)}${dots}${number.slice(-4)}`
}

/** Enough of a key to tell two apart, too little to use: `Bearer sk_test_••••9f3a`. */
export function maskAuthorization(value: string): string {
  return value.replace(/^(Bearer [a-z]+_(?:test|live)_|Bearer [a-z]+_).*(.{4})$/, `$1${dots}$2`)
}

function passesLuhn(digits: string): boolean {
  let sum = 0
  for (const [index, digit] of [...digits].reverse().entries()) {
    const doubled = index % 2 === 1 ? Number(digit) * 2 : Number(digit)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** Masks whatever looks like a card number, also one that a shopper typed into another field, such as the name. */
export function maskCardNumbers(text: string): string {
  return text.replace(/(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)/g, (found) => {
    const digits = found.replace(/\D/g, '')
    return passesLuhn(digits) ? maskNumber(digits) : found
  })
}

/** The request's body as the shop may remember and show it. */
export function maskRequestBody(body: object): object {
  const method = 'payment_method' in body ? (body.payment_method as { card?: RawCard }) : undefined
  if (method?.card === undefined) return body
  const card = { ...method.card, number: maskNumber(method.card.number), cvc: '•••' }
  return { ...body, payment_method: { ...method, card } }
}
