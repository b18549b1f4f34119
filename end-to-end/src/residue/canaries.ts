import { createHash } from 'node:crypto'

/** A card that exists for one drill only, used once: wherever it turns up later, it is known how it came there. */
export type Canary = {
  index: number
  /** Digits with a right check digit. No bank issued it, as far as chance can promise. */
  number: string
  /** The security code: 3 digits, for American Express 4. */
  code: string
  /**
   * The holder's name, of letters alone and of this canary alone. It may be kept; it tells whose code stands beside it.
   * What differs stands first, because the last characters of a text are no certain part of its base64.
   */
  marker: string
}

/** Prefixes with the length of their numbers. Each is one that the relay, the tripwire and the sandbox PSP know alike. */
const brands: readonly { prefix: string; length: number; codeLength: number }[] = [
  { prefix: '4', length: 16, codeLength: 3 },
  { prefix: '53', length: 16, codeLength: 3 },
  { prefix: '2345', length: 16, codeLength: 3 },
  { prefix: '37', length: 15, codeLength: 4 },
  { prefix: '36', length: 14, codeLength: 3 },
  { prefix: '3567', length: 16, codeLength: 3 },
  { prefix: '6011', length: 16, codeLength: 3 },
  { prefix: '623', length: 16, codeLength: 3 },
]

/** The same `seed` gives the same cards. All numbers and all markers of one call differ. */
export function makeCanaries(count: number, seed: number): Canary[] {
  const taken = new Set<string>()
  return Array.from({ length: count }, (_, index) => {
    const brand = brands[index % brands.length] ?? { prefix: '4', length: 16, codeLength: 3 }
    for (let attempt = 0; ; attempt++) {
      const digits = digitsOf(`${seed} ${index} ${attempt}`)
      const number = addCheckDigit((brand.prefix + digits).slice(0, brand.length - 1))
      const code = digits.slice(-brand.codeLength)
      // The tripwire blanks a code with ones, so such a code would be found wherever it was blanked.
      if (taken.has(number) || /^1+$/.test(code)) continue
      taken.add(number)
      return { index, number, code, marker: `${lettersOf(index)} Canary` }
    }
  })
}

/** Some forty random digits that follow from the text. */
function digitsOf(text: string): string {
  return BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
    .toString()
    .slice(0, 40)
}

/** ISO/IEC 7812-1, annex B. */
function addCheckDigit(start: string): string {
  const sum = [...start].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return start + ((10 - (sum % 10)) % 10)
}

/** Six letters that count up; a digit in a marker would be one that a search has to tell from a card's. */
function lettersOf(index: number): string {
  let rest = index
  let letters = ''
  for (let place = 0; place < 6; place++) {
    letters = String.fromCharCode(97 + (rest % 26)) + letters
    rest = Math.floor(rest / 26)
  }
  return letters
}
