import { randomBytes } from 'node:crypto'

const letters = 'BCDFGHJKLMNPQRSTVWXZ23456789'

/** Random capitals and digits, as Adyen's references have them. 28 letters do not divide 256; a reference is no secret. */
export function randomLetters(length: number): string {
  return Array.from(randomBytes(length), (byte) => letters.charAt(byte % letters.length)).join('')
}

/** A `pspReference`: 16 letters, unique. */
export function newPspReference(): string {
  return randomLetters(16)
}

/** 256 random bits in hex: for keys, and for addresses that only their holder may know. */
export function newSecret(): string {
  return randomBytes(32).toString('hex')
}
