import { randomBytes } from 'node:crypto'

const crockfordAlphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Makes `req_` and 26 characters of Crockford base 32: 48 bits of time in milliseconds and 80 random bits. */
export function makeRequestId(): string {
  let rest = (BigInt(Date.now()) << 80n) | BigInt(`0x${randomBytes(10).toString('hex')}`)
  let text = ''
  for (let count = 0; count < 26; count++) {
    text = crockfordAlphabet.charAt(Number(rest & 31n)) + text
    rest >>= 5n
  }
  return `req_${text}`
}
