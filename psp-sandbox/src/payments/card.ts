import { brandOf, type CardBrand, cvcLengthOf, isCardNumber } from '../card-brands.ts'
import { type DeclineCode, findMagicCard, type Outcome } from '../magic-cards.ts'
import { Rejection } from '../rejection.ts'

/** A card as it is typed or sent. It is never written down and never logged. */
export type CardInput = { number: string; cvc: string; expiry_month: number; expiry_year: number; holder_name?: string }

/** A card that passed the checks: what is known of it, and what it will do. No number. */
export type Card = {
  brand: CardBrand
  first6: string
  last4: string
  expiryMonth: number
  expiryYear: number
  /** The name of the magic card, or null. */
  magicName: string | null
  outcome: Outcome
}

/** A field of the card that is not right, before any bank was asked. */
export type CardProblem = {
  code: 'incorrect_number' | 'incorrect_cvc' | 'incorrect_expiry'
  param: 'number' | 'cvc' | 'expiry'
  message: string
}

/** Checks what can be checked without a bank: check digit, length of the code, a month that exists. */
export function findCardProblem(input: CardInput): CardProblem | null {
  if (!isCardNumber(input.number)) {
    return {
      code: 'incorrect_number',
      param: 'number',
      message: 'The card number is incorrect: its length or its check digit is wrong.',
    }
  }
  const cvcLength = cvcLengthOf(brandOf(input.number))
  if (!/^\d{3,4}$/.test(input.cvc) || (cvcLength !== 0 && input.cvc.length !== cvcLength)) {
    return {
      code: 'incorrect_cvc',
      param: 'cvc',
      message: `The security code must have ${cvcLength || '3 or 4'} digits.`,
    }
  }
  if (input.expiry_month < 1 || input.expiry_month > 12 || input.expiry_year < 2000 || input.expiry_year > 2099) {
    return { code: 'incorrect_expiry', param: 'expiry', message: 'The expiry date is not a month and a year.' }
  }
  return null
}

/** Reads a card into what may be kept of it. Throws a `Rejection` with `paramPrefix` before the field's name. */
export function readCard(input: CardInput, nowMs: number, paramPrefix: string): Card {
  const problem = findCardProblem(input)
  if (problem)
    throw new Rejection(
      400,
      problem.code,
      problem.message,
      `${paramPrefix}${problem.param === 'expiry' ? 'expiry_month' : problem.param}`,
    )
  const brand = brandOf(input.number)
  const magic = findMagicCard(input.number)
  return {
    brand,
    first6: input.number.slice(0, 6),
    last4: input.number.slice(-4),
    expiryMonth: input.expiry_month,
    expiryYear: input.expiry_year,
    magicName: magic?.name ?? null,
    outcome: decide(brand, magic?.outcome ?? { do: 'approve' }, input, nowMs),
  }
}

function decide(brand: CardBrand, outcome: Outcome, input: CardInput, nowMs: number): Outcome {
  const decline = (code: DeclineCode): Outcome => ({ do: 'decline', code })
  if (brand === 'unknown') return decline('card_not_supported')
  // A card is good until the last day of its month; the month after begins at index expiry_month.
  if (Date.UTC(input.expiry_year, input.expiry_month, 1) <= nowMs) return decline('expired_card')
  return outcome
}
