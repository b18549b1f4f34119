import { randomInt } from 'node:crypto'

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** An id in Stripe's form, such as `pi_3x…`. */
export function makeId(prefix: string, length = 24): string {
  return `${prefix}_${makeSecret(length)}`
}

/** Random digits, as the networks' ids have them. */
export function makeDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('')
}

/** Random letters and digits; 24 of them are 142 bits. */
export function makeSecret(length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('')
}
